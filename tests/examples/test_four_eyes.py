"""The payout: two people, and nobody counts twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., str]
NAME = "four_eyes"


@pytest.mark.parametrize("answer", ["reject not now", "stop"])
def test_nothing_is_paid_when_one_of_two_refuses(run: Run, answer: str) -> None:
    """Grace's approval alone is not enough."""
    out = run(NAME, "--request", "18000 to Initech", answers=(answer,))
    assert "[pay_out: approved by grace (rule that plays grace); more people have to]" in out
    assert out.rstrip().endswith("paid: nothing")


def test_first_person_is_not_needed_when_the_other_rejects(run: Run) -> None:
    """Grace rejects above 50,000, and that settles it."""
    out = run(NAME, "--request", "60000 to Initech", answers=("approve",))
    assert "[pay_out: rejected by grace (rule that plays grace): more than 50,000 needs the board]" in out
    assert out.rstrip().endswith("paid: nothing")


@pytest.mark.parametrize(("amount", "by_grace"), [("9000", 1), ("12000", 2)])
def test_payout_is_judged_anew_when_it_was_changed(run: Run, amount: str, by_grace: int) -> None:
    """Below the limit it needs nobody; above it Grace has to approve the new amount, and its editor counts once."""
    out = run(NAME, "--request", "18000 to Initech", answers=(f"edit amount={amount}",))
    assert out.count("approved by grace") == by_grace
    assert out.rstrip().endswith(f"paid: {amount}.00 to Initech")
