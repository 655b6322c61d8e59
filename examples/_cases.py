"""Transactions on their way through a review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from _transactions import Transaction

STATUSES = ("auto-approved", "approved", "denied", "pending")


@dataclass
class Case:
    """A transaction, why a person should look at it, and what was decided."""

    transaction: Transaction
    reasons: list[str]
    number: int = 0
    """By which a person names it; 0: nobody is asked."""
    status: str = "pending"
    by: str = ""

    def __post_init__(self) -> None:
        if not self.reasons:
            self.status, self.by = "auto-approved", "rules"

    def __str__(self) -> str:
        t = self.transaction
        line = f", line {t.line}" if t.line else ""
        head = f'#{self.number}  {money(t.amount)} to {t.vendor}, memo "{t.memo}"  ({t.id}{line})'
        return "\n".join([head, *(f"    - {reason}" for reason in self.reasons)])


def listed(cases: Iterable[Case]) -> str:
    """Return the facts of some cases, as a person reads them."""
    return "\n".join(map(str, cases))


def money(amount: Decimal) -> str:
    """Return an amount as people read it."""
    return f"${amount:,.2f}"
