"""Exception handling: what is tried again, what goes to a person, and what they may decide."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import ConversableAgent, ScriptedModel, Tool, ToolError, tool
from convagent.errors import ModelServerError
from convagent.events import RulingEvent
from convagent.human import reject, respond, stop, try_again
from convagent.oversight.backoff import constant, exponential
from convagent.oversight.words import ask, failing, retry
from convagent.testing import Fake, after
from tests.oversight.till import bot_for, told, user

POLICY = retry(3, backoff=exponential("10s")) | failing(3, ask("oncall"))


class Flaky:
    """A service that fails a number of times."""

    def __init__(self, failures: int, error: Exception, effect: Any = "idempotent", approval: Any = POLICY) -> None:
        self.calls = 0

        def look_up(name: str) -> str:
            self.calls += 1
            if self.calls <= failures:
                raise error
            return f"{name} after {self.calls}"

        self.tool: Tool = tool(look_up, description="Look up.", effect=effect, approval=approval)


def play(service: Flaky, people: Fake) -> tuple[str, list[str], float]:
    """Let a model use the service once; return what it was told, the rulings, and how long it took."""
    bot, me, rulings = (
        bot_for([service.tool], [[{"name": "look_up", "arguments": {"name": "ada"}}], "done"]),
        user(),
        [],
    )
    began = people.clock.now()

    def watch(event: Any) -> None:
        if isinstance(event, RulingEvent):
            rulings.append(event.ruling)

    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people, observers=[watch])
    return told(bot, me), rulings, people.clock.now() - began


def test_transient_failure_is_tried_again_after_growing_delays() -> None:
    """Two time-outs cost ten and twenty seconds of the run's clock, and nobody is asked."""
    service, people = Flaky(2, TimeoutError("slow")), Fake(oncall=reject("never asked"))
    result, rulings, seconds = play(service, people)
    assert result == "ada after 3"
    assert rulings == ["allow", "retry", "retry"]
    assert seconds == pytest.approx(30, abs=1)
    assert people.asked == []


def test_person_is_asked_when_it_failed_too_often() -> None:
    """With the error and the number of attempts in the question."""
    service, people = Flaky(9, TimeoutError("slow")), Fake(oncall=respond("ada, 36, London"))
    result, _, _ = play(service, people)
    assert result == "ada, 36, London"
    assert service.calls == 3
    assert people.asked[0].because == "TimeoutError: slow, after 3 attempts"
    assert people.asked[0].decisions == ("retry", "respond", "reject", "stop")


def test_person_may_have_it_tried_again_later() -> None:
    """`retry` is once more; if that fails, they are asked again."""
    service, people = Flaky(4, TimeoutError("slow")), Fake(oncall=[after("1h", try_again), try_again])
    result, _, seconds = play(service, people)
    assert result == "ada after 5"
    assert len(people.asked) == 2
    assert seconds > 3600


def test_model_is_told_of_the_failure_when_the_person_rejects() -> None:
    """`reject` reports the error as if nobody had been asked."""
    result, _, _ = play(Flaky(9, TimeoutError("slow")), Fake(oncall=reject("leave it")))
    assert result == "Error: slow"


def test_run_ends_when_the_person_stops_it() -> None:
    """`stop` ends the run with its reason."""
    service, me = Flaky(9, TimeoutError("slow")), user()
    bot = bot_for([service.tool], [[{"name": "look_up", "arguments": {"name": "ada"}}], "done"])
    result = me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=Fake(oncall=stop("outage")))
    assert result.reason == "outage"


def test_failure_that_is_no_accident_goes_to_a_person_at_once() -> None:
    """A wrong value is not tried again: it would fail again."""
    service, people = Flaky(9, ValueError("no such name")), Fake(oncall=respond("unknown"))
    play(service, people)
    assert service.calls == 1
    assert people.asked[0].because == "ValueError: no such name, at the first attempt"


@pytest.mark.parametrize(
    ("policy", "calls", "because"),
    [
        (retry(3, on=TimeoutError) | failing(3, ask("oncall")), 1, "ConnectionError: gone, at the first attempt"),
        (retry(2) | failing(5, ask("oncall")), 2, "ConnectionError: gone, after 2 attempts"),
        (failing(3, ask("oncall")), 1, "ConnectionError: gone, at the first attempt"),
    ],
    ids=str,
)
def test_failure_that_no_rule_tries_again_goes_to_a_person(policy: Any, calls: int, because: str) -> None:
    """`failing` waits for no attempt that nobody will make: else the failure would reach nobody."""
    service, people = Flaky(9, ConnectionError("gone"), approval=policy), Fake(oncall=respond("unknown"))
    result, _, _ = play(service, people)
    assert (result, service.calls) == ("unknown", calls)
    assert [r.because for r in people.asked] == [because]


@pytest.mark.parametrize(
    ("effect", "shown"),
    [("read", "name  ada"), ("unsafe", "name  ada\n(it may have been done all the same)")],
)
def test_question_about_a_failure_shows_what_was_called(effect: Any, shown: str) -> None:
    """Whoever decides has to know of what: the arguments, and whether it may have happened."""
    people = Fake(oncall=respond("unknown"))
    play(Flaky(9, ValueError("no such name"), effect=effect), people)
    assert people.asked[0].preview == shown


def test_unsafe_tool_is_not_tried_again_when_it_may_have_happened() -> None:
    """A time-out of a payment says nothing of whether it was made: that is for a person."""
    service, people = Flaky(1, TimeoutError("slow"), effect="unsafe"), Fake(oncall=respond("it was made"))
    result, _, _ = play(service, people)
    assert (result, service.calls) == ("it was made", 1)


def test_unsafe_tool_is_tried_again_when_the_error_says_that_nothing_was_done() -> None:
    """`ToolError(retryable=True)` is the tool's own word for it."""
    service, people = Flaky(1, ToolError("queue full", retryable=True), effect="unsafe"), Fake(oncall=reject())
    result, _, _ = play(service, people)
    assert (result, service.calls, people.asked) == ("ada after 2", 2, [])


def test_model_failure_is_tried_again_by_the_agents_policy() -> None:
    """`retry` on an agent covers its model, too."""
    model = ScriptedModel([ModelServerError("busy"), ModelServerError("busy"), "hello"])
    policy = retry(3, backoff=constant("1m")) | failing(3, ask("oncall"))
    bot = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER", oversight=policy)
    people = Fake(oncall=reject())
    result = user().initiate_chat(bot, message="hi", max_turns=1, silent=True, people=people)
    assert result.chat_history[-1]["content"] == "hello"
    assert people.asked == []


def test_model_failure_is_raised_when_the_person_gives_up() -> None:
    """What they were asked about is then the run's error, with the history intact."""
    model = ScriptedModel([ModelServerError("busy"), "never"])
    bot = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER", oversight=failing(1, ask("oncall")))
    me = user()
    with pytest.raises(ModelServerError, match="busy"):
        me.initiate_chat(bot, message="hi", max_turns=1, silent=True, people=Fake(oncall=reject()))
    assert [m["content"] for m in me.chat_messages[bot]] == ["hi"]


def test_nobody_is_asked_about_failures_without_a_policy_on_them() -> None:
    """An approval gate alone does not change what the model is told of an error."""
    service = Flaky(9, ValueError("no such name"), approval=ask("oncall"))
    result, rulings, _ = play(service, Fake(oncall="approve"))
    assert (result, rulings) == ("Error: no such name", ["ask"])
