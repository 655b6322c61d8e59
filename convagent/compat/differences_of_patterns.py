"""What of group patterns deliberately differs from the classic; rows of the table in `differences`."""

from __future__ import annotations

from .difference import Difference

PATTERNS: tuple[Difference, ...] = (
    Difference(
        "groups",
        "`pattern.prepare_group_chat(...)` returns thirteen values by position, and `initiate_group_chat` three.",
        "A pattern prepares its group itself; the result has names, and unpacks as the classic's three values.",
        "Nobody can tell apart thirteen values.",
        26,
    ),
    Difference(
        "groups",
        "A pattern's run registers tools, hooks and reply functions with its agents and changes their handovers; a "
        "second run of an agent with a nested chat fails.",
        "It changes no agent and no pattern: both serve any number of runs, also at once.",
        "One agent serves many runs.",
    ),
    Difference(
        "groups",
        "Runs of one pattern that go on at the same time share its context variables; an empty `ContextVariables` "
        "that is passed is replaced by another one.",
        "Each run begins with a copy; the object that was passed holds what has become of it when the run has ended.",
        "What one customer's run knows is nothing for the other's.",
    ),
    Difference(
        "groups",
        "A tool that sets something in the `context_variables` that it is given, and does not return it, sets nothing.",
        "It is set. The parameter is filled, and hidden from the model, outside of patterns, too.",
        "Who writes `context_variables['paid'] = True` means it.",
    ),
    Difference(
        "groups",
        "The executor of tools, the agents that stand for nested chats, and the hidden user `_User` are among those "
        "whom a model or a person may choose.",
        "They are not; `_User` only is the name in the opening message, where there is no `user_agent`.",
        "None of them has anything to say.",
    ),
    Difference(
        "groups",
        "`ReplyResult(target=StayTarget())` gives the word to the executor of tools, who says nothing.",
        "Whoever called the tool goes on.",
        "Stay means to stay with the agent.",
    ),
    Difference(
        "groups",
        "`FunctionTarget` works after work only, `NestedChatTarget` in conditions only, `GroupChatConfig` nowhere.",
        "Each works in conditions and in after works of agents; functions may be async.",
        "A target is a target.",
    ),
    Difference(
        "groups",
        "A condition on `RandomAgentTarget` or `GroupManagerTarget` offers a tool whose name endpoints refuse.",
        "It is called `transfer_to_random_agent_1`, `transfer_to_the_group_manager_1`.",
        "Else nothing could be asked.",
    ),
    Difference(
        "groups",
        "`ContextExpression` puts values into Python source and evaluates it.",
        "It is read once and computed from the values; `evaluate` returns True or False.",
        "What a customer typed is no program.",
    ),
    Difference(
        "groups",
        "Iterating over `ContextVariables` gives pairs.",
        "It gives names, as of any dictionary; `items()` gives pairs.",
        "It is a mapping, and `**variables` has to work.",
    ),
    Difference(
        "groups",
        "`safeguard_policy=` checks what passes between agents, by regular expressions or a model.",
        "`ConfigError` that names `oversight=` and guardrails.",
        "There is one place where is judged what may happen.",
    ),
)
