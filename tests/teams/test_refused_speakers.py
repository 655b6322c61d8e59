"""Teams in which somebody may not speak, whom the team would choose again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convagent import Handoff, Magentic, RoundRobin, ScriptedModel, Selector, Sequential, Team, arg, at, deny, when
from convagent.testing import progress_ledger, task_ledger
from tests.teams.cast import done, members, said

NAMES = ("ada", "bob")


def planned() -> Magentic:
    script = [task_ledger("do it"), progress_ledger("ada", "Go."), progress_ledger("bob", "Go.")]
    return Magentic(members(*NAMES), llm_config=ScriptedModel(script))


TEAMS: dict[str, tuple[Callable[[], Team], str]] = {
    "Sequential": (lambda: Sequential(members(*NAMES)), "ada is next, and may not speak"),
    "RoundRobin": (lambda: RoundRobin(members(*NAMES), rounds=None), "ada is next, and may not speak"),
    "Selector": (lambda: Selector(members(*NAMES), by=lambda last, group: group.agents[0]), "No next speaker selected"),
    "Handoff": (lambda: Handoff(members(*NAMES)), "ada has the word, and may not speak"),
    "Magentic": (planned, "Nobody may speak"),
}


@pytest.mark.parametrize(("make", "reason"), TEAMS.values(), ids=TEAMS)
def test_conversation_is_over_where_nobody_may_speak(make: Callable[[], Team], reason: str) -> None:
    """It says why."""
    result = done(make(), oversight=at("speaker", deny("no")))
    assert ([line for line in said(result) if "I am" in line], result.reason) == ([], reason)


@pytest.mark.parametrize("team", [Sequential, RoundRobin])
def test_nobody_speaks_in_the_place_of_one_who_may_not(team: Any) -> None:
    """In an order the next one would not be theirs."""
    result = done(team(members("ada", "bob", "cy")), oversight=at("speaker", when(arg.speaker == "bob", deny("no"))))
    assert (said(result), result.reason) == (["ada: I am ada."], "bob is next, and may not speak")
