"""Long chats and many chats: no recursion, no quadratic cost, no mixing."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import pytest

from convagent import ConversableAgent
from convagent.models.base import ModelReply, ModelRequest

TURNS = 10_000


class Echo:
    """A model that answers at once with what it was told."""

    label, offline_note = "echo", ""

    async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
        await asyncio.sleep(0)
        return ModelReply({"role": "assistant", "content": f"{request.messages[-1].get('content')}+"[-40:]})


def talker(name: str, **given: Any) -> ConversableAgent:
    return ConversableAgent(name, human_input_mode="NEVER", llm_config=False, max_consecutive_auto_reply=TURNS, **given)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_ten_thousand_turns_end_well(asynchronous: bool) -> None:
    """A chat of 10,000 messages neither recurses nor slows down (a twentieth of a second is usual)."""
    ann, bob = talker("ann", default_auto_reply="ping"), talker("bob", default_auto_reply="pong")
    chat = {"message": "hello", "silent": True, "max_turns": TURNS // 2}
    began = time.process_time()
    result = asyncio.run(ann.a_initiate_chat(bob, **chat)) if asynchronous else ann.initiate_chat(bob, **chat)
    assert len(result.chat_history) == TURNS
    assert result.reason == f"Maximum turns ({TURNS // 2}) reached"
    assert time.process_time() - began < 3


def test_a_thousand_chats_of_the_same_agents_keep_their_histories_apart() -> None:
    """Nothing of a run is on the agent: shared agents hold many chats at once."""
    bot = ConversableAgent("bot", llm_config=Echo(), human_input_mode="NEVER")
    me = talker("user", default_auto_reply="more")

    async def play() -> list[Any]:
        return await asyncio.gather(
            *(me.a_initiate_chat(bot, message=f"chat {i}", max_turns=2, silent=True) for i in range(1000))
        )

    results = asyncio.run(play())
    for i, result in enumerate(results):
        contents = [m["content"] for m in result.chat_history]
        assert contents == [f"chat {i}", f"chat {i}+", "more", "more+"]
    assert len({r.chat_id for r in results}) == 1000


def test_waiting_chats_hold_few_objects() -> None:
    """The cyclic collector visits each object of each waiting chat again and again: there are some sixty, not more."""
    count = 200
    there, go = asyncio.Event(), asyncio.Event()
    asked: list[int] = []

    class Waiting(Echo):
        async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
            asked.append(request.turn)
            if len(asked) == count:
                there.set()
            await go.wait()
            return await super().complete(request, notify)

    bot = ConversableAgent("bot", llm_config=Waiting(), human_input_mode="NEVER")
    me = talker("user", default_auto_reply="more")

    async def play() -> float:
        gc.collect()
        before = len(gc.get_objects())
        chats = [me.a_initiate_chat(bot, message=f"chat {i}", max_turns=2, silent=True) for i in range(count)]
        played = asyncio.gather(*chats)
        await there.wait()
        gc.collect()
        held = len(gc.get_objects()) - before
        go.set()
        assert len(await played) == count
        return held / count

    assert asyncio.run(play()) <= 66
