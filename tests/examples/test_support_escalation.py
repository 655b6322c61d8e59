"""The support desk: the model escalates, and a rule goes from level to level."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., str]
NAME = "support_escalation"


def _credited(out: str) -> str:
    return out.rstrip().rpartition("credited: ")[2]


@pytest.mark.parametrize(
    ("answers", "credited"),
    [
        (("credit 40", "approve"), "40.00"),
        (("credit 15",), "15.00"),  # below the rule
        (("credit 40", "", "approve"), "40.00"),  # first level is silent, second approves
        (("credit 40", "yes please", "reject too much"), "nothing"),
        (("credit 40", "", ""), "nothing"),
        (("call the customer",), "nothing"),
    ],
)
def test_money_is_given_when_somebody_decided_so(run: Run, answers: tuple[str, ...], credited: str) -> None:
    """A blank or wrong answer lets the time pass, and the next level decides; silence at the end denies."""
    assert _credited(run(NAME, answers=answers)) == credited


def test_escalation_names_reason_context_and_suggestion(run: Run) -> None:
    """The three parts reach the person as the model gave them."""
    out = run(NAME, "--message", "Where is my parcel 77?", answers=("tell them it comes today",))
    assert "  reason: I may not decide about money\n  context: The customer wrote: Where is my parcel 77?\n" in out
    assert "  suggested action: credit 77\n" in out
