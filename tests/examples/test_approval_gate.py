"""The refund desk: nothing above 100 is paid without an approval of these very arguments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., str]
NAME = "approval_gate"


def _paid(out: str) -> str:
    return out.rstrip().rpartition("paid: ")[2]


@pytest.mark.parametrize(
    "text", ["", "y", "yes", "Approved!", "not approved", "approve please", "edit", "edit amount=", "1"]
)
def test_nothing_is_paid_when_the_answer_is_no_decision(run: Run, text: str) -> None:
    """Only a word of the list is one; the clerk is told what was expected, and asked again."""
    out = run(NAME, "--request", "250 to Bob", answers=(text, "reject no receipt"))
    assert _paid(out) == "nothing"
    assert "[refund: rejected by script (iostream): no receipt]" in out


@pytest.mark.parametrize(
    ("answer", "paid"),
    [
        ("approve", "250.00 to Bob"),
        ("edit amount=80", "80.00 to Bob"),
        ("edit customer=Eve amount=300", "300.00 to Eve"),
        ("respond a voucher was sent", "nothing"),
        ("stop", "nothing"),
    ],
)
def test_what_is_paid_follows_the_decision(run: Run, answer: str, paid: str) -> None:
    """Each decision of the list does what it says."""
    assert _paid(run(NAME, "--request", "250 to Bob", answers=(answer,))) == paid


def test_nobody_is_asked_when_amounts_are_small(run: Run) -> None:
    """The rule asks above 100 only."""
    out = run(NAME, "--request", "100 to Ada, 99 to Bob", answers=())
    assert "May refund_desk call" not in out
    assert _paid(out) == "100.00 to Ada, 99.00 to Bob"


def test_always_is_an_approval_when_it_is_one_that_is_offered(run: Run) -> None:
    """There are two kinds of always here; a third one is no decision."""
    out = run(NAME, "--request", "250 to Bob", answers=("always 3", "always 2"))
    assert "expected a number from 1 to 2" in out
    assert _paid(out) == "250.00 to Bob"
