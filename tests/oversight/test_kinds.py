"""Actions of every kind go through the same gate: here with a small pattern of the tests' own."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import ConversableAgent
from convagent.action import Action, Kind
from convagent.conversation.context import current_run
from convagent.conversation.verdict import Go, Instead, Refused, Revise, Verdict
from convagent.human import Decision, approve, edit, reject, respond, revise, stop
from convagent.oversight.words import ask, at, deny
from convagent.testing import Fake
from tests.oversight.till import user

SEEN: dict[Kind, Decision] = {
    "merge": respond("both, in turn"),
    "handoff": edit(to="billing"),
    "speaker": edit(to="ada"),
    "plan": revise("first the backup"),
    "finish": reject("the tests are missing"),
}


def decide(kind: Kind, decision: Decision, policy: Any) -> tuple[Verdict | None, Fake, str]:
    """Let an agent put an action of a kind to the gate in its turn; return what came of it."""
    verdicts: list[Verdict] = []

    async def reply(agent: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
        run = current_run.get()
        assert run is not None
        action = Action(kind, "planner", "next", {"to": "support"}, run_id=run.run_id, turn=run.turn)
        verdicts.append(await run.decide(action))
        return True, "done"

    planner = ConversableAgent("planner", llm_config=False, human_input_mode="NEVER")
    planner.register_reply([ConversableAgent, None], reply)
    people = Fake(boss=decision)
    result = user().initiate_chat(planner, message="go", max_turns=1, silent=True, people=people, oversight=policy)
    return (verdicts[0] if verdicts else None), people, result.reason


@pytest.mark.parametrize("kind", list(SEEN))
def test_person_is_asked_about_an_action_of_its_kind(kind: Kind) -> None:
    """`at(kind, ask(...))` asks about that kind, and the decision comes back as a value."""
    verdict, people, _ = decide(kind, SEEN[kind], at(kind, ask("boss")))
    assert [r.action.kind for r in people.asked if r.action] == [kind] * len(people.asked)
    match kind:
        case "merge":
            assert verdict == Instead("both, in turn", "boss")
        case "handoff":
            assert isinstance(verdict, Go)
            assert verdict.action.arguments == {"to": "billing"}
        case "speaker":
            assert isinstance(verdict, Go)
            assert verdict.action.arguments == {"to": "ada"}
        case "plan":
            assert verdict == Revise("first the backup", "boss")
        case _:
            assert verdict == Refused("the tests are missing", "boss")


@pytest.mark.parametrize("kind", list(SEEN))
def test_bare_policy_has_no_opinion_on_other_kinds_than_tool_calls(kind: Kind) -> None:
    """`oversight=ask()` is about tools: whoever means more says `at(kind, ...)`."""
    verdict, people, _ = decide(kind, approve, ask("boss") & deny("no tools"))
    assert isinstance(verdict, Go)
    assert people.asked == []


def test_run_ends_when_a_person_stops_it_at_a_plan() -> None:
    """`stop` ends the run with its reason, whatever was asked about."""
    verdict, _, reason = decide("plan", stop("not today"), at("plan", ask("boss")))
    assert (verdict, reason) == (None, "not today")


@pytest.mark.parametrize(
    ("kind", "wrong"), [("finish", respond("x")), ("handoff", respond("x")), ("speaker", revise("x"))]
)
def test_decision_that_a_kind_does_not_take_is_refused(kind: Kind, wrong: Decision) -> None:
    """The person is told which decisions there are."""
    verdict, people, _ = decide(kind, wrong, at(kind, ask("boss", within="1h")))
    assert isinstance(verdict, Refused)
    assert [r.status for r in people.receipts] == ["invalid"]
    assert "approve" in people.receipts[0].problem
