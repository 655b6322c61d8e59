"""The floors of the house, lowest first. Imports run only downward; a new module gets its place here.

A name is a module or a package right below `convagent`; a package stands on one floor as a whole.
"""

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "_lazy", "_screen"}),
    frozenset({"json_schema", "messages", "duration", "action", "_sync", "_tracebacks", "_keywords"}),
    frozenset({"models", "tools", "human", "agent", "_editor", "_reader"}),
    frozenset({"oversight", "events", "transcript", "redaction", "coding"}),
    frozenset({"runtime", "serde", "chain"}),
    frozenset({"conversation", "observers", "journal", "iostream"}),
    frozenset({"audit", "patterns", "channels", "engine", "handoffs"}),
    frozenset({"picture"}),
    frozenset({"runs"}),
    frozenset({"agents"}),
    frozenset({"teams", "group"}),
    frozenset({"testing", "compat"}),
    frozenset({"convagent"}),  # the face: convagent/__init__.py
    frozenset({"commands"}),
    frozenset({"cli"}),
)

NEIGHBOURS: dict[tuple[str, str], str] = {
    # (who imports, whom): why this step sideways or upward is right.
    ("events", "transcript"): "Event.print() is the classic's; the look stands in its own file, loaded when it is used",
    ("_reader", "_editor"): "one idea in two files: reading a line, and the editor that does it at a terminal",
    ("observers", "iostream"): "the console writes and asks through the classic's IOStream; it is an observer's file",
    ("transcript", "events"): "one idea in two files: what happened, and how it looks",
}

FOR_TYPES: dict[tuple[str, str], str] = {
    # The same, but only below `if TYPE_CHECKING:`; nothing is loaded when the program runs.
    ("agent", "conversation"): "the protocol of a participant names what a participant is handed",
}
