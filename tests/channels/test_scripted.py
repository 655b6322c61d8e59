"""Answers from a list, for one seat."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import ConfigError
from convagent.channels import ScriptedChannel
from convagent.errors import NobodyReachable
from convagent.events import AnswerRefusedEvent, ChannelFailedEvent
from convagent.human import approve, reject
from tests.channels.asking import ask_one, desk, request


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ("approve", approve),
        (reject("no"), reject("no")),
        (lambda asked: f"reject {asked.because}", reject("amount > 100")),
    ],
    ids=["text", "Decision", "function"],
)
def test_scripted_answers_when_its_seat_is_asked(answer: Any, decision: Any) -> None:
    """Texts are read as if typed, decisions are taken, functions see the request."""
    channel = ScriptedChannel(answer, person="ada", roles=["clerk"])
    reply, _ = ask_one([channel], request(to=("clerk",)))
    assert reply is not None
    assert (reply.decision, reply.by, reply.roles) == (decision, "ada", ("clerk",))
    assert [one.id for one in channel.asked] == ["run:1"]
    assert channel.left == 0


def test_scripted_is_silent_when_others_are_asked() -> None:
    """Each seat has its own script."""
    clerk, manager = ScriptedChannel("approve", roles="clerk"), ScriptedChannel("reject no", roles="manager")
    reply, _ = ask_one([clerk, manager], request(to=("manager",)))
    assert reply is not None
    assert reply.decision == reject("no")
    assert (clerk.asked, clerk.left) == ([], 1)


def test_next_answer_is_given_when_one_does_not_count() -> None:
    """As a person would try again; each attempt is recorded."""
    channel = ScriptedChannel("yes please", "", "approve", "left over")
    reply, events = ask_one([channel])
    assert reply is not None
    assert reply.decision == approve
    assert channel.left == 1
    assert len(channel.asked) == 1
    assert len(events.of(AnswerRefusedEvent)) == 2


def test_channel_fails_when_the_script_has_run_out() -> None:
    """The sentence names the question and what was wrong with the last answer; nothing is approved."""
    reply, events = ask_one([ScriptedChannel("yes")])
    assert reply is not None
    assert reply.end_of_input
    error = events.only(ChannelFailedEvent).error
    assert error.startswith("HumanInputError: ScriptedChannel has 1 answer whose last was refused ('yes' is not a dec")
    assert "'May bot call refund?'" in error


def test_nobody_is_reached_when_the_script_ends_the_input() -> None:
    """`EOFError` stands for a closed terminal: an approval is not given, and the chat says so."""
    customer, bot = desk()
    with pytest.raises(NobodyReachable):
        customer.initiate_chat(bot, message="120, please", max_turns=1, channels=[ScriptedChannel(EOFError)])


@pytest.mark.parametrize("answer", [None, 3, ["approve"], KeyError])
def test_answer_is_refused_when_it_is_of_another_kind(answer: Any) -> None:
    """It is refused where it is written."""
    with pytest.raises(ConfigError, match="answer 2 of ScriptedChannel is"):
        ScriptedChannel("approve", answer)
