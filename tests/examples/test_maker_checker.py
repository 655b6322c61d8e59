"""The editor: a text goes out only when it was approved."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., str]
NAME = "maker_checker"


def test_text_is_not_approved_when_the_rounds_are_used_up(run: Run) -> None:
    """After the last draft there is no further one, and it is denied."""
    out = run(NAME, "--rounds", "2", answers=("revise shorter", "revise shorter"))
    assert "NOT APPROVED (not approved); the last of 2 draft(s): Meet the pen" in out


def test_text_of_the_editor_counts_when_they_edit_it(run: Run) -> None:
    """An edit is an approval of what the editor wrote."""
    out = run(NAME, answers=('edit content="Buy a pen."',))
    assert "APPROVED by script after 1 draft(s): Buy a pen." in out


def test_draft_is_refused_when_it_is_rejected(run: Run) -> None:
    """A rejection ends the review with its reason."""
    assert "NOT APPROVED (dull); the last of 1 draft(s)" in run(NAME, answers=("reject dull",))
