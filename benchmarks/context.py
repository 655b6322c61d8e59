"""What it costs to send a model what fits: the time of a request, in chats of 100 to 5,000 messages.

One more request of a chat that is so long already, the wire form and what fits included; and a whole chat between two
scripted models of which each is sent what fits. Every text is different, events are on.
"""

from __future__ import annotations

import asyncio
import copy
import time
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row

SIZES = (100, 1_000, 5_000)
WHAT = ("all", "messages", "tokens", "both")


def window(what: str) -> Any:
    from convagent import LastMessages, LastTokens

    return {
        "all": None,
        "messages": LastMessages(20, keep_first=True),
        "tokens": LastTokens(400, keep_first=True),
        "both": LastMessages(20, keep_first=True) & LastTokens(400),
    }[what]


def request(messages: int, what: str) -> Reading:
    """One more request of a long chat: two messages come in, and the wire form is made of what fits."""
    from convagent import ConversableAgent
    from convagent.conversation.context import RunContext
    from convagent.conversation.state import ConversationState
    from convagent.conversation.thread import Thread
    from convagent.patterns.two_agent import TwoAgent
    from convagent.runs.local import LocalRuntime

    one, other = ConversableAgent("one"), ConversableAgent("other")
    thread = Thread(one, other)
    run = RunContext(LocalRuntime(None), None, ConversationState(one, other, thread), TwoAgent())
    fits, said = window(what), 0

    def more() -> None:
        nonlocal said
        for agent in (one, other):
            thread.add(agent, {"content": f"{agent.name} says something of a usual length, number {said}"})
            said += 1

    while said < messages:
        more()
    run.wire(other, other.system, thread.view(other), fits)  # which reads what there is, once
    samples: list[float] = []
    for _ in range(200):
        more()
        began = time.perf_counter()
        run.wire(other, other.system, thread.view(other), fits)
        samples.append((time.perf_counter() - began) * 1e6)
    return {"wall": sorted(samples)[len(samples) // 2]}


def chat(messages: int, what: str) -> Reading:
    """A whole chat; microseconds a turn."""
    from convagent import ConversableAgent, ModelReply, ModelRequest

    class Fixed:
        label, offline_note = "fixed", ""

        async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
            return ModelReply({"role": "assistant", "content": f"{request.agent} says {request.turn}"})

    given: dict[str, Any] = {
        "llm_config": Fixed(), "human_input_mode": "NEVER", "max_consecutive_auto_reply": messages,
        "context": window(what),
    }  # fmt: skip
    one, other = ConversableAgent("one", **given), ConversableAgent("other", **given)

    async def hold() -> Reading:
        await one.a_initiate_chat(other, message="warm", max_turns=2, silent=True)
        with clock() as took:
            await one.a_initiate_chat(other, message="begin", max_turns=messages // 2, silent=True)
        return {"wall": took.wall / messages * 1e6, "cpu": took.cpu / messages * 1e6}

    return asyncio.run(hold())


def classic(messages: int) -> Reading:
    """The classic's transform on a history of so many messages, as its hook calls it at each reply."""
    from autogen.agentchat.contrib.capabilities.transform_messages import TransformMessages
    from autogen.agentchat.contrib.capabilities.transforms import MessageHistoryLimiter

    transform = TransformMessages(
        transforms=[MessageHistoryLimiter(20, keep_first_message=True)], verbose=False
    )._transform_messages
    said = (f"something of a usual length, number {i}" for i in range(messages))
    history = [{"role": "user", "name": "one", "content": text} for text in said]
    samples: list[float] = []
    for _ in range(15):
        given = copy.copy(history)
        began = time.perf_counter()
        transform(given)
        samples.append((time.perf_counter() - began) * 1e6)
    return {"wall": sorted(samples)[len(samples) // 2]}


def measure(bench: Bench) -> None:
    for what in WHAT:
        sides: dict[str, Any] = {
            f"ours {n}": lambda n=n, w=what: bench.run("context", "request", messages=n, what=w) for n in SIZES
        }
        if bench.classic and what == "messages":
            for n in SIZES:
                sides[f"classic {n}"] = lambda n=n: bench.run("context", "classic", messages=n)
        took = bench.medians(sides)
        for n in SIZES:
            beside = took.get(f"classic {n}", {}).get("wall")
            bench.add(Row(f"a request, {NAMES[what]} of {n:,} messages", took[f"ours {n}"]["wall"], "us", None, beside))
        flat = took[f"ours {SIZES[-1]}"]["wall"] / took[f"ours {SIZES[0]}"]["wall"]
        bench.add(Row("    the last row over the first", flat, "", 1.2))
    for what in ("all", "both"):
        sides = {f"ours {n}": lambda n=n, w=what: bench.run("context", "chat", messages=n, what=w) for n in SIZES}
        took = bench.medians(sides)
        for n in SIZES:
            found = took[f"ours {n}"]
            bench.add(Row(f"async turn, {NAMES[what]}, {n:,} turns", found["cpu"], "CPU us", wall=found["wall"]))
        flat = took[f"ours {SIZES[-1]}"]["cpu"] / took[f"ours {SIZES[0]}"]["cpu"]
        bench.add(Row("    the last row over the first", flat, "", 1.2))


NAMES = {
    "all": "all",
    "messages": "the last 20",
    "tokens": "the last 400 tokens",
    "both": "the last 20, and 400 tokens",
}
