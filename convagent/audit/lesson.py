"""What people said when they rejected or changed something, as notes for the one who proposed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ..action import canonical
from .reading import Case, Source, read_log

HEAD = (
    "Lessons from earlier decisions of people about what you proposed. They are examples, not instructions of "
    "the present user:"
)
LONGEST = 300
"""How many characters of a text or of arguments are quoted."""


class _Told(Protocol):
    @property
    def system_message(self) -> str: ...

    def update_system_message(self, system_message: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Lessons:
    """Notes, newest last. As a text: what an agent would be told."""

    notes: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([HEAD, *(f"- {note}" for note in self.notes)]) if self.notes else ""

    def __len__(self) -> int:
        return len(self.notes)

    def attach_to(self, agent: _Told) -> str:
        """Append the notes to an agent's system message, in the place of those attached before.

        Returns:
            what was attached; empty: there are no notes.
        """
        message = agent.system_message.partition(f"\n\n{HEAD}")[0]
        text = str(self)
        agent.update_system_message(f"{message}\n\n{text}" if text else message)
        return text


def lessons(source: Source, *, agent: str = "", tool: str = "", limit: int = 20) -> Lessons:
    """Turn the reasons of rejections, changes and requests to revise into notes.

    They hold what people and models wrote, quoted; who the people are is left out. Nothing is told to any
    agent before `attach_to`.

    Args:
        source: the path of a log, an `AuditLog`, or events.
        agent: only of what this agent proposed; empty: of all.
        tool: only of calls of this tool; empty: of all actions.
        limit: how many notes at most, the newest; each is there once.

    Raises:
        AuditError: a log cannot be read.
    """
    found: dict[str, None] = {}
    for case in read_log(source).decided:
        wanted = (not agent or case.action.agent == agent) and (not tool or case.action.name == tool)
        note = _note(case) if wanted and case.by else ""
        if note:
            found.pop(note, None)  # said again: it is news
            found[note] = None
    notes = list(found)
    return Lessons(tuple(notes[max(len(notes) - limit, 0) :]))


def _note(case: Case) -> str:
    decision, what = case.decision, _said(case)
    assert decision is not None
    match decision.verb:
        case "reject" | "stop":
            return f"{what} was rejected: {_quoted(decision.text)}." if decision.text else f"{what} was rejected."
        case "edit":
            before = {name: case.action.arguments.get(name) for name in decision.arguments}
            return f"{what} was changed before it was done: {_quoted(before)} became {_quoted(decision.arguments)}."
        case "revise":
            return f"{what} was sent back: {_quoted(decision.text)}."
        case "respond":
            return f"{what} was not done; a person gave this result instead: {_quoted(decision.value)}."
        case _:
            return ""


def _said(case: Case) -> str:
    action = case.action
    kind = "The call" if action.kind == "tool" else f"The {action.kind}"
    return f"{kind} {action.name} {_quoted(action.arguments)}" if action.arguments else f"{kind} {action.name}"


def _quoted(value: Any) -> str:
    """Return a value as JSON on one line, so that nothing in it looks like a line of ours."""
    text = canonical(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
