"""Offline rules: order, arguments, what they may return."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from convagent import ConversableAgent, LLMConfig
from convagent.errors import ConfigError, ModelError
from convagent.events import Event, StreamEvent
from convagent.messages import Message
from convagent.models.base import ModelClient, ModelReply, ModelRequest
from convagent.models.rules import RuleModel


def ask(model: ModelClient, text: str = "hello", **more: Any) -> ModelReply:
    return asyncio.run(model.complete(ModelRequest([{"role": "user", "content": text}], **more)))


def test_the_first_rule_that_answers_wins() -> None:
    """A rule that returns None leaves the answer to the next."""

    def greeting(messages: Sequence[Message]) -> str | None:
        return "hello to you" if messages[-1].get("content") == "hello" else None

    async def anything(messages: Sequence[Message]) -> list[dict[str, Any]]:
        return [{"name": "look", "arguments": {"at": messages[-1].get("content")}}]

    model = RuleModel([greeting, anything])
    assert ask(model).message.get("content") == "hello to you"
    (call,) = ask(model, "moon").message.get("tool_calls") or []
    assert call.get("function") == {"name": "look", "arguments": '{"at": "moon"}'}


def test_a_rule_gets_the_whole_request_when_its_parameter_is_named_so() -> None:
    """`request` means the request: tools, agent, turn."""

    def rule(request: ModelRequest) -> str:
        return f"{request.agent} {request.turn}"

    assert ask(RuleModel(rule), agent="ada", turn=3).message.get("content") == "ada 3"


def test_text_is_told_piece_by_piece_when_the_configuration_streams() -> None:
    """`LLMConfig(RuleModel(...), stream=True)` streams as a real model does: the pieces make up the message."""
    pieces: list[str] = []

    def see(event: Event) -> None:
        if isinstance(event, StreamEvent):
            pieces.append(event.text)

    config = LLMConfig(RuleModel(lambda messages: "one two\nthree"), stream=True)
    bot = ConversableAgent("bot", llm_config=config, human_input_mode="NEVER")
    asker = ConversableAgent("asker", llm_config=False, human_input_mode="NEVER")
    result = asker.initiate_chat(bot, message="go", max_turns=1, silent=True, observers=[see])
    assert pieces == ["one ", "two\n", "three"]
    assert result.summary == "one two\nthree"


def test_no_rule_that_answers_is_a_model_error() -> None:
    """The error quotes what nobody answered."""

    def never(messages: object) -> None:
        return None

    with pytest.raises(ModelError, match="no rule answers 'hello'; add a last rule"):
        ask(RuleModel(never, name="quiet"))


def test_rules_that_cannot_be_called_are_refused() -> None:
    """A rule is a function of one argument."""
    broken: Any = [3]
    with pytest.raises(ConfigError, match="not a function"):
        RuleModel(broken)
    with pytest.raises(ConfigError, match="takes no argument"):
        RuleModel([lambda: "x"])  # type: ignore[arg-type,misc]  # pyright: ignore
    with pytest.raises(ConfigError, match="at least one"):
        RuleModel([])


def test_it_says_that_no_language_model_is_asked() -> None:
    """The label that every run shows."""
    assert RuleModel(str).offline_note == "offline rules, no language model"
