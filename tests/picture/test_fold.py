"""From events to a picture, whatever they come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from convagent import Concurrent, RunResponse, approve, ask, tool
from convagent.audit import AuditLog, erase
from convagent.audit.rows import rows_of
from convagent.errors import AuditError, ConfigError, JournalError
from convagent.events import (
    AfterWorksTransitionEvent,
    HandoffEvent,
    InputReplyEvent,
    InputRequestEvent,
    ModelCallFinished,
    OnConditionLLMTransitionEvent,
    PlanEvent,
    RunCompletionEvent,
    RunStarted,
    StreamEvent,
    TerminationEvent,
)
from convagent.human import HumanReply, HumanRequest
from convagent.journal import open_journal
from convagent.messages import Usage
from convagent.picture import Picture, Who, picture_of
from convagent.picture.value import waited
from convagent.serde import Record
from convagent.testing import Fake, after
from tests.naming import case
from tests.picture.scene import agent, approval, nested, text, told


def steps(picture: Picture) -> list[tuple[str, str, str, str]]:
    """Return the steps of the first run: what, by whom, to whom, and a word on it."""
    return [
        (step.kind, step.source.name if step.source else "", step.target.name if step.target else "", step.head)
        for step in picture.runs[0].steps
    ]


@pytest.mark.parametrize("begin", [approval, nested], ids=case)
def test_events_journal_and_log_give_the_same_picture(begin: Callable[..., RunResponse], tmp_path: Path) -> None:
    """It does not matter whether a run was watched, kept in a journal, or written to a log."""
    place = tmp_path / "runs.db"
    with AuditLog(tmp_path / "audit.jsonl") as log:
        run = begin(journal=str(place), observers=[log])
        events = list(run.events)
    watched = picture_of(events)
    assert watched.runs[0].status == "done"
    assert picture_of(log) == picture_of(str(log.path)) == picture_of(list(rows_of(log.path))) == watched
    assert picture_of(place) == picture_of(place, run.uuid) == watched
    journal = open_journal(place)
    assert picture_of(journal, run.uuid) == watched
    journal.close()


def test_approval_is_told_step_by_step() -> None:
    """Message, question, time-out, the next question, the decision, the call, the result, the reply, the end."""
    picture = picture_of(list(approval().events))
    assert steps(picture) == [
        ("message", "customer", "support", ""),
        ("ask", "support", "clerk", "asks"),
        ("note", "clerk", "", "time is up"),
        ("ask", "support", "manager", "asks"),
        ("answer", "manager", "support", "edit"),
        ("call", "support", "refund", "calls"),
        ("result", "refund", "support", "returns"),
        ("message", "support", "customer", ""),
        ("end", "customer", "", ""),
    ]
    (run,) = picture.runs
    first, second = run.questions
    assert (first.became, first.stood, first.then) == ("escalated", 600.0, "time is up; it goes to manager")
    assert (second.became, second.level, second.because) == ("answered", 1, "amount > 100")
    assert [(a.by, a.verb, a.text, a.seconds, a.channel) for a in second.answers] == [
        ("manager", "edit", "amount=90", 300.0, "fake")
    ]
    assert run.waited == 900.0
    assert (run.steps[4].answers, run.steps[6].answers) == (4, 6)
    assert run.reason == "Maximum turns (1) reached"


def test_what_people_think_about_side_by_side_is_waited_for_once() -> None:
    """Two branches that each wait for an hour are no two hours of the run."""

    @tool(approval=ask("chief"))
    def publish() -> str:
        """Publish."""
        return "published"

    call = [{"name": "publish", "arguments": {}}]
    team = Concurrent([agent(name, [call, "Done."], tools=[publish]) for name in ("ada", "bob")])
    (run,) = picture_of(list(team.run(message="Go.", people=Fake(chief=after("1h", approve))).events)).runs
    asked = [question for part in run.walk() for question in part.questions]
    assert [question.stood for question in asked] == [3600.0, 3600.0]
    assert waited(asked) == 3600.0
    assert "<dt>Waited for people</dt><dd>1h</dd>" in Picture([run]).to_html()


def test_question_stands_until_it_is_answered() -> None:
    """Not until the run goes on with the answer, in another process perhaps."""
    request = HumanRequest("r", "May it?", "bot", "", to=("chief",), decisions=("approve",))
    reply = HumanReply("r", decision=approve, by="chief", channel="inbox")
    events = told(
        RunStarted(agents=("user", "bot")),
        InputRequestEvent(request=request, agent="bot"),
        InputReplyEvent(reply=reply, seconds=20.0, settled=True, agent="bot"),
        every=900.0,
    )
    (run,) = picture_of(events).runs
    assert [question.stood for question in run.questions] == [20.0]
    assert run.waited == 20.0


def test_run_inside_stands_where_it_began() -> None:
    """Between the message that it answers and the reply, with steps, questions and usage of its own."""
    (run,) = picture_of(list(nested().events)).runs
    assert [step.kind for step in run.steps] == ["message", "run", "message", "end"]
    assert run.steps[1].source == Who("agent", "editor")
    (inner,) = run.runs
    assert run.steps[1].inside == inner.id == f"{run.id}/1"
    assert inner.agents == ("critic", "writer")
    assert [question.what for question in inner.questions] == ["publish"]
    assert run.uses == []
    assert {use.agent for use in inner.uses} == {"critic", "writer"}


def test_person_is_named_by_who_answered() -> None:
    """A question to a role goes to the lifeline of the person who answered it."""
    request = HumanRequest("run-1:1", "Pay?", "bot", to=("clerk",))
    events = told(RunStarted(agents=("user", "bot")), InputRequestEvent(request=request, agent="bot"))
    assert picture_of(events).runs[0].steps[0].target == Who("person", "clerk")
    assert picture_of(events).runs[0].status == "waiting"
    answered = told(*events, InputReplyEvent(reply=HumanReply("run-1:1", "yes", by="ada"), agent="bot", seconds=1.0))
    (run,) = picture_of(answered).runs
    assert [step.target for step in run.steps] == [Who("person", "ada"), Who("agent", "bot")]
    assert (run.questions[0].became, run.status) == ("answered", "unfinished")


def test_open_question_stands_as_long_as_is_known() -> None:
    """Of a run that waits the picture says so, and for how long at least."""
    request = HumanRequest("run-1:1", "Pay?", "bot", to=("clerk",))
    events = told(
        RunStarted(agents=("user", "bot")),
        InputRequestEvent(request=request, agent="bot"),
        text("user", "bot", "Hello?"),
        every=30.0,
    )
    (question,) = picture_of(events).runs[0].questions
    assert (question.became, question.stood) == ("open", 30.0)


def test_question_that_stands_again_is_one_question() -> None:
    """An interruption asks in between, and the same question stands again."""
    request = HumanRequest("run-1:1", "Pay?", "bot")
    asked = [InputRequestEvent(request=request, agent="bot") for _ in range(2)]
    (run,) = picture_of(told(RunStarted(agents=("user", "bot")), *asked)).runs
    assert [step.kind for step in run.steps] == ["ask"]


def test_handoff_is_an_arrow_and_plan_a_note() -> None:
    """What teams tell."""
    events = told(
        RunStarted(agents=("triage", "billing")),
        HandoffEvent(source="triage", target="billing", reason="it is about money"),
        PlanEvent(facts="none", plan="pay it back", agent="billing"),
    )
    picture = picture_of(events)
    assert steps(picture) == [("handoff", "triage", "billing", "hands over"), ("note", "billing", "", "plan 1")]
    assert [step.text for step in picture.runs[0].steps] == ["it is about money", "pay it back\n\nnone"]


def test_transition_of_a_group_is_an_arrow_where_its_target_is_an_agent() -> None:
    """Else a note that names the target."""
    events = told(
        RunStarted(agents=("triage", "billing")),
        OnConditionLLMTransitionEvent(source_agent="triage", transition_target="billing"),
        AfterWorksTransitionEvent(source_agent="billing", transition_target="Terminate"),
    )
    picture = picture_of(events)
    assert steps(picture) == [
        ("handoff", "triage", "billing", "on condition llm"), ("note", "billing", "", "after works"),
    ]  # fmt: skip
    assert picture.runs[0].steps[1].text == "Terminate"


def test_event_of_a_later_version_is_a_note_of_its_facts() -> None:
    """What this version does not know is shown by its fields, not left out."""
    events = told(RunStarted(agents=("a", "b")), Record(kind="vote_held", body={"v": 9, "yes": 3}, agent="b"))
    (step,) = picture_of(events).runs[0].steps
    assert (step.kind, step.source, step.head, step.text) == ("note", Who("agent", "b"), "vote held", "yes=3")


def test_two_agents_of_one_name_are_told_apart() -> None:
    """Their messages say from which side they come."""
    events = told(RunStarted(agents=("bot", "bot")), text("bot", "bot", "Hi"), text("bot", "bot", "Ho", side=1))
    assert [step[1:3] for step in steps(picture_of(events))] == [("bot", "bot (2)"), ("bot (2)", "bot")]


def test_reason_stands_once_where_chat_and_run_end_by_it() -> None:
    """A termination and the completion that repeats its reason are one step."""
    end = TerminationEvent(termination_reason="enough", sender="a")
    done = RunCompletionEvent(history=(), summary="", cost={}, last_speaker="b", reason="enough")
    assert [step[0] for step in steps(picture_of(told(RunStarted(agents=("a", "b")), end, done)))] == ["end"]


def test_calls_with_equal_ids_end_in_order() -> None:
    """Servers repeat ids: the first result is that of the first call."""
    calls = [{"name": "add", "arguments": {"to": 1}}, {"name": "add", "arguments": {"to": 2}}]

    @tool
    def add(to: int) -> int:
        """Add."""
        return to + 1

    bot = agent("bot", [[{**call, "id": ""} for call in calls], "done"], tools=[add])
    (run,) = picture_of(list(agent("user").run(bot, message="go", max_turns=1).events)).runs
    results = [step for step in run.steps if step.kind == "result"]
    assert [(run.steps[step.answers - 1].text, step.text) for step in results] == [("to=1", "2"), ("to=2", "3")]


def test_what_models_used_is_kept_call_by_call() -> None:
    """With its price, and beside the message for which it was used."""
    events = told(
        RunStarted(agents=("user", "bot")),
        ModelCallFinished(model="m", seconds=2.0, usage=Usage(1200, 30, 0.25), agent="bot"),
        text("bot", "user", "Hi"),
    )
    (run,) = picture_of(events).runs
    assert [(use.agent, use.model, use.tokens, use.cost) for use in run.uses] == [("bot", "m", 1230, 0.25)]
    assert run.steps[0].facts == [("model", "m"), ("took", "2s"), ("used", "1,200 + 30 tokens")]


def test_secret_is_hidden_wherever_it_was_said() -> None:
    """What a schema marks is hidden in what was said before its call, too; keys are known by their look."""

    @tool
    def login(password: SecretStr) -> str:
        """Log in."""
        return f"welcome, {password.get_secret_value()}"

    script = ["I shall try rosebud-7", [{"name": "login", "arguments": {"password": "rosebud-7"}}], "It was rosebud-7"]
    bot = agent("bot", script, tools=[login])
    run = agent("user", default_auto_reply="go on").run(bot, message="key sk-abcdefghijklmnopqrstuvwx", max_turns=2)
    events = list(run.events)
    for shown in (run.to_html(), run.to_mermaid(), picture_of(events).to_text()):
        assert "rosebud" not in shown
        assert "sk-abc" not in shown
        assert "login" in shown


def test_erased_rows_are_left_out(tmp_path: Path) -> None:
    """Deleting what somebody said does not keep the rest from being drawn."""
    with AuditLog(tmp_path / "audit.jsonl") as log:
        list(approval(observers=[log]).events)
    erase(log.path, lambda row: "My money!" in str(row.body))
    (run,) = picture_of(log.path).runs
    assert (run.steps[0].kind, run.status) == ("ask", "done")


def test_run_is_chosen_by_its_id(tmp_path: Path) -> None:
    """By the beginning of it in a log, or as one inside another; what is not there is said."""
    with AuditLog(tmp_path / "audit.jsonl") as log:
        ids = []
        for run in (nested(observers=[log]), approval(observers=[log])):
            list(run.events)
            ids.append(run.uuid)
    assert len(picture_of(log).runs) == 2
    assert [run.id for run in picture_of(log, ids[1][:8]).runs] == [ids[1]]
    assert [run.agents for run in picture_of(log, f"{ids[0]}/1").runs] == [("critic", "writer")]
    with pytest.raises(AuditError, match=f"no run 'nix' in it; there are {ids[0]}, {ids[1]}"):
        picture_of(log, "nix")


def test_run_that_a_journal_has_not_is_refused(tmp_path: Path) -> None:
    """By the journal itself."""
    place = tmp_path / "runs.db"
    open_journal(place).close()
    with pytest.raises(JournalError, match="there is no run 'nix'"):
        picture_of(place, "nix")


def test_beginning_that_fits_two_runs_is_refused() -> None:
    """Rather than one of them being drawn."""
    events = [*told(RunStarted(agents=("a", "b")), run="run-1"), *told(RunStarted(agents=("a", "b")), run="run-2")]
    with pytest.raises(ConfigError, match="2 runs begin so: run-1, run-2"):
        picture_of(events, "run-")


def test_what_is_no_event_is_refused() -> None:
    """With what was expected."""
    wrong: Any = ["hello"]
    with pytest.raises(ConfigError, match="'hello' is no event; expected the path of an audit log"):
        picture_of(wrong)


def test_transient_events_say_nothing() -> None:
    """Pieces of streamed texts are no steps: what was said is a message of its own."""
    events = told(
        RunStarted(agents=("user", "bot")), StreamEvent(text="He", sender="bot", recipient="user"),
        text("bot", "user", "Hello"),
    )  # fmt: skip
    assert [step[0] for step in steps(picture_of(events))] == ["message"]
