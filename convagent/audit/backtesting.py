"""What a policy would have done with actions that people decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..action import Action
from ..oversight.policy import as_policies, judge
from ..oversight.ruling import Asked
from .reading import Case, Source, read_log
from .tables import median, percent, table

_UNDONE = ("reject", "stop", "revise", "edit", "respond")
"""What people decide about an action that should not happen as it was proposed."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recorded action, and what the policy says of it."""

    case: Case
    now: str
    """`allow`, `deny`, `ask` or `retry`."""
    reason: str = ""
    """Why it would be denied."""

    @property
    def action(self) -> Action:
        """The action."""
        return self.case.action

    @property
    def was_asked(self) -> bool:
        """Whether people decided it then."""
        return bool(self.case.by)

    @property
    def was_refused(self) -> bool:
        """Whether people did not let it happen as it was proposed."""
        decided = self.case.decision
        return self.was_asked and self.action.kind != "error" and decided is not None and decided.verb in _UNDONE


@dataclass(frozen=True, slots=True)
class Backtest:
    """What `backtest` found. As a text: a table."""

    replayed: tuple[Replayed, ...]

    @property
    def asked_then(self) -> int:
        """Actions that people decided."""
        return sum(r.was_asked for r in self.replayed)

    @property
    def asks_now(self) -> int:
        """Actions that the policy would ask about."""
        return sum(r.now == "ask" for r in self.replayed)

    @property
    def asks_saved(self) -> int:
        """Actions that people decided, and that the policy would not ask about."""
        return sum(r.was_asked and r.now != "ask" for r in self.replayed)

    @property
    def new_asks(self) -> int:
        """Actions that nobody was asked about, and that the policy would ask about."""
        return sum(not r.was_asked and r.now == "ask" for r in self.replayed)

    @property
    def missed(self) -> tuple[Replayed, ...]:
        """Actions that people did not let happen as they were proposed, and that the policy would let happen."""
        return tuple(r for r in self.replayed if r.was_refused and r.now == "allow")

    @property
    def refused_before(self) -> int:
        """Actions that people did not let happen as they were proposed."""
        return sum(r.was_refused for r in self.replayed)

    @property
    def denied_approved(self) -> tuple[Replayed, ...]:
        """Actions that people approved, and that the policy would deny."""
        return tuple(r for r in self.replayed if r.was_asked and not r.was_refused and r.now == "deny")

    @property
    def minutes_then(self) -> float:
        """Person-minutes: how long the questions stood before those who answered, at most what it took them."""
        return sum(r.case.seconds for r in self.replayed) / 60

    @property
    def minutes_now(self) -> float:
        """Person-minutes of the policy: as they were; of a new question the median of the others."""
        usual = median([r.case.seconds for r in self.replayed if r.was_asked]) or 0.0
        return sum(r.case.seconds if r.was_asked else usual for r in self.replayed if r.now == "ask") / 60

    def __str__(self) -> str:
        rows = [
            ("actions", len(self.replayed), ""),
            ("asked then", self.asked_then, percent(self.asked_then, len(self.replayed))),
            ("asked by this policy", self.asks_now, percent(self.asks_now, len(self.replayed))),
            ("asks saved", self.asks_saved, percent(self.asks_saved, self.asked_then)),
            ("new asks", self.new_asks, ""),
            ("rejections and changes missed", len(self.missed), percent(len(self.missed), self.refused_before)),
            ("approved then, denied now", len(self.denied_approved), ""),
            ("person-minutes then", f"{self.minutes_then:.1f}", ""),
            ("person-minutes with this policy", f"{self.minutes_now:.1f}", ""),
        ]
        text = table(("", "count", "share"), rows)
        if not self.missed:
            return text
        missed = table(("agent", "action", "arguments", "decided", "by"), [_row(r) for r in self.missed])
        return f"{text}\n\nmissed:\n{missed}"


def backtest(policy: Any, source: Source) -> Backtest:
    """Judge recorded actions by a policy, and compare with what people decided about them.

    An action is judged as it was proposed; one that a person had changed is judged again as its own case.
    Secrets that a log has hidden are hidden from the policy, too.

    Args:
        policy: a policy, a plain function of the action, or a list of them; as for ``oversight=``.
        source: the path of a log, an `AuditLog`, or events.

    Raises:
        AuditError: a log cannot be read.
        ConfigError: the policy is none.
    """
    policies = as_policies(policy)
    return Backtest(tuple(_replayed(policies, case) for case in _judged(read_log(source).cases)))


def _judged(cases: Iterable[Case]) -> Iterable[Case]:
    """Leave out what was asked and never decided: a run that ended, a channel that failed."""
    return (case for case in cases if case.ruling != "ask" or case.decision is not None)


def _replayed(policies: Sequence[Any], case: Case) -> Replayed:
    ruling = judge(policies, case.action)
    if isinstance(ruling, Asked):
        return Replayed(case, "ask")
    return Replayed(case, type(ruling).__name__.lower(), getattr(ruling, "reason", ""))


def _row(replayed: Replayed) -> tuple[str, ...]:
    action, decision = replayed.action, replayed.case.decision
    arguments = ", ".join(f"{name}={value!r}" for name, value in action.arguments.items())
    return action.agent, action.name, arguments, str(decision), ", ".join(replayed.case.by)
