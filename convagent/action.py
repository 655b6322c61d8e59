"""What is about to happen and can still be stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["tool", "reply", "handoff", "speaker", "merge", "plan", "finish", "error"]
KINDS: tuple[Kind, ...] = ("tool", "reply", "handoff", "speaker", "merge", "plan", "finish", "error")
Confidence = float | Literal["unknown"]


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, for an action of kind `error`."""

    type: str
    """The name of the exception's class."""
    text: str
    retryable: bool
    """Whether the same thing may be done again without being done twice."""
    doubt: bool = False
    """Whether it may have happened all the same."""
    bases: tuple[str, ...] = ()
    """The names of the classes that the exception's class is made from, nearest first."""

    def is_a(self, names: Iterable[str]) -> bool:
        """Return whether the exception is of one of these classes, as ``except`` means it."""
        return any(name == self.type or name in self.bases for name in names)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that is about to happen and can still be stopped.

    It belongs to the agent that proposed it and names the one that would do it. Turn and
    position tell apart two calls whose ids are empty or equal.
    """

    kind: Kind
    agent: str
    """The agent that proposed it."""
    name: str
    """The tool's name, or what the kind calls for."""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Checked and converted, with the defaults of those not given."""
    executor: str = ""
    """The agent that would do it; empty: the proposer."""
    run_id: str = ""
    turn: int = 0
    position: int = 0
    call_id: str = ""
    confidence: Confidence | None = None
    """How sure the proposer's model is, from 0 to 1; None: it names no source of confidence."""
    failure: Failure | None = None
    """What failed, for the kind `error`."""
    attempts: int = 0
    """How often it was tried already, for the kind `error`."""
    risk: str = ""
    """As the tool declares it: `low`, `high`, or any word."""
    impact: Any = None
    """What the tool estimates it comes to, in its own unit."""
    asked_by: str = ""
    """The person who typed it or asked for the change; they cannot approve it."""

    @property
    def digest(self) -> str:
        """The SHA-256 of what would be done, by whom and where: a changed argument is another action."""
        parts = [self.kind, self.agent, self.name, self.arguments, self.executor]
        parts += [self.run_id, self.turn, self.position, self.call_id, self.attempts]
        import hashlib  # loads OpenSSL: 6 ms that making agents does not need

        return hashlib.sha256(canonical(parts).encode()).hexdigest()


def canonical(value: Any) -> str:
    """Return a value as JSON that is the same for equal values, and differs between 1, 1.0 and true."""
    return _CANONICAL.encode(value)


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    slots = getattr(value, "__dataclass_fields__", None)
    if slots is not None:
        return {name: getattr(value, name) for name in slots}
    return [type(value).__qualname__, str(value)]


# Made once: to make one takes as long as to use it.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain)

Policy = Callable[[Action], Any]
"""What `oversight=` and `approval=` take: a policy, or a plain function that returns one, or None: no opinion."""
