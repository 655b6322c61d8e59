"""The claim: an approval without a valid form is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., str]
NAME = "insurance_claim"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("approve", "'payout' is a required property"),
        ("approve cause=water payout=lots receipts=true", "'lots' is not of type 'number'"),
        ("approve cause=flood payout=10 receipts=true", "'flood' is not one of"),
        ("approve cause=water payout=10 receipts=true vip=true", "there is no vip"),
        ("approve water 10 true", "'water' is not name=value"),
        ("approve please", "'please' is not name=value"),
        ("edit asked_for=10", "'edit asked_for=10' is not a decision"),
    ],
)
def test_form_is_asked_for_again_when_it_does_not_fit(run: Run, answer: str, problem: str) -> None:
    """The adjuster is told what is wrong, and nothing is settled."""
    out = run(NAME, answers=(answer, "reject"))
    assert problem in out
    assert "for water damage" not in out


def test_what_was_filled_in_reaches_the_tool(run: Run) -> None:
    """By `ToolContext.form`, with the defaults of the model."""
    out = run(NAME, answers=("approve cause=fire payout=5000 receipts=false",))
    assert "claim 4711: 5000.00 of 1500.00 for fire damage, held back until receipts are shown; by script" in out
