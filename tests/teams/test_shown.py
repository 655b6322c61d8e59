"""What a console shows of teams."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import Concurrent, Handoff, Human, Magentic, Nested, RoundRobin, ScriptedModel, Sequential
from convagent.events import (
    HandoffEvent,
    MergedEvent,
    PassedEvent,
    PlanEvent,
    PlanProgressEvent,
    TerminationEvent,
    TextEvent,
)
from convagent.testing import Fake, capture_events, task_done, task_ledger
from tests.teams.cast import done, member, members

TO_BOB = [{"name": "transfer_to_bob", "arguments": {"reason": "x"}}]


def planned() -> Magentic:
    return Magentic(members("ada"), llm_config=ScriptedModel([task_ledger("do it"), task_done(), "Done."]))


def shown(capsys: pytest.CaptureFixture[str], team: Any, **given: Any) -> str:
    done(team, **{"silent": False, **given})
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "team"),
    [
        (HandoffEvent, lambda: Handoff([member("ada", TO_BOB), member("bob")])),
        (PassedEvent, lambda: RoundRobin([member("ada"), Human("bob")])),
        (MergedEvent, lambda: Concurrent(members("ada", "bob"))),
        (PlanEvent, lambda: planned()),
        (PlanProgressEvent, lambda: planned()),
    ],
)
def test_nothing_of_a_team_is_shown_when_its_run_is_silent(
    kind: type, team: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside what the classic shows of a silent run: what is executed, and why it ended."""
    mark = ">>>>>>>> "
    events = capture_events(kind)
    assert any(word in shown(capsys, team(), people=Fake(bob="")) for word in ("Merged", "passes", "hands", "Plan 1"))
    out = shown(capsys, team(), people=Fake(bob=""), silent=True, observers=[events])
    assert len(events) == 1
    lines = [line.split()[1] for line in out.splitlines() if line.startswith(mark)]
    assert set(lines) <= {"TERMINATING", "EXECUTING", "EXECUTED"}
    assert "Next speaker" not in out


def test_the_end_of_a_branch_is_its_reply(capsys: pytest.CaptureFixture[str]) -> None:
    """That each of them is over is told, with why, and not shown."""
    events = capture_events(TerminationEvent)
    out = shown(capsys, Concurrent([member("ada"), Nested(member("bob"))], merge=member("cy")), observers=[events])
    assert out.count("TERMINATING RUN") == 1
    assert [e.termination_reason for e in events] == [
        "ada has answered", "bob has answered", "nested has answered", "cy has answered", "branches has answered",
    ]  # fmt: skip


def test_the_end_of_a_team_inside_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Where several spoke, who reads along sees where that ended."""
    assert shown(capsys, Nested(Sequential(members("ada", "bob")))).count("TERMINATING RUN") == 2


def test_of_many_branches_the_result_is_shown_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """What a thousand say side by side nobody can read as it goes; observers are told all of it."""
    events = capture_events(TextEvent)
    team = Concurrent(members(*(f"m{i}" for i in range(21))), merge=lambda found: f"{len(found)} replies")
    out = shown(capsys, team, observers=[events])
    assert out.count(" (to ") == 2
    assert "Merged: m0, m1, m2, m3, m4 and 16 more" in out
    assert len(events) == 44
