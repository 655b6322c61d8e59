"""What a tool call costs inside a turn, and whether tools of one reply run at the same time."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row

DELAY = 0.05
TOGETHER = 20


def ours(turns: int, calls: int) -> Reading:
    """Turns of a model that calls `calls` tools (0: says something), then answers; us a turn."""
    from convagent import ConversableAgent, IOStream, ModelReply, ModelRequest, tool

    class Quiet(IOStream):  # tool calls are shown even in silent chats
        def send(self, event: Any, /) -> None:
            return

    IOStream.set_global_default(Quiet())

    @tool(parallel=False)
    async def price(item: int, currency: str = "EUR") -> str:
        """Return a price."""
        return f"{item} {currency}"

    class Prepared:
        label, offline_note = "prepared", ""

        def __init__(self, messages: list[Any]) -> None:
            self.messages = messages

        async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
            return ModelReply(self.messages[request.turn])

    def call(turn: int, i: int) -> Any:
        function = {"name": "price", "arguments": f'{{"item": {turn * 10 + i}}}'}
        return {"id": f"call_{turn}_{i}", "type": "function", "function": function}

    def said(text: str) -> Any:
        return {"role": "assistant", "content": text}

    answers: list[Any] = []
    for turn in range(turns):
        proposal = {"role": "assistant", "content": None, "tool_calls": [call(turn, i) for i in range(calls)]}
        answers += [proposal] * bool(calls) + [said(f"it is {turn}")]
    given: dict[str, Any] = {"human_input_mode": "NEVER", "max_consecutive_auto_reply": 10 * turns, "silent": True}
    agent = ConversableAgent("shop", llm_config=Prepared(answers), tools=[price], **given)
    questions = [said(f"how much is {i}?") for i in range(turns + 1)]
    asker = ConversableAgent("asker", llm_config=Prepared(questions), **given)

    async def hold() -> Reading:
        await asker.a_initiate_chat(agent, message="warm", max_turns=1, silent=True)
        with clock() as took:
            await asker.a_initiate_chat(agent, message="begin", max_turns=turns, silent=True)
        return {"wall": took.wall / turns * 1e6, "cpu": took.cpu / turns * 1e6}

    return asyncio.run(hold())


def ours_together(kind: str, mode: str) -> Reading:
    """One reply with twenty calls of a tool that takes 50 ms."""
    from convagent import ConversableAgent, ScriptedModel, tool

    async def waits(i: int) -> str:
        """Wait."""
        await asyncio.sleep(DELAY)
        return f"waited {i}"

    def blocks(i: int) -> str:
        """Block."""
        time.sleep(DELAY)
        return f"blocked {i}"

    slow = tool(waits if kind == "async" else blocks)
    calls = [{"name": slow.name, "arguments": {"i": i}} for i in range(TOGETHER)]
    model = ScriptedModel([calls, "done"], cycle=True)
    agent = ConversableAgent("worker", llm_config=model, human_input_mode="NEVER", tools=[slow], silent=True)
    asker = ConversableAgent("asker", llm_config=False, human_input_mode="NEVER", silent=True)

    def sync() -> Reading:
        with clock() as took:
            asker.initiate_chat(agent, message="go", max_turns=1, silent=True)
        return {"wall": took.wall, "cpu": took.cpu}

    async def hold() -> Reading:
        with clock() as took:
            await asker.a_initiate_chat(agent, message="go", max_turns=1, silent=True)
        return {"wall": took.wall, "cpu": took.cpu}

    def run() -> Reading:
        return sync() if mode == "sync" else asyncio.run(hold())

    run()
    return run()


def classic_together(kind: str) -> Reading:
    """The classic's proposer and executor, twenty calls in one message."""
    import autogen

    async def waits(i: int) -> str:
        """Wait."""
        await asyncio.sleep(DELAY)
        return f"waited {i}"

    def blocks(i: int) -> str:
        """Block."""
        time.sleep(DELAY)
        return f"blocked {i}"

    executor = autogen.ConversableAgent(
        "worker", llm_config=False, human_input_mode="NEVER", silent=True,
        function_map={"slow": waits if kind == "async" else blocks},
    )  # fmt: skip
    calls = [
        {"id": f"c{i}", "type": "function", "function": {"name": "slow", "arguments": f'{{"i": {i}}}'}}
        for i in range(TOGETHER)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": calls}

    async def hold() -> Reading:
        with clock() as took:
            if kind == "async":
                await executor.a_generate_tool_calls_reply(messages=[message])
            else:
                executor.generate_tool_calls_reply(messages=[message])
        return {"wall": took.wall, "cpu": took.cpu}

    return asyncio.run(hold())


def classic(turns: int) -> Reading:
    """One call of an async function by the classic's executor: its reply function alone, us a call."""
    import autogen

    async def price(item: int, currency: str = "EUR") -> str:
        """Return a price."""
        return f"{item} {currency}"

    executor = autogen.ConversableAgent(
        "shop", llm_config=False, human_input_mode="NEVER", silent=True, function_map={"price": price}
    )

    def message(i: int) -> Any:
        call = {"id": f"c{i}", "type": "function", "function": {"name": "price", "arguments": f'{{"item": {i}}}'}}
        return {"role": "assistant", "content": None, "tool_calls": [call]}

    async def hold() -> Reading:
        with clock() as took:
            for i in range(turns):
                await executor.a_generate_tool_calls_reply(messages=[message(i)])
        return {"wall": took.wall / turns * 1e6, "cpu": took.cpu / turns * 1e6}

    return asyncio.run(hold())


def measure(bench: Bench) -> None:
    turns = 500
    sides: dict[str, Any] = {
        f"{n} calls": lambda n=n: bench.run("tools", "ours", turns=turns, calls=n) for n in (0, 1, 9)
    }
    if bench.classic:
        sides["classic"] = lambda: bench.run("tools", "classic", turns=turns)
    took = bench.medians(sides)
    none, one, nine = (took[f"{n} calls"] for n in (0, 1, 9))
    each = {key: (nine[key] - one[key]) / 8 for key in ("wall", "cpu")}
    old = took.get("classic", {}).get("cpu")
    bench.add(Row("async tool, each call of a reply", each["cpu"], "CPU us", 15, old, wall=each["wall"]))
    extra = {key: one[key] - none[key] for key in ("wall", "cpu")}
    bench.add(Row("    a turn with one, over one without (2nd request)", extra["cpu"], "CPU us", wall=extra["wall"]))
    for mode in ("async", "sync"):
        for kind in ("async", "blocking"):
            sides = {"ours": lambda k=kind, m=mode: bench.run("tools", "ours_together", kind=k, mode=m)}
            if bench.classic and mode == "async":
                sides["classic"] = lambda k=kind: bench.run("tools", "classic_together", kind=k)
            took = bench.medians(sides)
            mine, old = took["ours"], took.get("classic", {}).get("wall")
            what = f"20 {kind} tools of 50 ms in one reply, {mode} chat"
            bench.add(Row(what, mine["wall"], "s", 0.070, old, cpu=mine["cpu"]))
