"""The service that fails: three attempts, then a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., str]
NAME = "flaky_service"


def test_nobody_is_asked_when_an_attempt_succeeds(run: Run) -> None:
    """Two failures are tried away."""
    out = run(NAME, "--fails", "2", answers=())
    assert "250 EUR are 270.80 USD." in out
    assert "What now?" not in out


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("respond 1.10", "250 EUR are 275.00 USD."),
        ("reject leave it", "I cannot say what 250 EUR are:"),
        ("stop enough", "TERMINATING RUN"),
    ],
)
def test_person_decides_when_attempts_are_used_up(run: Run, answer: str, said: str) -> None:
    """They enter the value, give up, or stop."""
    out = run(NAME, "--fails", "9", answers=("approve", answer))
    assert "'approve' is not a decision" in out
    assert said in out
    assert "attempt 4" not in out


def test_person_is_asked_again_when_the_retry_fails(run: Run) -> None:
    """`retry` is one more attempt, and no more."""
    out = run(NAME, "--fails", "4", answers=("retry", "retry"))
    assert out.count("What now?") == 2
    assert "250 EUR are 270.80 USD." in out
