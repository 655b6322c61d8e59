"""Events of oversight: what policies said, who was asked, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ..action import Action, Confidence
from ..human import Decision, Grant, HumanRequest
from .base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RulingEvent(Event):
    """The policies ruled on an action. The clauses of what they ask stand in the requests."""

    type: ClassVar[str] = "ruling"

    action: Action
    ruling: str
    """`allow`, `deny`, `ask` or `retry`."""
    reason: str = ""
    """Why, where there is more to say: the clauses, what is told to the proposer, why a router chose it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceEvent(Event):
    """How sure a model is of its reply was measured, because a policy wants to know."""

    type: ClassVar[str] = "confidence"

    value: Confidence
    """From 0 to 1, or `unknown`, which counts as low."""
    source: str
    """How it was measured, such as ``vote(3)``."""
    reason: str = ""
    """Why it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedEvent(Event):
    """A checker judged a draft of the maker, who is the event's agent."""

    type: ClassVar[str] = "reviewed"

    round: int
    """Which draft it is, counted from 1."""
    verdict: Literal["approve", "revise", "reject"]
    """After `revise` comes another round; the others settle it."""
    draft: str
    result: str = ""
    """What was approved: the draft, or what the checker made of it."""
    by: str = ""
    """Who judged; empty: a rule, or time."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedEvent(Event):
    """An action that people were asked about is decided. Emitted before it happens."""

    type: ClassVar[str] = "decided"

    action: Action
    """What was decided about. What an edit makes of it is another action, with a ruling of its own."""
    decision: Decision
    by: tuple[str, ...] = ()
    """Who decided; empty: time, or a grant."""
    grants: tuple[str, ...] = ()
    """The grants that stood in for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalatedEvent(Event):
    """A question was not answered where it stood, and goes on to what follows."""

    type: ClassVar[str] = "escalated"

    request: HumanRequest
    why: str
    """`time is up` or `unreachable`."""
    to: str
    """What follows, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRefusedEvent(Event):
    """An answer does not count. The question stands as it did."""

    type: ClassVar[str] = "answer_refused"

    request_id: str
    status: str
    """`invalid`, `duplicate`, `late`, `conflict` or `unknown`."""
    problem: str
    by: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFailedEvent(Event):
    """A channel could not be told of a question, or ended. The question stands on the others."""

    type: ClassVar[str] = "channel_failed"

    channel: str
    error: str
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEvent(Event):
    """A person approved more than one action: an "always"."""

    type: ClassVar[str] = "grant"

    grant: Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevokedEvent(Event):
    """A grant holds no more."""

    type: ClassVar[str] = "grant_revoked"

    grant_id: str
    why: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressEvent(Event):
    """A tool says how far it is."""

    type: ClassVar[str] = "progress"
    transient: ClassVar[bool] = True

    tool: str
    done: float
    total: float | None = None
    note: str = ""
    arguments: Mapping[str, Any] | None = None
