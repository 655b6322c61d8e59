"""The moderator: below the threshold a person decides, above it nobody is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., str]
NAME = "content_moderation"
DOUBTFUL = "You idiot, I love you."


def test_nobody_is_asked_when_the_model_is_sure(run: Run) -> None:
    """A plain word is decided by the model alone."""
    out = run(NAME, "--post", "Buy pills, click, buy!", "--post", "Thank you!", answers=())
    assert "decided: 1: remove, 2: keep" in out
    assert "Asked because" not in out


@pytest.mark.parametrize(
    ("answer", "decided"),
    [("approve", "1: remove"), ("edit verdict=keep", "1: keep"), ("reject unclear", "nothing"), ("stop", "nothing")],
)
def test_moderator_decides_when_the_model_is_unsure(run: Run, answer: str, decided: str) -> None:
    """What happens to a doubtful post is what the person says."""
    out = run(NAME, "--post", DOUBTFUL, answers=("remove it", answer))
    assert "'remove it' is not a decision" in out
    assert out.rstrip().endswith(f"decided: {decided}")


def test_edit_is_refused_when_it_breaks_the_schema(run: Run) -> None:
    """There is no verdict `delete`, and no confidence of 2."""
    out = run(NAME, "--post", DOUBTFUL, answers=("edit verdict=delete", "edit confidence=2", "approve"))
    assert "'delete' is not one of ['keep', 'remove']" in out
    assert "2 is greater than the maximum of 1" in out
