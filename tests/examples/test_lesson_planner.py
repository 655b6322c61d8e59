"""The lesson planner: it revises really, also without a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]
NAME = "lesson_planner"


def _plan(run: Run, *feedback: str, opening: str = "") -> str:
    """Return the last plan, as it is saved."""
    args = ("--message", opening) if opening else ()
    run(NAME, "--save", "plan.md", *args, answers=(*feedback, "exit"))
    return Path("plan.md").read_text(encoding="utf-8")


def test_plan_has_title_objectives_and_script_when_the_person_starts(run: Run) -> None:
    """The first answer is a whole plan for the fourth grade; saved, it is Markdown alone."""
    plan = _plan(run)
    assert plan.startswith("# The solar system\n\nFor fourth grade, 45 minutes.\n\n## Objectives\n")
    assert "\n## Script\n\n1. (5 minutes)" in plan
    assert plan.endswith("Write down the open questions.\n")


@pytest.mark.parametrize(
    ("feedback", "there", "gone"),
    [
        ("Could it be shorter?", "30 minutes", "45 minutes"),
        ("too short!", "60 minutes", "45 minutes"),
        ("make it 20 minutes", "20 minutes", "45 minutes"),
        ("They are ages 7 to 8", "ages 7 to 8", "fourth grade"),
        ("for 9 year olds please", "age 9", "fourth grade"),
        ("it is a second-grade class", "second grade", "fourth grade"),
        ("grade 6", "grade 6", "fourth grade"),
        ("Add a quiz, please", "Quiz: five questions", ""),
        ("with a game and homework", "Homework: draw", ""),
        ("more about the Moon", "about the Moon", ""),
        ("more about Saturn and less about Mars", "Saturn's rings", "Mars is red"),
        ("more on volcanoes", "a picture of volcanoes", ""),
        ("change the topic to rivers", "# Rivers", "solar system"),
    ],
)
def test_plan_changes_when_the_teacher_wishes(run: Run, feedback: str, there: str, gone: str) -> None:
    """Feedback changes the plan itself, not only what is said about it."""
    plan = _plan(run, feedback)
    assert there in plan
    assert not gone or gone not in plan


def test_wishes_add_up_when_there_are_several(run: Run) -> None:
    """Each revision keeps the earlier ones, and the steps' minutes are the lesson's."""
    plan = _plan(run, "shorter", "add a quiz", "more about the Moon", "60 minutes", "no quiz")
    assert "60 minutes" in plan
    assert "about the Moon" in plan
    assert "Quiz" not in plan
    minutes = [int(line.partition("(")[2].partition(" ")[0]) for line in plan.splitlines() if " minutes) " in line]
    assert sum(minutes) == 60
    numbers = [line.partition(".")[0] for line in plan.splitlines() if " minutes) " in line]
    assert numbers == [str(n) for n in range(1, len(numbers) + 1)]


def test_plan_has_three_objectives_when_time_is_short(run: Run) -> None:
    """Half an hour with a quiz is still a lesson about more than one thing."""
    plan = _plan(run, "30 minutes, with a quiz")
    assert plan.count("\n- ") == 3


def test_planner_says_so_when_it_understands_no_wish(run: Run) -> None:
    """Rules that cannot read a wish say what they are and what they understand, and keep the plan."""
    out = run(NAME, "--save", "plan.md", answers=("sing it like a pirate", "exit"))
    assert "I could not read a wish in 'sing it like a pirate'" in out
    assert "I am a set of rules" in out
    assert Path("plan.md").read_text(encoding="utf-8").startswith("# The solar system")


def test_nothing_is_saved_when_the_folder_is_not_there(run: Run) -> None:
    """It is said before the lesson is planned."""
    out = run(NAME, "--save", "no/plan.md", answers=("exit",), code=2)
    assert "lesson_planner (to human)" not in out
