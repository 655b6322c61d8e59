"""Scripted people: they answer in order, nobody else is asked, and they do not run dry in silence."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Callable
from typing import Any

import pytest

from convagent import (
    ConfigError,
    ConversableAgent,
    NobodyReachable,
    Printer,
    ScriptedModel,
    approve,
    ask,
    reject,
    tool,
)
from convagent.channels import ScriptedChannel
from convagent.errors import HumanInputError
from convagent.human import HumanRequest
from convagent.testing import Fake, People, after, capture_events, silent


def _person(name: str = "ada", mode: Any = "ALWAYS") -> ConversableAgent:
    return ConversableAgent(name, human_input_mode=mode, default_auto_reply="(auto)")


def _bot() -> ConversableAgent:
    return ConversableAgent("bot", human_input_mode="NEVER", default_auto_reply="and you?")


@pytest.fixture(autouse=True)
def nobody_at_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(prompt: str = "") -> str:
        raise AssertionError(f"the terminal was asked: {prompt!r}")

    monkeypatch.setattr(builtins, "input", refuse)


def test_people_answer_in_order_and_the_terminal_is_not_asked() -> None:
    """The first answer goes to the first question; the console processor asks nobody again."""
    ada, people = _person(), People("first", "second", "exit")
    result = _bot().initiate_chat(ada, message="hello", observers=[people])
    assert [m["content"] for m in result.chat_history if m.get("name") == "ada"] == ["first", "second"]
    assert [r.agent for r in people.asked] == ["ada"] * 3
    assert people.left == 0
    assert result.reason == "User requested to end the conversation"


def test_people_answer_in_an_async_chat() -> None:
    """The same in the caller's own loop."""
    people = People("first", "exit")
    result = asyncio.run(_bot().a_initiate_chat(_person(), message="hello", observers=[people]))
    assert [m["content"] for m in result.chat_history if m.get("name") == "ada"] == ["first"]


def test_people_answer_a_run_that_is_iterated() -> None:
    """Whoever iterates sees the question, and that it is answered."""
    people = People("exit")
    events = list(_bot().run(_person(), message="hello", observers=[people]))
    asked = [e for e in events if e.type == "input_request"]
    assert [e.answered for e in asked] == [True]


def test_people_answer_runs_processed_sync_and_async() -> None:
    """`process()` of both responses leaves the question to them."""

    async def in_a_loop() -> Any:
        response = await _bot().a_run(_person(), message="hello", observers=[People("hm", "exit")])
        await response.process()
        return await response.result

    response = _bot().run(_person(), message="hello", observers=[People("hm", "exit")])
    response.process()
    assert response.result.chat_history == asyncio.run(in_a_loop()).chat_history


def test_people_give_the_opening_message() -> None:
    """`message=None` asks with `>`, and they answer."""
    people = People("what time is it?")
    result = _person().initiate_chat(_bot(), message=None, max_turns=1, observers=[people])
    assert people.asked[0].prompt == ">"
    assert result.chat_history[0]["content"] == "what time is it?"


def test_people_are_asked_once_too_often() -> None:
    """A question beyond the answers ends the run with an error that names it."""
    with pytest.raises(HumanInputError, match=r"has 1 answer and was asked a question more, by 'ada'"):
        _bot().initiate_chat(_person(), message="hello", observers=[People("first")])


def test_people_are_asked_once_too_often_in_an_async_chat() -> None:
    """The same in the caller's own loop."""
    with pytest.raises(HumanInputError, match=r"has 0 answers"):
        asyncio.run(_bot().a_initiate_chat(_person(), message="hello", observers=[People()]))


def test_people_end_the_input() -> None:
    """`EOFError` stands for Ctrl-D: the chat ends and says why."""
    result = _bot().initiate_chat(_person(), message="hello", observers=[People(EOFError)])
    assert result.reason == "End of input"


def test_people_answer_by_a_function_of_the_request() -> None:
    """A function sees the request and decides."""

    def decide(request: HumanRequest) -> str:
        return "exit" if request.moment == "turn" else ""

    people = People(decide)
    assert _bot().initiate_chat(_person(), message="hello", observers=[people]).human_input == []
    assert people.left == 0


def test_people_left_over_fail_the_block() -> None:
    """As a context manager they tell that the chat asked less than expected."""
    with (
        pytest.raises(AssertionError, match="1 of 2 answers of People were not asked for"),
        People("exit", "x") as people,
    ):
        _bot().initiate_chat(_person(), message="hello", observers=[people])


@pytest.mark.parametrize("answer", [None, 3, ["exit"], KeyError])
def test_people_refuse_what_is_no_answer(answer: Any) -> None:
    """Another kind of answer is refused where it is written."""
    with pytest.raises(ConfigError, match="answer 1 of People"):
        People(answer)


def test_of_two_people_the_first_answers() -> None:
    """A channel leaves alone what another has answered."""
    first, second = People("exit"), People()
    _bot().initiate_chat(_person(), message="hello", observers=[first, second])
    assert (len(first.asked), len(second.asked)) == (1, 0)


def test_answer_from_elsewhere_is_printed_with_its_channel(capsys: pytest.CaptureFixture[str]) -> None:
    """The transcript holds a question that the terminal did not ask, its answer, and where it came from."""
    _bot().initiate_chat(_person(), message="hello", observers=[People("hm", "exit")])
    out = capsys.readouterr().out
    line = "Replying as ada. Provide feedback to bot. Press enter to skip and use auto-reply, "
    line += "or type 'exit' to end the conversation: hm [scripted]\n"
    assert line in out


def test_answer_of_the_terminal_is_not_printed_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was typed at the prompt stands there already."""
    monkeypatch.setattr(builtins, "input", lambda prompt="": "exit")
    _bot().initiate_chat(_person(), message="hello")
    assert "exit [" not in capsys.readouterr().out


def test_printer_of_ones_own_shows_answers_too() -> None:
    """A printer that is an observer itself shows them as the console does."""
    lines: list[str] = []
    write: Callable[..., None] = lambda text="", **_: lines.append(text)  # noqa: E731
    _bot().initiate_chat(_person(), message="hello", observers=[People("exit"), Printer(write)])
    assert any(line.endswith("exit [scripted]") for line in lines)


def test_events_are_captured() -> None:
    """What happened can be asked for by class, by type, by what was said."""
    from convagent.events import TerminationEvent, TextEvent

    events, texts = capture_events(), capture_events(TextEvent)
    _bot().initiate_chat(_person(), message="hello", observers=[events, texts, People("hm", "exit")])
    assert events.types[:2] == ["run_started", "text"]
    assert events.types[-1] == "run_completion"
    assert events.said == [("bot", "hello"), ("ada", "hm"), ("bot", "and you?")]
    assert events.only(TerminationEvent).termination_reason == "User requested to end the conversation"
    assert len(events.prompts) == 2
    assert {e.type for e in texts} == {"text"}
    with pytest.raises(AssertionError, match="3 events of TextEvent, expected one"):
        events.only(TextEvent)


# ---------------------------------------------------------------- people who decide


def _paying(policy: Any) -> tuple[ConversableAgent, ConversableAgent]:
    @tool(approval=policy)
    def pay(amount: float) -> str:
        """Pay."""
        raise AssertionError("not to be run")

    call = {"name": "pay", "arguments": {"amount": 5}}
    bot = ConversableAgent("bot", llm_config=ScriptedModel([[call], "done"]), tools=[pay], human_input_mode="NEVER")
    return ConversableAgent("user", llm_config=False, human_input_mode="NEVER"), bot


@pytest.mark.parametrize(
    ("policy", "people", "why"),
    [
        (ask("clerk"), Fake(clerk=silent), "clerk is silent"),
        (ask("clerk"), Fake(clerk="yes please"), "to clerk was said: 'yes please' is not a decision"),
        (ask("clerk"), Fake(clerk=after("3d", silent)), "clerk is silent"),
        (ask("a", "b", need=2), Fake(a=approve, b=silent), "to a was said: approved; one more must; b is silent"),
        (ask("a", "b"), Fake(a=silent, b=after("1h", "hm")), "a is silent; to b was said: 'hm' is not a decision"),
    ],
    ids=["silent", "invalid", "silent later", "a vote short", "several"],
)
def test_run_ends_and_says_why_when_fake_people_will_never_answer(policy: Any, people: Fake, why: str) -> None:
    """A test that would wait for ever fails instead, and names the request, the people and the way out."""
    user, bot = _paying(policy)
    with pytest.raises(NobodyReachable) as ended:
        user.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people)
    text = str(ended.value)
    assert text.startswith("nobody will ever answer 'May bot call pay?' (request ")
    assert why in text
    assert text.endswith("within='1h'")


def _broken(request: HumanRequest) -> Any:
    raise KeyError("no such claim")


@pytest.mark.parametrize(
    ("clerk", "why"),
    [
        (_broken, "KeyError: 'no such claim'"),
        (after("1h", _broken), "KeyError: 'no such claim'"),
        (lambda request: True, "clerk=True is nothing a person does"),  # pyright: ignore[reportUnknownLambdaType]
    ],
    ids=["raises", "raises later", "returns no answer"],
)
def test_run_ends_and_says_why_when_the_function_of_a_fake_person_fails(clerk: Any, why: str) -> None:
    """An assertion in it fails its test, and the test does not wait for ever."""
    user, bot = _paying(ask("clerk"))
    with pytest.raises(NobodyReachable, match="the last one failed, fake: ") as ended:
        user.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=Fake(clerk=clerk))
    assert why in str(ended.value)


def test_fake_people_who_stay_silent_leave_the_question_to_others() -> None:
    """Where another channel remains the question stands there."""
    user, bot = _paying(ask("clerk"))
    other = ScriptedChannel(reject("no"), person="eve", roles=["clerk"])
    user.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=Fake(clerk=silent), channels=[other])
    assert bot.chat_messages[user][2]["content"] == "Error: pay was not allowed by eve: no"


def test_fake_person_at_a_classic_prompt_ends_the_run_when_they_stay_silent() -> None:
    """A prompt has no time at all."""
    with pytest.raises(NobodyReachable, match="nobody will ever answer"):
        _bot().initiate_chat(_person(), message="hello", people=Fake(ada=silent))
