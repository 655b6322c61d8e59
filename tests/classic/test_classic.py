"""The classic surface behaves as the classic does: every scenario, against what ag2 0.14.0 did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import convagent
from tests.classic import scenarios
from tests.classic.differences import OURS, WHY, apply
from tests.classic.stage import SCENARIOS, Scenario, play

scenarios.load()
GOLDEN: dict[str, Any] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "golden").glob("*.json"))
}
CASES = [(s, mode) for s in SCENARIOS for mode in s.modes]


@pytest.mark.parametrize(("scenario", "mode"), CASES, ids=[f"{s.group}-{s.name}-{mode}" for s, mode in CASES])
def test_outcome_is_the_classics_when_a_script_is_migrated(scenario: Scenario, mode: str) -> None:
    """Histories, requests, prompts, results and transcript are the classic's, but for the stated differences."""
    key = f"{scenario.name}/{mode}"
    expected = apply(key, GOLDEN[scenario.group][key])
    outcome = play(scenario, convagent, mode)
    if expected["error"] in (
        "AssertionError",
        "AttributeError",
        "Exception",
    ):  # the classic refused it: nobody catches these by name
        assert outcome["error"], f"the classic raised {expected['error']}"
        expected["error"] = outcome["error"]
    for part, value in expected.items():
        assert outcome[part] == value, part


def test_every_outcome_and_difference_belongs_to_a_scenario() -> None:
    """No recorded outcome outlives its scenario, and each difference has a reason."""
    known = {f"{s.name}/{mode}" for s, mode in CASES}
    assert {key for group in GOLDEN.values() for key in group} == known
    assert {key.partition("/")[0] for key in OURS} == set(WHY)
    assert set(OURS) <= known
