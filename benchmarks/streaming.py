"""Streamed replies over loopback HTTP: when the first piece is there, and what each piece costs."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row
from .requests import config, messages_of
from .server import KEY, served

PIECES = 400
STREAMS = 20


def ours(url: str) -> Reading:
    """A chat whose replies stream, events on; an observer notes the first piece."""
    from convagent import ConversableAgent, LLMConfig
    from convagent.events import ModelCallStarted, StreamEvent

    made = config(url)
    entry = {"api_type": "openai", "model": "test-model", "api_key": KEY, "base_url": url, "stream": True}
    made = LLMConfig(entry)
    agent = ConversableAgent("one", llm_config=made, human_input_mode="NEVER", silent=True)
    asker = ConversableAgent("asker", llm_config=False, human_input_mode="NEVER", silent=True)
    first: list[float] = []
    pieces = 0
    began = 0.0

    def see(event: Any) -> None:
        nonlocal pieces, began
        if isinstance(event, StreamEvent):
            if began:
                first.append(time.perf_counter() - began)
                began = 0.0
            pieces += 1
        elif isinstance(event, ModelCallStarted):
            began = time.perf_counter()

    async def hold() -> Reading:
        nonlocal pieces
        given: dict[str, Any] = {"max_turns": 1, "silent": True, "observers": [see]}
        await asker.a_initiate_chat(agent, message="warm", **given)
        pieces = 0
        with clock() as took:
            for i in range(STREAMS):
                await asker.a_initiate_chat(agent, message=f"question {i}", **given)
        return _reading(first[1:], took, pieces)

    return asyncio.run(hold())


def bare(url: str) -> Reading:
    """`create(stream=True)` of the package."""
    from openai import AsyncOpenAI

    async def hold() -> Reading:
        client: Any = AsyncOpenAI(api_key=KEY, base_url=url)
        first: list[float] = []
        pieces = 0

        async def ask(text: str) -> None:
            nonlocal pieces
            began: float | None = time.perf_counter()
            history = [*messages_of(1), {"role": "user", "content": text}]
            async for chunk in await client.chat.completions.create(model="test-model", messages=history, stream=True):
                if chunk.choices and chunk.choices[0].delta.content:
                    pieces += 1
                    if began is not None:
                        first.append(time.perf_counter() - began)
                        began = None

        await ask("warm")
        pieces = 0
        with clock() as took:
            for i in range(STREAMS):
                await ask(f"question {i}")
        await client.close()
        return _reading(first[1:], took, pieces)

    return asyncio.run(hold())


def raw(url: str) -> Reading:
    """The same bytes read through the package and not looked at: what is not ours."""
    from openai import AsyncOpenAI

    async def hold() -> Reading:
        client: Any = AsyncOpenAI(api_key=KEY, base_url=url)

        async def ask(text: str) -> None:
            history = [*messages_of(1), {"role": "user", "content": text}]
            streaming = client.chat.completions.with_streaming_response
            async with streaming.create(model="test-model", messages=history, stream=True) as response:
                async for _ in response.iter_bytes():
                    pass

        await ask("warm")
        with clock() as took:
            for i in range(STREAMS):
                await ask(f"question {i}")
        await client.close()
        return {"cpu": took.cpu / STREAMS / PIECES * 1e6}

    return asyncio.run(hold())


def _reading(first: list[float], took: Any, pieces: int) -> Reading:
    middle = sorted(first)[len(first) // 2]
    return {"first": middle * 1e6, "wall": took.wall / pieces * 1e6, "cpu": took.cpu / pieces * 1e6, "pieces": pieces}


def measure(bench: Bench) -> None:
    with served(PIECES) as url:
        took = bench.medians(
            {side: lambda s=side: bench.run("streaming", s, url=url) for side in ("ours", "bare", "raw")}
        )
    mine, plain = took["ours"], took["bare"]
    bench.add(Row("first piece of a stream", mine["first"], "us", 1.0, None, plain["first"], of="bare"))
    bench.add(Row("    CPU a piece, everything", mine["cpu"], "CPU us", None, None, plain["cpu"]))
    own = mine["cpu"] - took["raw"]["cpu"]
    bench.add(Row("    CPU a piece, ours: above reading the bytes", own, "CPU us", 20))
