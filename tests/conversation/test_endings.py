"""How a conversation ended: a word for programs beside the reason, which is for people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convagent import (
    ChatResult,
    ConversableAgent,
    GroupChat,
    GroupChatManager,
    Human,
    MaxTokens,
    NobodyReachable,
    ScriptedModel,
    ask,
    at,
    deny,
    reject,
    resume,
    review,
    stop,
    tool,
)
from convagent.events import RunCompletionEvent, TerminationEvent
from convagent.testing import Fake, People, capture_events


def agent(name: str, *script: Any, **given: Any) -> ConversableAgent:
    given = {
        "human_input_mode": "NEVER",
        "llm_config": ScriptedModel(list(script) or ["Hi."], repeat_last=True),
        **given,
    }
    return ConversableAgent(name, **given)


def chat(first: Any, second: Any, **given: Any) -> ChatResult:
    return first.initiate_chat(second, message="Hi", **{"silent": True, **given})


def group() -> GroupChatManager:
    members = [agent("ada"), agent("bob")]
    return GroupChatManager(GroupChat(members, max_round=3, speaker_selection_method="round_robin"))


def typed(*lines: str, **given: Any) -> ChatResult:
    """Talk with an agent whose person types these lines, and then nothing any more."""
    with People(*lines) as people:
        person = ConversableAgent("ann", llm_config=False, human_input_mode="ALWAYS")
        return chat(person, agent("bob"), channels=[people], **given)


def paying(answer: Any) -> ChatResult:
    """Let a tool wait for somebody's decision."""

    @tool(approval=ask("chief"))
    def pay() -> str:
        """Pay."""
        return "paid"

    cashier = agent("cashier", [{"name": "pay", "arguments": {}}], "Done.", tools=[pay])
    return chat(agent("bob"), cashier, max_turns=1, people=Fake(chief=answer))


ENDINGS: dict[str, tuple[Callable[[], ChatResult], str]] = {
    "max_turns": (lambda: chat(agent("ada"), agent("bob"), max_turns=2), "limit"),
    "max_round": (lambda: chat(agent("user"), group()), "limit"),
    "limits": (lambda: chat(agent("ada"), agent("bob"), limits=MaxTokens(1)), "limit"),
    "auto-replies": (lambda: chat(agent("ada", max_consecutive_auto_reply=1), agent("bob")), "limit"),
    "a termination message": (lambda: chat(agent("ada"), agent("bob", "TERMINATE")), "done"),
    "nothing to say": (lambda: chat(*(agent(name, llm_config=False) for name in ("ada", "bob"))), "done"),
    "exit": (lambda: typed("exit"), "stopped"),
    "the end of the input": (lambda: typed(), "stopped"),
    "stop at a decision": (lambda: paying(stop("enough")), "stopped"),
    "a tool that was refused": (lambda: paying(reject("too dear")), "limit"),
    "a human who is late": (
        lambda: chat(agent("ada"), Human("eve", within="5m", otherwise=""), people=Fake(eve=lambda request: None)),
        "limit",
    ),
    "a draft that was refused": (
        lambda: review(agent("ada"), deny("never"), rounds=1).run("Write.", silent=True).chat,
        "refused",
    ),
}


@pytest.mark.parametrize(("hold", "how"), ENDINGS.values(), ids=ENDINGS)
def test_result_says_how_it_ended(hold: Callable[[], ChatResult], how: str) -> None:
    """Done by itself, at a limit, stopped by a person, or refused; a refused tool ends nothing."""
    assert hold().how == how


def test_events_of_the_end_say_so_too() -> None:
    """For whoever only sees what is told."""
    events = capture_events(TerminationEvent, RunCompletionEvent)
    chat(agent("ada"), agent("bob"), max_turns=1, observers=[events])
    assert [event.how for event in events] == ["limit", "limit"]


def test_a_run_that_is_over_says_so_in_another_process(tmp_path: Path) -> None:
    """Its journal keeps it."""
    agents = [agent("ada"), agent("bob")]
    journal = str(tmp_path / "runs.db")
    begun = chat(*agents, max_turns=1, journal=journal)
    again = resume(journal, str(begun.chat_id), [agent("ada"), agent("bob")]).result
    assert (begun.how, again.how, again.reason) == ("limit", "limit", "Maximum turns (1) reached")


def test_a_person_who_stops_it_may_use_any_words() -> None:
    """No word of the reason is a protocol."""
    result = paying(stop("Not approved: we are closing"))
    assert (result.how, result.reason) == ("stopped", "Not approved: we are closing")


def test_result_of_a_run_that_reached_nobody_has_failed() -> None:
    """The error carries what was said until then."""
    with pytest.raises(NobodyReachable) as raised:
        chat(agent("ada"), agent("bob"), people={"zoe": []}, oversight=at("reply", ask("chief")))
    assert raised.value.result is not None
    assert raised.value.result.how == "failed"
