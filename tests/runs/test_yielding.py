"""A run whose turns never suspend leaves the loop to others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from convagent import ConversableAgent, ScriptedModel


def ending(when: Callable[[], bool]) -> list[ConversableAgent]:
    """Return two agents that talk, without ever waiting, until something is true."""
    model = ScriptedModel([lambda request: "TERMINATE" if when() else "more"], repeat_last=True, record=False)
    given: dict[str, Any] = {"llm_config": model, "human_input_mode": "NEVER", "max_consecutive_auto_reply": 10**6}
    return [ConversableAgent(name, **given) for name in ("one", "other")]


def soon(done: list[int]) -> None:
    asyncio.get_running_loop().call_later(0.01, done.append, 1)


def at_once(done: list[int]) -> None:
    asyncio.get_running_loop().call_soon(done.append, 1)


def from_a_thread(done: list[int]) -> None:
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, lambda: loop.call_soon_threadsafe(done.append, 1))


@pytest.mark.parametrize("begin", [soon, at_once, from_a_thread])
def test_others_on_the_loop_get_their_turn(begin: Callable[[list[int]], None]) -> None:
    """What is due, what is ready, and what another thread hands in; else the chat would go on for ever."""
    done: list[int] = []

    async def hold() -> str:
        one, other = ending(lambda: bool(done))
        begin(done)
        result = await one.a_initiate_chat(other, message="begin", silent=True)
        return result.reason

    assert "Termination message condition" in asyncio.run(hold())
