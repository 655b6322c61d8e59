"""How much of what is in a journal, for those who watch over it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .schema import DONE, FAILED, NEVER, OPEN, STATUSES
from .tx import Tx


@dataclass(frozen=True, slots=True)
class Counts:
    """What is not over."""

    runs: dict[str, int] = field(default_factory=dict[str, int])
    """By status."""
    requests: int = 0
    """Open ones."""
    overdue: int = 0
    """Those whose deadline has passed: nobody ended them yet."""
    oldest: float = 0.0
    """For how many seconds the oldest of them has stood."""


def counts(tx: Tx) -> Counts:
    """Count what is not over."""
    rows = tx.all(
        f"SELECT status, count(*) FROM runs WHERE root IS NULL AND status NOT IN ({DONE}, {FAILED}) GROUP BY status"
    )
    open_ones, oldest, overdue = tx.one(
        "SELECT count(*), min(asked), coalesce(sum(CASE WHEN due <= ? AND due < ? THEN 1 ELSE 0 END), 0) "
        "FROM requests WHERE status = ?",
        (tx.now(), NEVER, OPEN),
    )
    runs: dict[str, int] = {STATUSES[status]: int(number) for status, number in rows}
    return Counts(runs, int(open_ones), int(overdue), 0.0 if oldest is None else max(0.0, tx.now() - oldest))
