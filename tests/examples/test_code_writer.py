"""The writer of programs: nothing of what it writes runs unless a person who has read it says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]
NAME = "code_writer"


def test_program_runs_when_it_is_approved_and_is_corrected_when_it_fails(run: Run) -> None:
    """Each version is a question of its own."""
    out = run(NAME, "--task", "primes below 100", answers=("approve", "approve"))
    assert out.count("May writer call run_code?") == 2
    assert "NameError: name 'isqrt' is not defined" in out
    assert "It is 25. TERMINATE" in out


@pytest.mark.parametrize("text", ["", "y", "looks good", "approved"])
def test_nothing_runs_when_the_answer_is_no_decision(run: Run, tmp_path: Path, text: str) -> None:
    """Only a word of the list is one; then the refusal is what the writer reads."""
    out = run(NAME, "--folder", str(tmp_path / "kept"), answers=(text, "reject no programs"))
    assert "exitcode" not in out
    assert "Then I cannot tell: The code was not allowed by script: no programs" in out
    assert list((tmp_path / "kept").iterdir()) == []


def test_what_runs_is_what_a_person_made_of_it(run: Run) -> None:
    """An edit is judged once more by the rule, and counts as its editor's approval."""
    out = run(NAME, answers=('edit code="print(6 * 7)"',))
    assert "Code output: \n42" in out
    assert "[script changed the arguments of this call before it was made" in out
