"""A question to a person and its answer, as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from ._keywords import says_what_it_takes
from .action import Action
from .duration import Duration, seconds
from .errors import one_of

Moment = Literal["message", "opening", "turn", "limit", "termination", "speak", "interrupt", "decision"]
"""Why a person is asked. `message`: an agent asked by itself (`get_human_input`); `opening`: what the
first message shall be; `turn`, `limit`, `termination`: the classic prompts; `speak`: an agent that is a
person has the word, and `choices` are the words that are no message; `interrupt`: the run was
interrupted and asks how to go on; `decision`: a policy asks whether an action may happen."""

Verb = Literal["approve", "edit", "reject", "respond", "revise", "retry", "stop"]
VERBS: tuple[Verb, ...] = ("approve", "edit", "reject", "respond", "revise", "retry", "stop")
Scope = Literal["exact", "clause"]
"""How far "always" goes: `exact`: this tool with these very arguments; `clause`: where the shown clause holds."""


# ---------------------------------------------------------------- what a person decides


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about an action. Made by `approve`, `edit(...)`, `reject(...)` and their kin."""

    verb: Verb
    text: str = ""
    """Why it was rejected, what is to be revised, why the run stops."""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The arguments that an edit changes."""
    value: Any = None
    """What stands in the action's place (respond), or what the form asked for (approve)."""
    always: Scope | Literal[""] = ""
    """How far an approval goes beyond this action."""
    lasts: float | None = None
    """Seconds for which an "always" holds; None: until the run ends."""

    def filled(self, value: Any) -> Decision:
        """Return the approval with what its form asked for."""
        return replace(self, value=value)

    @says_what_it_takes
    def always_for(self, scope: Scope = "exact", lasts: Duration | None = None) -> Decision:
        """Return the approval as one that also holds for later actions.

        Raises:
            ConfigError: there is no such scope, or the time is none.
        """
        if scope not in get_args(Scope):
            raise one_of("always_for(scope)", scope, get_args(Scope))
        return replace(self, always=scope, lasts=None if lasts is None else seconds(lasts, "lasts"))

    def __str__(self) -> str:
        return f"{self.verb}: {self.text}" if self.text else self.verb


approve = Decision("approve")
"""It may happen."""
try_again = Decision("retry")
"""What failed is to be tried once more."""


def edit(**arguments: Any) -> Decision:
    """Let it happen with other arguments. The changed action is judged anew."""
    return Decision("edit", arguments=arguments)


@says_what_it_takes
def reject(why: str = "") -> Decision:
    """Let it not happen. The proposer is told why."""
    return Decision("reject", why)


@says_what_it_takes
def respond(value: Any) -> Decision:
    """Put a result in the action's place. Nothing is done."""
    return Decision("respond", value=value)


@says_what_it_takes
def revise(text: str) -> Decision:
    """Let the proposer try again, with what is to be different."""
    return Decision("revise", text)


@says_what_it_takes
def stop(reason: str = "Stopped by a person") -> Decision:
    """End the run. The action does not happen."""
    return Decision("stop", reason)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an "always" allows, for how long, and on whose word."""

    id: str
    by: str
    """Who gave it."""
    agent: str
    """The agent whose actions it is about."""
    name: str
    """The tool."""
    scope: Scope
    arguments: Mapping[str, Any]
    """The exact arguments (`exact`)."""
    because: str
    """The clause in which it holds (`clause`)."""
    to: tuple[str, ...]
    """Whom the question that it answers was for: it answers no other."""
    rules: str
    """The policy and the tool's schema as they stood: it ends when they change."""
    until: float | None = None
    """In seconds since the epoch; None: the end of the run."""


# ---------------------------------------------------------------- who is there


@dataclass(frozen=True, slots=True)
class Seat:
    """Who answers at a channel."""

    person: str = ""
    """Their name; empty: whoever is there, and the answer says who."""
    roles: tuple[str, ...] = ("*",)
    """The roles in which they may answer, as the channel vouches; `*`: every role."""

    def serves(self, who: tuple[str, ...]) -> bool:
        """Return whether they are one of these persons, or have one of these roles."""
        return not who or "*" in self.roles or self.person in who or not set(who).isdisjoint(self.roles)


ANYBODY = Seat()
"""Whoever is there, in every role."""


# ---------------------------------------------------------------- the question


@dataclass(frozen=True, slots=True)
class Offer:
    """An "always" that a person may choose."""

    scope: Scope
    text: str
    """What it covers, in words."""


@dataclass(frozen=True, slots=True)
class HumanRequest:
    """One question to a person. An answer names it by `id`, never by position."""

    id: str
    """`run_id:number`, unique in the run."""
    prompt: str
    """What the person reads, exactly; of a decision, the question in one line."""
    agent: str
    """The agent that asks."""
    about: str = ""
    """The agent whose message the question is about, or empty."""
    moment: Moment = "message"
    choices: tuple[str, ...] = ()
    """Words offered for completion; where `decisions` is empty any text is accepted."""
    password: bool = False
    """Whether what is typed must not be shown."""

    decisions: tuple[Verb, ...] = ()
    """What may be decided; empty: the answer is a text."""
    to: tuple[str, ...] = ()
    """Persons or roles, any of whom may answer; empty: anybody."""
    need: int = 1
    """How many different people have to approve."""
    given: tuple[str, ...] = ()
    """Who has approved already."""
    action: Action | None = None
    """What is to be decided about."""
    preview: str = ""
    """What would happen, for a person to read."""
    changed: str = ""
    """How it differs from the last action of its kind that was approved."""
    because: str = ""
    """The clause that fired."""
    form: Mapping[str, Any] | None = None
    """The JSON Schema of what an approval has to fill in."""
    options: tuple[str, ...] = ()
    """The choices of a form that is a list: one of them is the approval."""
    offers: tuple[Offer, ...] = ()
    """What "always" may mean here, narrowest first; empty: it is not offered."""
    schema: Mapping[str, Any] | None = None
    """The JSON Schema that edited arguments must satisfy."""
    within: float | None = None
    """Seconds it waits for an answer; None: for ever."""
    deadline: float | None = None
    """When the time is up, in seconds since the epoch."""
    otherwise: str = ""
    """What counts if nobody answers in time, in words."""
    level: int = 0
    """How often it was escalated."""
    where: tuple[str, ...] = ()
    """The teams, and other agents, in whose conversations it is asked, the outermost first; empty: in none inside."""


@dataclass(frozen=True, slots=True)
class HumanReply:
    """The answer to one request."""

    request_id: str
    text: str = ""
    """What was typed; a decision may be given as a value instead."""
    by: str = ""
    """Who answered, as the channel knows; empty where it does not."""
    channel: str = ""
    """The channel through which the answer came."""
    end_of_input: bool = False
    """The channel ended before an answer: nobody said anything; `text` says why, where more is known than that."""
    decision: Decision | None = None
    """What was decided; where only a text came, what was read in it."""
    roles: tuple[str, ...] = ("*",)
    """The roles in which they may answer, as the channel vouches; `*`: every role."""
    authenticated: str = ""
    """How the channel knows who answered, such as ``os user``, ``signature`` or ``claimed``."""
    votes: tuple[HumanReply, ...] = ()
    """Earlier approvals that count together with it."""


def how_to_edit(request: HumanRequest) -> str:
    """Return how an edit is typed: with its names, where they are the same for every action of its kind."""
    action = request.action
    if action is None or action.kind == "tool":
        return "edit name=value"
    return " ".join(["edit", *(f"{name}=..." for name in action.arguments)])


def words_of(reply: HumanReply) -> str:
    """Return what a reply says as a message: what was typed, the choice, or the form as JSON."""
    value = reply.decision.value if reply.decision is not None else None
    if value is None or isinstance(value, str):
        return reply.text if value is None else value
    return json.dumps(value, ensure_ascii=False)


class NotUnderstood(Exception):
    """An answer is no decision; the text says to the person what was expected."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an answer. May be awaited and need not be, for ``await event.content.respond(...)``."""

    status: Literal["accepted", "invalid", "duplicate", "late", "conflict", "unknown"]
    """`late`: nobody waits any more; `duplicate`, `conflict`: it is decided, the same way or another."""
    problem: str = ""
    """What is wrong, for the person to read; empty if it was accepted, unless more have to approve."""
    missing: int = 0
    """How many more have to approve, of an approval that is one of several; else 0."""

    def __await__(self) -> Any:
        return self
        yield
