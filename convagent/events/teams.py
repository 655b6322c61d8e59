"""Events of teams: who hands over to whom, what is planned, what became of work done side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffEvent(Event):
    """One handed over to another, by a tool, a rule or a person."""

    type: ClassVar[str] = "handoff"

    source: str
    target: str
    reason: str = ""
    by: str = ""
    """Who approved or re-routed it; empty: no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedEvent(Event):
    """One had the word and said nothing, and the next one is to speak."""

    type: ClassVar[str] = "passed"

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedEvent(Event):
    """What several made side by side became one result."""

    type: ClassVar[str] = "merged"

    sources: tuple[str, ...]
    """Whose work is in it, in order."""
    text: str
    failed: tuple[str, ...] = ()
    """Who came to nothing."""
    by: str = ""
    """Who approved or wrote it; empty: no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEvent(Event):
    """A task ledger was made or made anew: what is known, and what is to be done."""

    type: ClassVar[str] = "plan"

    facts: str
    plan: str
    number: int = 1
    """Which plan of the run it is, from 1."""
    by: str = ""
    """Who approved or changed it; empty: no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProgressEvent(Event):
    """A progress ledger was made: how far the task is, who is to speak and what they are told."""

    type: ClassVar[str] = "plan_progress"

    satisfied: bool
    progressing: bool
    looping: bool
    speaker: str
    instruction: str
    reason: str = ""
    stalls: int = 0
    """How many steps in a row, about, brought nothing."""
