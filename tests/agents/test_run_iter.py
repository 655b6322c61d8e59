"""`run_iter`: a run whose iteration yields some kinds of events, and every question."""

from __future__ import annotations

import asyncio
from typing import Any

from convagent import ConversableAgent, ScriptedModel
from convagent.events import InputRequestEvent, TerminationEvent, TextEvent


def pair() -> tuple[ConversableAgent, ConversableAgent]:
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["one", "two"]), human_input_mode="NEVER")
    return ConversableAgent("user", human_input_mode="ALWAYS", llm_config=False), bot


def answer(event: Any, answers: list[str]) -> str:
    if isinstance(event, InputRequestEvent):
        event.content.respond(answers.pop(0))
    return event.type


EXPECTED = ["text", "text", "input_request", "text", "text", "input_request"]


def test_only_wanted_events_and_questions_are_yielded() -> None:
    """The run goes on while other events pass unseen; values are there at the end."""
    me, bot = pair()
    answers = ["more", "exit"]
    run = me.run_iter(bot, message="hello", yield_on=[TextEvent])
    assert [answer(event, answers) for event in run] == EXPECTED
    assert run.summary == "two"


def test_only_wanted_events_and_questions_are_yielded_when_async() -> None:
    """The same in the caller's event loop."""
    me, bot = pair()
    answers = ["more", "exit"]

    async def play() -> list[str]:
        run = me.a_run_iter(bot, message="hello", yield_on=[TextEvent])
        return [answer(event, answers) async for event in run]

    assert asyncio.run(play()) == EXPECTED


def test_everything_is_yielded_when_nothing_is_named() -> None:
    """Without `yield_on` the iteration is that of `run`."""
    me, bot = pair()
    answers = ["exit"]
    kinds = [answer(event, answers) for event in me.run_iter(bot, message="hello")]
    assert kinds[0] == "run_started"
    assert kinds[-2:] == [TerminationEvent.type, "run_completion"]
