"""What convagent adds to a real request, over loopback HTTP to a server in another process.

The bare side is the same version of the openai package: its public `client.post` in the turn,
`chat.completions.create` where a long history is sent. One client a process.
"""

from __future__ import annotations

import asyncio
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row
from .server import KEY, served

TURNS = 200
LONG = 100
"""Messages of the request whose CPU time is compared."""


def messages_of(count: int) -> list[Any]:
    said = [{"role": ("user", "assistant")[i % 2], "content": f"message {i} says {i * i}"} for i in range(count - 1)]
    return [{"role": "system", "content": "You are a helpful AI Assistant."}, *said]


def config(url: str) -> Any:
    from convagent import LLMConfig

    return LLMConfig({"api_type": "openai", "model": "test-model", "api_key": KEY, "base_url": url})


def ours(url: str, turns: int, mode: str = "async") -> Reading:
    """A chat of two agents with a model each; us a turn."""
    from convagent import ConversableAgent

    given: dict[str, Any] = {
        "llm_config": config(url), "human_input_mode": "NEVER", "silent": True, "max_consecutive_auto_reply": turns
    }  # fmt: skip
    one, other = ConversableAgent("one", **given), ConversableAgent("other", **given)

    def sync() -> Reading:
        one.initiate_chat(other, message="warm", max_turns=2, silent=True)
        with clock() as took:
            one.initiate_chat(other, message="begin", max_turns=turns // 2, silent=True)
        return {"wall": took.wall / (turns - 1) * 1e6, "cpu": took.cpu / (turns - 1) * 1e6}

    async def hold() -> Reading:
        await one.a_initiate_chat(other, message="warm", max_turns=2, silent=True)
        with clock() as took:
            await one.a_initiate_chat(other, message="begin", max_turns=turns // 2, silent=True)
        return {"wall": took.wall / (turns - 1) * 1e6, "cpu": took.cpu / (turns - 1) * 1e6}

    return sync() if mode == "sync" else asyncio.run(hold())


def bare(url: str, turns: int) -> Reading:
    """The same requests by the package's own client: a history that grows by two messages a round."""
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion

    async def hold() -> Reading:
        client: Any = AsyncOpenAI(api_key=KEY, base_url=url)
        history = [*messages_of(1), {"role": "user", "content": "begin", "name": "one"}]

        async def ask() -> str:
            body = {"model": "test-model", "messages": history}
            found = await client.post("/chat/completions", body=body, cast_to=ChatCompletion)
            return found.choices[0].message.content

        await ask()
        with clock() as took:
            for i in range(turns - 1):
                history.append({"role": ("user", "assistant")[i % 2], "content": await ask(), "name": "one"})
        await client.close()
        return {"wall": took.wall / (turns - 1) * 1e6, "cpu": took.cpu / (turns - 1) * 1e6}

    return asyncio.run(hold())


def classic(url: str, turns: int) -> Reading:
    import autogen

    given: dict[str, Any] = {
        "llm_config": {"config_list": [{"model": "test-model", "api_key": KEY, "base_url": url}], "cache_seed": None},
        "human_input_mode": "NEVER", "silent": True, "max_consecutive_auto_reply": turns,
    }  # fmt: skip
    one, other = autogen.ConversableAgent("one", **given), autogen.ConversableAgent("other", **given)
    one.initiate_chat(other, message="warm", max_turns=2, silent=True)
    with clock() as took:
        one.initiate_chat(other, message="begin", max_turns=turns // 2, silent=True)
    return {"wall": took.wall / (turns - 1) * 1e6, "cpu": took.cpu / (turns - 1) * 1e6}


def long_ours(url: str, requests: int) -> Reading:
    """A request of many messages, through our client; us a request."""
    from convagent import ModelRequest
    from convagent.models.resolve import client_for

    async def hold() -> Reading:
        client = client_for(config(url), None)
        history = messages_of(LONG)
        await client.complete(ModelRequest(history))
        with clock() as took:
            for i in range(requests):
                history[-1] = {"role": "user", "content": f"question {i}"}
                await client.complete(ModelRequest(history))
        return {"wall": took.wall / requests * 1e6, "cpu": took.cpu / requests * 1e6}

    return asyncio.run(hold())


def long_bare(url: str, requests: int) -> Reading:
    """The same through `chat.completions.create`."""
    from openai import AsyncOpenAI

    async def hold() -> Reading:
        client: Any = AsyncOpenAI(api_key=KEY, base_url=url)
        history = messages_of(LONG)
        await client.chat.completions.create(model="test-model", messages=history)
        with clock() as took:
            for i in range(requests):
                history[-1] = {"role": "user", "content": f"question {i}"}
                await client.chat.completions.create(model="test-model", messages=history)
        await client.close()
        return {"wall": took.wall / requests * 1e6, "cpu": took.cpu / requests * 1e6}

    return asyncio.run(hold())


def measure(bench: Bench) -> None:
    turns = 100 if bench.quick else TURNS
    with served() as url:
        sides: dict[str, Any] = {
            "ours": lambda: bench.run("requests", "ours", url=url, turns=turns),
            "sync": lambda: bench.run("requests", "ours", url=url, turns=turns, mode="sync"),
            "bare": lambda: bench.run("requests", "bare", url=url, turns=turns),
        }
        if bench.classic:
            sides["classic"] = lambda: bench.run("requests", "classic", url=url, turns=turns)
        took = bench.medians(sides)
        old, plain = took.get("classic", {}).get("wall"), took["bare"]["wall"]
        mine, sync = took["ours"], took["sync"]
        bench.add(Row("a turn over loopback HTTP, async", mine["wall"], "us", 1.15, old, plain, mine["cpu"], of="bare"))
        bench.add(Row("    sync", sync["wall"], "us", None, old, plain, sync["cpu"], of="bare"))
        sides = {
            side: lambda s=side: bench.run("requests", s, url=url, requests=100) for side in ("long_ours", "long_bare")
        }
        took = bench.medians(sides)
        mine, plain = took["long_ours"]["cpu"], took["long_bare"]["cpu"]
        bench.add(
            Row(f"CPU of a request of {LONG} messages (bare: create())", mine, "CPU us", 0.12, None, plain, of="bare")
        )
