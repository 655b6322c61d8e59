"""The finance bot's offline rules: they approve nothing on unclear text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., str]
NAME = "financial_compliance"


def _last(out: str) -> dict[str, str]:
    """Return what the bot's last message says of each transaction, by number."""
    message = out.rpartition("finance_bot (to human):\n")[2].partition("-" * 80)[0]
    lines = [line for line in message.splitlines() if ". Transaction: $" in line]
    return {line.partition(".")[0]: line.rpartition(" - ")[2].partition(":")[0] for line in lines}


SEED = ("--seed", "6")
ASKED = "needs your approval"


def test_suspicious_ones_wait_when_the_chat_begins(run: Run) -> None:
    """The bot approves the ordinary one, and asks about the others all at once, with reasons."""
    out = run(NAME, *SEED, answers=("exit",))
    first = _last(out)
    assert set(first.values()) == {ASKED, "approved automatically"}
    assert "over $10,000" in out or "vague memo" in out or "unusual vendor" in out


@pytest.mark.parametrize("text", ["", "ok", "yes", "not approved", "I never approve of Mondays", "approve 99", "do it"])
def test_bot_asks_again_when_the_text_is_unclear(run: Run, text: str) -> None:
    """Nothing is approved, and the bot says so."""
    out = run(NAME, *SEED, answers=(text, "exit"))
    assert "I approve nothing on that." in out
    assert "approved by you" not in out
    assert ASKED in _last(out).values()


def test_all_waiting_are_approved_when_the_person_says_approve(run: Run) -> None:
    """A general approval covers all that wait, and the summary follows."""
    out = run(NAME, *SEED, answers=("approve", "exit"))
    assert "All transactions are processed:" in out
    assert "You can type exit to finish." in out
    assert set(_last(out).values()) == {"approved by you", "approved automatically"}


def test_each_is_decided_as_said_when_numbers_are_named(run: Run) -> None:
    """Numbers decide one by one, in one message or several."""
    waiting = [n for n, what in _last(run(NAME, *SEED, answers=("exit",))).items() if what == ASKED]
    assert len(waiting) == 2
    first, second = waiting
    by_exception = _last(run(NAME, *SEED, answers=(f"approve all but {second}", f"deny {second}", "exit")))
    one_by_one = _last(run(NAME, *SEED, answers=(f"deny {second}", "hm", f"approve {first}", "exit")))
    assert by_exception == one_by_one
    assert by_exception[first] == "approved by you"
    assert by_exception[second] == "denied by you"


def test_transactions_repeat_when_the_seed_does(run: Run) -> None:
    """The same seed gives the same three transactions."""
    one, two = (run(NAME, "--seed", "5", answers=("exit",)) for _ in range(2))
    assert one.partition("finance_bot (to human)")[0] == two.partition("finance_bot (to human)")[0]
