"""The atoms of the algebra: may happen, may not, people decide, try again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..action import Action, Kind
from .backoff import Backoff, printed
from .policy import Policy, Trail
from .ruling import Asked, Demand

if TYPE_CHECKING:
    from .ruling import Ruling


@dataclass(frozen=True, slots=True)
class Allow(Policy):
    """It may happen."""

    strictness: ClassVar[int] = 0

    because: str = field(default="", compare=False)
    """Why, where a router chose it."""

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Allow."""
        return self if every_kind or action.kind == "tool" else None

    def about(self, kind: Kind) -> bool:
        """Be about tool calls."""
        return kind == "tool"

    def __str__(self) -> str:
        return "allow"


@dataclass(frozen=True, slots=True)
class Deny(Policy):
    """It may not happen; the proposer is told why."""

    strictness: ClassVar[int] = 3

    reason: str = "not allowed"
    because: str = field(default="", compare=False)
    """Why, where a router chose it."""

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Deny."""
        return self if every_kind or action.kind == "tool" else None

    def about(self, kind: Kind) -> bool:
        """Be about tool calls."""
        return kind == "tool"

    def __str__(self) -> str:
        return f"deny({self.reason!r})"


@dataclass(frozen=True, slots=True)
class Ask(Policy):
    """People decide."""

    who: tuple[str, ...] = ()
    need: int = 1
    within: float | None = None
    form: Any = None

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Ask, with the clauses that led here."""
        if not every_kind and action.kind != "tool":
            return None
        because = trail[0].clause(action) if len(trail) == 1 else _joined(trail, action)
        return Asked((Demand(self.who, self.need, self.within, self.form, because),))

    def about(self, kind: Kind) -> bool:
        """Be about tool calls."""
        return kind == "tool"

    def __str__(self) -> str:
        given = [repr(w) for w in self.who]
        if self.need != 1:
            given.append(f"need={self.need}")
        if self.within is not None:
            given.append(f"within={printed(self.within)}")
        if self.form is not None:
            given.append(f"form={getattr(self.form, '__name__', self.form)!s}")
        return f"ask({', '.join(given)})"


@dataclass(frozen=True, slots=True)
class Retry(Policy):
    """What failed is tried again, as long as it was tried fewer times than this and may be."""

    strictness: ClassVar[int] = 1

    times: int
    backoff: Backoff
    on: tuple[str, ...] = ()
    """Names of exception classes that may be retried, and what derives from them; empty: those known to be so."""

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Retry a failure that may be retried and was not tried too often."""
        failure = action.failure
        if action.kind != "error" or failure is None or action.attempts >= self.times:
            return None
        return self if self.covers(action) else None

    def about(self, kind: Kind) -> bool:
        """Be about failures."""
        return kind == "error"

    def covers(self, action: Action) -> bool:
        """Return whether the failure may be tried again by this rule."""
        failure = action.failure
        if failure is None or failure.doubt:
            return False
        return failure.is_a(self.on) if self.on else failure.retryable

    def __str__(self) -> str:
        on = f", on={list(self.on)}" if self.on else ""
        return f"retry({self.times}, backoff={self.backoff}{on})"


allow = Allow()
"""It may happen."""


def _joined(trail: Trail, action: Action) -> str:
    if not trail:
        return ""
    clauses = [clause for guard in trail if (clause := guard.clause(action))]
    return " and ".join(f"({c})" if " or " in c and len(clauses) > 1 else c for c in clauses)
