"""Magentic teams: two ledgers, stalls, new plans, and the people who decide about plan and answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from convagent import (
    ConfigError,
    ConversableAgent,
    Human,
    LastMessages,
    Magentic,
    RuleModel,
    ScriptedModel,
    Sequential,
    approve,
    ask,
    at,
    deny,
    edit,
    reject,
    revise,
    stop,
)
from convagent.errors import BadModelReply, UsageError
from convagent.events import PlanEvent, PlanProgressEvent, TerminationEvent
from convagent.testing import Fake, People, asked_for, capture_events, progress_ledger, task_done, task_ledger

PLAN = task_ledger(["coder writes it", "tester tests it"], given="It is Friday.", guesses=["It is easy."])
FACTS, STEPS = "Given:\n- It is Friday.\n\nGuesses:\n- It is easy.", "1. coder writes it\n2. tester tests it"
WRITE, TEST = progress_ledger("coder", "Write it."), progress_ledger("tester", "Test it.")
STALLED = progress_ledger("coder", "Try again.", progressing=False, reason="the file is locked")


def member(name: str, *script: str) -> ConversableAgent:
    model = ScriptedModel(list(script) or [f"{name} did it."], repeat_last=True)
    return ConversableAgent(name, llm_config=model, human_input_mode="NEVER", description=f"Does {name}.")


def user(*script: str) -> ConversableAgent:
    return ConversableAgent("user", llm_config=ScriptedModel(list(script) or ["More."]), human_input_mode="NEVER")


class Crew:
    """A team whose orchestrator follows a script."""

    def __init__(self, *script: Any, **given: Any) -> None:
        self.model = ScriptedModel(list(script))
        self.coder, self.tester = member("coder"), member("tester")
        self.team = Magentic([self.coder, self.tester], llm_config=self.model, **given)
        self.events = capture_events(PlanEvent, PlanProgressEvent, TerminationEvent)

    def run(self, **given: Any) -> Any:
        return user().initiate_chat(self.team, message="Make it", silent=True, observers=[self.events], **given)

    def said(self) -> list[str]:
        """Return what was said, without the plans."""
        said = [f"{m.get('name')}: {m.get('content')}" for m in self.team.groupchat.messages]
        return [one for one in said if "The plan:" not in one]

    def asked(self, request: int) -> str:
        """Return what the orchestrator was asked for."""
        return str(self.model.requests[request].messages[-1]["content"])


# ---------------------------------------------------------------- plan, steps, answer


def test_team_works_by_plan_and_instructions_and_answers() -> None:
    """The instruction is said by the orchestrator, and the answer is the last message of the conversation."""
    crew = Crew(PLAN, WRITE, TEST, task_done(), "It is made.")
    result = crew.run()
    assert crew.said() == [
        "user: Make it", "orchestrator: Write it.", "coder: coder did it.", "orchestrator: Test it.",
        "tester: tester did it.", "orchestrator: It is made.",
    ]  # fmt: skip
    assert (result.summary, result.reason, result.last_speaker) == ("It is made.", "The task is done", "orchestrator")
    plans = [(e.facts, e.plan, e.number, e.by) for e in crew.events.of(PlanEvent)]
    assert plans == [(FACTS, STEPS, 1, "")]
    steps = [(e.satisfied, e.speaker, e.instruction, e.stalls) for e in crew.events.of(PlanProgressEvent)]
    assert steps == [(False, "coder", "Write it.", 0), (False, "tester", "Test it.", 0), (True, "", "", 0)]


def test_team_and_orchestrator_read_plan_and_conversation() -> None:
    """Members know the plan; the orchestrator knows what members are good for."""
    crew = Crew(PLAN, WRITE, TEST, task_done(), "It is made.")
    crew.run()
    plan = f"What is known:\n{FACTS}\n\nThe plan:\n{STEPS}"
    assert [m["content"] for m in crew.tester.chat_messages[crew.team]] == [
        "Make it", plan, "Write it.", "coder did it.", "Test it.", "tester did it.", "It is made.",
    ]  # fmt: skip
    system, *told = [m["content"] for m in crew.model.requests[1].messages]
    assert "- coder: Does coder.\n- tester: Does tester." in str(system)
    assert told[:2] == ["Make it", plan]
    asked = [crew.asked(i).split(".")[0] for i in range(5)]
    assert asked == ["TASK LEDGER", "PROGRESS LEDGER", "PROGRESS LEDGER", "PROGRESS LEDGER", "FINAL ANSWER"]


def test_rules_of_python_lead_a_team() -> None:
    """`asked_for` says what is wanted; a rule keeps nothing between calls."""

    def lead(messages: Any) -> str:
        names = [m.get("name") for m in messages]
        match asked_for(messages):
            case "task ledger":
                return task_ledger("coder does it")
            case "progress ledger":
                return task_done() if "coder" in names else progress_ledger("coder", "Do it.")
            case "final answer":
                return "Done by rules."

    team = Magentic([member("coder"), member("tester")], llm_config=RuleModel(lead))
    assert user().initiate_chat(team, message="Make it", silent=True).summary == "Done by rules."


def test_asked_for_refuses_messages_of_others() -> None:
    """A rule of another agent that calls it by mistake learns so."""
    with pytest.raises(UsageError, match="not those of an orchestrator"):
        asked_for([{"content": "hello"}])


def test_next_task_is_planned_anew_with_what_is_known() -> None:
    """Each thing that the initiator says is a task with limits of its own."""
    crew = Crew(PLAN, WRITE, task_done(), "One.", task_ledger("tester tests"), TEST, task_done(), "Two.", max_rounds=1)
    assert crew.run(max_turns=2).reason == "Maximum rounds (1) reached"
    assert [e.number for e in crew.events.of(PlanEvent)] == [1]
    crew = Crew(PLAN, WRITE, task_done(), "One.", task_ledger("tester tests"), TEST, task_done(), "Two.", max_rounds=2)
    assert crew.run(max_turns=2).reason == "The task is done"
    assert crew.said()[-3:] == ["orchestrator: Test it.", "tester: tester did it.", "orchestrator: Two."]
    assert [e.number for e in crew.events.of(PlanEvent)] == [1, 2]
    assert "there is a new task" in crew.asked(4)
    assert FACTS in crew.asked(4)


def test_team_is_a_step_of_another_team() -> None:
    """Outside it replies with its answer."""
    crew = Crew(PLAN, WRITE, task_done(), "It is made.")
    pipeline = Sequential([crew.team, member("editor", "Edited.")])
    user().initiate_chat(pipeline, message="Make it", silent=True)
    said = [f"{m['name']}: {m['content']}" for m in pipeline.groupchat.messages]
    assert said == ["user: Make it", "orchestrator: It is made.", "editor: Edited."]


def test_team_without_a_model_is_refused() -> None:
    """The text says what to give it."""
    with pytest.raises(ConfigError, match="plans by a model, and has none; give it an llm_config"):
        Magentic([member("coder")])


@pytest.mark.parametrize("given", [{"max_rounds": 0}, {"max_stalls": 0}, {"max_replans": -1}, {"max_retries": True}])
def test_limit_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    """Each names itself."""
    with pytest.raises(ConfigError, match=f"{next(iter(given))}=.* is not a whole number"):
        Crew("x", **given)


# ---------------------------------------------------------------- ledgers that cannot be used

WRONG = [
    ("I would begin.", "it is not JSON"),
    ("[1]", "it is a JSON list; an object is needed"),
    (json.dumps({"plan": []}), "'plan' is empty; it needs at least one step"),
    (json.dumps({"plan": ["x"], "given": [1]}), "'given' holds what is no text"),
]


@pytest.mark.parametrize(("sent", "wrong"), WRONG, ids=[wrong for _, wrong in WRONG])
def test_task_ledger_is_asked_for_again_when_it_cannot_be_used(sent: str, wrong: str) -> None:
    """The model reads what was wrong with its own."""
    crew = Crew(sent, PLAN, task_done(), "Done.")
    assert crew.run().summary == "Done."
    assert wrong in crew.asked(1)
    assert crew.model.requests[1].messages[-2] == {"role": "assistant", "content": sent}


STEPS_WRONG = [
    (progress_ledger("codr", "x"), "'speaker' is 'codr', who is none of coder, tester; did you mean 'coder'?"),
    (progress_ledger("coder", ""), "'instruction' is \"\"; a text is needed"),
    (json.dumps({"satisfied": "no"}), "'satisfied' is \"no\"; true or false is needed"),
    (json.dumps({"satisfied": False, "looping": False}), "'progressing' is null; true or false is needed"),
]


@pytest.mark.parametrize(("sent", "wrong"), STEPS_WRONG, ids=["speaker", "instruction", "text", "missing"])
def test_progress_ledger_is_asked_for_again_when_it_cannot_be_used(sent: str, wrong: str) -> None:
    """Nobody speaks by it, and it is no step."""
    crew = Crew(PLAN, sent, WRITE, task_done(), "Done.")
    assert crew.run().summary == "Done."
    assert wrong in crew.asked(2)
    assert [e.speaker for e in crew.events.of(PlanProgressEvent)] == ["coder", ""]


def test_ledger_in_a_fence_or_after_a_sentence_is_read() -> None:
    """Models often put it there."""
    crew = Crew(f"Here it is:\n```json\n{PLAN}\n```", f"Well. {task_done()}", "Done.")
    assert crew.run().summary == "Done."


def test_run_fails_when_no_ledger_comes() -> None:
    """Bounded: the error says how often it was asked, and what was wrong last."""
    crew = Crew(*["no"] * 9, max_retries=2)
    with pytest.raises(BadModelReply, match="it sent no task ledger in 3 attempts: it is not JSON"):
        crew.run()
    assert len(crew.model.requests) == 3


# ---------------------------------------------------------------- stalls and limits


def test_work_that_stalls_is_planned_anew_with_what_was_learned() -> None:
    """The new ledger is asked for with the old one and the reason; stalls are counted anew."""
    again = task_ledger("tester unlocks the file", given="The file is locked.")
    crew = Crew(PLAN, WRITE, STALLED, STALLED, again, TEST, task_done(), "Done.", max_stalls=2)
    assert crew.run().summary == "Done."
    assert [(e.number, e.plan) for e in crew.events.of(PlanEvent)] == [(1, STEPS), (2, "tester unlocks the file")]
    assert [e.stalls for e in crew.events.of(PlanProgressEvent)] == [0, 1, 2, 0, 0]
    for text in ("the file is locked", FACTS, STEPS):
        assert text in crew.asked(4)


def test_going_in_circles_is_a_stall_and_progress_makes_up_for_one() -> None:
    """A step that brings something takes one stall back."""
    circles = progress_ledger("coder", "Again.", looping=True)
    crew = Crew(PLAN, circles, circles, WRITE, circles, circles, PLAN, task_done(), "Done.", max_stalls=3)
    crew.run()
    assert [e.stalls for e in crew.events.of(PlanProgressEvent)] == [1, 2, 1, 2, 3, 0]


def test_team_answers_with_what_there_is_when_new_plans_are_used_up() -> None:
    """The model is told why, and the run says it."""
    crew = Crew(PLAN, STALLED, PLAN, STALLED, "Not found.", max_stalls=1, max_replans=1)
    result = crew.run()
    assert (result.summary, result.reason) == ("Not found.", "Maximum re-plans (1) reached")
    assert "unfinished: Maximum re-plans (1) reached" in crew.asked(4)


def test_team_answers_with_what_there_is_when_its_rounds_are_used_up() -> None:
    """No ledger is asked for after the last round."""
    crew = Crew(PLAN, WRITE, TEST, "Half of it.", max_rounds=2)
    result = crew.run()
    assert (result.summary, result.reason) == ("Half of it.", "Maximum rounds (2) reached")
    assert [e.termination_reason for e in crew.events.of(TerminationEvent)] == ["Maximum rounds (2) reached"]


# ---------------------------------------------------------------- people


def test_plan_waits_for_its_approval() -> None:
    """Nobody works before; the person reads facts and plan, and who approved it is told."""
    crew = Crew(PLAN, WRITE, task_done(), "Done.", oversight=at("plan", ask("lead")))
    people = Fake(lead=approve)
    crew.run(people=people)
    request = people.asked[0]
    assert (request.prompt, request.preview) == (
        "May orchestrator work by this plan?", f"What is known:\n{FACTS}\n\nThe plan:\n{STEPS}",
    )  # fmt: skip
    assert request.action is not None
    assert dict(request.action.arguments) == {"facts": FACTS, "plan": STEPS}
    assert [e.by for e in crew.events.of(PlanEvent)] == ["lead"]


def test_person_changes_the_plan() -> None:
    """The team works by the changed one; what was not changed stays."""
    crew = Crew(PLAN, WRITE, task_done(), "Done.", oversight=at("plan", ask("lead")))
    crew.run(people=Fake(lead=edit(plan="1. tester begins")))
    assert [(e.facts, e.plan, e.by) for e in crew.events.of(PlanEvent)] == [(FACTS, "1. tester begins", "lead")]
    assert "1. tester begins" in str(crew.coder.chat_messages[crew.team][1]["content"])


def test_plan_cannot_be_changed_to_nothing() -> None:
    """Whoever answers learns it at once."""
    crew = Crew(PLAN, oversight=at("plan", ask("lead", within="1h")))
    people = Fake(lead=edit(plan=""))
    assert crew.run(people=people).reason == "The plan was not approved: lead did not answer within 1h"
    assert [r.status for r in people.receipts] == ["invalid"]


def test_orchestrator_that_is_sent_the_last_messages_only_still_knows_the_plan() -> None:
    """A window on the conversation takes nothing away of what the work is about."""
    crew = Crew(PLAN, WRITE, TEST, WRITE, task_done(), "Done.", context=LastMessages(2))
    crew.run()
    request = crew.model.requests[4].messages
    assert [m["content"] for m in request[1:-1]] == ["Write it.", "coder did it."]
    assert STEPS in str(request[-1]["content"])


def test_plan_that_is_sent_back_is_made_anew_with_the_wish() -> None:
    """It is another action, and another question; only the approved one is a plan of the run."""
    crew = Crew(PLAN, task_ledger("tester begins"), task_done(), "Done.", oversight=at("plan", ask("lead")))
    people = Fake(lead=[revise("test first"), approve])
    crew.run(people=people)
    assert len(people.asked) == 2
    assert "It is to be different: test first" in crew.asked(1)
    assert crew.model.requests[1].messages[-2] == {"content": PLAN, "role": "assistant"}
    assert [(e.number, e.plan) for e in crew.events.of(PlanEvent)] == [(1, "tester begins")]


def test_rejected_plan_ends_the_work_and_says_why() -> None:
    """Nobody was told to do anything."""
    crew = Crew(PLAN, oversight=at("plan", ask("lead")))
    result = crew.run(people=Fake(lead=reject("too dear")), max_turns=2)
    assert result.reason == "The plan was not approved by lead: too dear"
    assert crew.said() == ["user: Make it"]


def test_new_plan_waits_for_its_approval_too() -> None:
    """A rule of the chat counts as one of the team does."""
    crew = Crew(PLAN, STALLED, PLAN, max_stalls=1)
    people = Fake(lead=[approve, stop("enough")])
    assert crew.run(people=people, oversight=at("plan", ask("lead"))).reason == "enough"
    assert len(people.asked) == 2


def test_answer_waits_for_its_approval_and_may_be_changed() -> None:
    """What is said is what was approved."""
    crew = Crew(PLAN, WRITE, task_done(), "It is made.", oversight=at("finish", ask("lead")))
    people = Fake(lead=edit(answer="It is made, and tested."))
    result = crew.run(people=people)
    assert (people.asked[0].prompt, people.asked[0].preview) == (
        "May orchestrator end with this answer?", "It is made.",
    )  # fmt: skip
    assert (result.summary, crew.said()[-1]) == ("It is made, and tested.", "orchestrator: It is made, and tested.")


def test_work_goes_on_when_the_answer_is_sent_back() -> None:
    """The wish is a fact for progress and answer from then on; the first answer was never said."""
    crew = Crew(
        PLAN, WRITE, task_done(), "Made.", TEST, task_done(), "Made and tested.", oversight=at("finish", ask("lead"))
    )
    result = crew.run(people=Fake(lead=[revise("test it, too"), approve]))
    assert crew.said()[1:] == [
        "orchestrator: Write it.", "coder: coder did it.", "orchestrator: Test it.", "tester: tester did it.",
        "orchestrator: Made and tested.",
    ]  # fmt: skip
    assert "- test it, too" in crew.asked(4)
    assert "- test it, too" in crew.asked(6)
    assert result.reason == "The task is done"


def test_rejected_answer_is_not_said() -> None:
    """The run says who did not approve it, and why."""
    crew = Crew(PLAN, WRITE, task_done(), "Made.", oversight=at("finish", deny("not on Fridays")))
    assert crew.run().reason == "The answer was not approved: not on Fridays"
    assert crew.said()[-1] == "coder: coder did it."


def test_rule_keeps_a_member_from_speaking() -> None:
    """The orchestrator is asked for another one, and nobody was told to do what did not happen."""
    crew = Crew(PLAN, WRITE, TEST, task_done(), "Done.", oversight=at("speaker", ask("lead")))
    crew.run(people=Fake(lead=[reject(), approve]))
    assert crew.said() == [
        "user: Make it", "orchestrator: Test it.", "tester: tester did it.", "orchestrator: Done.",
    ]  # fmt: skip
    assert "who comes next: tester" in crew.asked(2)


def test_what_a_person_says_meanwhile_is_read_by_the_orchestrator() -> None:
    """Said from outside between two steps."""
    crew = Crew(PLAN, WRITE, task_done(), "Done.")

    async def play() -> None:
        def step_in(event: Any) -> None:
            if isinstance(event, PlanProgressEvent) and event.speaker == "coder":
                run.say("Mind the umlauts.", by="ada")

        run = await user().a_run(crew.team, message="Make it", silent=True, observers=[step_in])
        await run.process()

    asyncio.run(play())
    assert {"content": "Mind the umlauts.", "role": "user", "name": "ada"} in crew.model.requests[2].messages


def test_orchestrator_is_told_when_a_person_passes() -> None:
    """Nothing stands in the conversation of somebody who said nothing."""
    model = ScriptedModel([task_ledger("ada decides"), progress_ledger("ada", "Decide."), task_done(), "Undecided."])
    team = Magentic([Human("ada"), member("coder")], llm_config=model)
    with People("pass", by="ada") as people:
        user().initiate_chat(team, message="Make it", silent=True, channels=[people])
    assert "\nada said nothing" in str(model.requests[2].messages[-1]["content"])


def test_work_ends_when_nobody_may_speak() -> None:
    """The run says so, and not that the task is done."""
    crew = Crew(PLAN, WRITE, TEST, oversight=at("speaker", deny("silence")))
    assert crew.run().reason == "Nobody may speak"


def test_member_that_says_terminate_does_not_end_the_work() -> None:
    """The orchestrator says when it is done."""
    model = ScriptedModel([PLAN, WRITE, task_done(), "Done."])
    team = Magentic([member("coder", "TERMINATE"), member("tester")], llm_config=model)
    assert user().initiate_chat(team, message="Make it", silent=True).summary == "Done."
