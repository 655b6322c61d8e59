"""What is about to happen, and what may be said about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["tool", "reply", "handoff", "speaker", "merge", "plan", "finish", "error"]


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
    executor: str = ""
    """The agent that would do it; empty: the proposer."""
    run_id: str = ""
    turn: int = 0
    position: int = 0
    call_id: str = ""

    @property
    def digest(self) -> str:
        """The SHA-256 of everything above: a changed argument is another action."""
        parts = [self.kind, self.agent, self.name, self.arguments, self.executor]
        parts += [self.run_id, self.turn, self.position, self.call_id]
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=repr)
        import hashlib  # loads OpenSSL: 6 ms that making agents does not need

        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Allow:
    """It may happen."""


@dataclass(frozen=True, slots=True)
class Deny:
    """It may not happen; the proposer is told why."""

    reason: str


Ruling = Allow | Deny
Policy = Callable[[Action], Ruling | None]
"""Maps an action to a ruling, or to None: no opinion. Does no I/O and knows no clock."""


def judge(policies: tuple[Policy, ...], action: Action) -> Ruling:
    """Return the strictest ruling of several policies; nobody's opinion is allow.

    A policy that raises denies: a rule that cannot be evaluated must not open a door.
    """
    for policy in policies:
        try:
            ruling = policy(action)
        except Exception as error:  # noqa: BLE001 - whatever it raises, it must not open a door
            return Deny(f"a policy could not be evaluated: {type(error).__name__}: {error}")
        if isinstance(ruling, Deny):
            return ruling
    return Allow()
