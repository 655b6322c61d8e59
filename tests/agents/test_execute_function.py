"""`execute_function`: called directly, overridden, and judged first either way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convagent import Action, AssistantAgent, ConversableAgent, Deny, ScriptedModel, UserProxyAgent, register_function
from convagent.events import ExecutedFunctionEvent
from convagent.testing import capture_events


def add(a: int, b: int) -> int:
    return a + b


class Shouting(UserProxyAgent):
    """Executes as usual and shouts the result."""

    def execute_function(
        self, func_call: dict[str, Any], call_id: str | None = None, verbose: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        done, told = super().execute_function(func_call, call_id)
        return done, {**told, "content": told["content"] + "!"}


class AsyncShouting(UserProxyAgent):
    """The same by the async twin."""

    async def a_execute_function(
        self, func_call: dict[str, Any], call_id: str | None = None, verbose: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        done, told = await super().a_execute_function(func_call, call_id)
        return done, {**told, "content": told["content"] + "!"}


def pair(kind: type[UserProxyAgent] = UserProxyAgent) -> tuple[UserProxyAgent, AssistantAgent]:
    calls = [{"id": "c1", "name": "add", "arguments": {"a": 1, "b": 2}}, {"id": "c2", "name": "gone", "arguments": {}}]
    bot = AssistantAgent("bot", llm_config=ScriptedModel([calls, "TERMINATE"]))
    user = kind("user", human_input_mode="NEVER")
    register_function(add, caller=bot, executor=user, description="Add.")
    return user, bot


@pytest.mark.parametrize("kind", [Shouting, AsyncShouting])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_override_executes_every_call_when_a_reply_holds_several(
    kind: type[UserProxyAgent], asynchronous: bool
) -> None:
    """An override, plain or async, executes known and unknown functions in both kinds of chat."""
    user, bot = pair(kind)
    seen = capture_events(ExecutedFunctionEvent)
    if asynchronous:
        result = asyncio.run(user.a_initiate_chat(bot, message="go", silent=True, observers=[seen]))
    else:
        result = user.initiate_chat(bot, message="go", silent=True, observers=[seen])
    responses = result.chat_history[2].get("tool_responses") or []
    assert [r.get("content") for r in responses] == ["3!", "Error: Function gone not found.!"]
    assert [r.get("tool_call_id") for r in responses] == ["c1", "c2"]
    assert len(seen.of(ExecutedFunctionEvent)) == 2


def test_override_is_not_reached_when_the_call_is_denied() -> None:
    """A rule of the chat stands before an overridden `execute_function`, too."""

    def rule(action: Action) -> Deny | None:
        return Deny("no sums today") if action.name == "add" else None

    user, bot = pair(Shouting)
    result = user.initiate_chat(bot, message="go", silent=True, oversight=rule)
    responses = result.chat_history[2].get("tool_responses") or []
    assert responses[0].get("content") == "Error: add was not allowed: no sums today"


def test_function_is_executed_when_called_directly() -> None:
    """Outside a chat it says whether it succeeded and what a model would be told."""
    user, _ = pair()
    told = {"name": "add", "role": "function", "content": "7"}
    assert user.execute_function({"name": "add", "arguments": '{"a": 3, "b": "4"}'}) == (True, told)
    done, told = asyncio.run(user.a_execute_function({"name": "add", "arguments": '{"a": 3,'}))
    assert not done
    assert told["content"].endswith("The argument must be in JSON format.")
    assert isinstance(user, ConversableAgent)
