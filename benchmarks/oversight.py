"""What a gate costs: a pause for a person, what waits meanwhile, and many questions at once."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row

MESSAGES = 20


def _chat(gated: bool) -> tuple[Any, Any, list[float]]:
    """Return two agents whose chat of twenty messages ends in a call of a tool, and when the tool ran."""
    from convagent import ConversableAgent, IOStream, ScriptedModel, ask, tool

    class Quiet(IOStream):
        def send(self, event: Any, /) -> None:
            return

    IOStream.set_global_default(Quiet())
    ran: list[float] = []

    @tool(approval=ask("clerk") if gated else None)
    async def pay(amount: int) -> str:
        """Pay."""
        ran.append(time.thread_time())
        return "paid"

    turns = MESSAGES // 2
    texts: list[Any] = [f"answer {i}" for i in range(turns - 1)]
    model = ScriptedModel([*texts, [{"name": "pay", "arguments": {"amount": 5}}], "done"], cycle=True, record=False)
    bot = ConversableAgent("bot", llm_config=model, tools=[pay], human_input_mode="NEVER", silent=True)
    user = ConversableAgent(
        "user", llm_config=False, human_input_mode="NEVER", silent=True, default_auto_reply="go on",
        max_consecutive_auto_reply=10**9,
    )  # fmt: skip
    return user, bot, ran


class Desk:
    """Takes questions, and answers them when it is told to."""

    name = "desk"

    def __init__(self) -> None:
        self.open: list[Any] = []
        self.came = asyncio.Event()
        self.asked: list[float] = []
        self.called = 0.0
        self.replied: list[float] = []

    def __call__(self, event: Any, /) -> None:
        if event.type == "input_request":
            self.asked.append(time.thread_time() - self.called)
            self.open.append(event)
            self.came.set()
        elif event.type == "model_call_finished":
            self.called = time.thread_time()


def ours_pause(count: int) -> Reading:
    """Conversations one after another that pause and are resumed; us of the loop's thread each, as medians."""
    from statistics import median

    from convagent import approve
    from convagent.human import HumanReply

    user, bot, ran = _chat(gated=True)
    resumed: list[float] = []
    pauses: list[float] = []

    async def hold() -> None:
        for _ in range(count):
            desk = Desk()
            chat = asyncio.ensure_future(
                user.a_initiate_chat(bot, message="begin", max_turns=MESSAGES // 2, silent=True, channels=[desk])
            )
            await asyncio.wait_for(desk.came.wait(), 60)
            pauses.append(desk.asked[0])
            at = time.thread_time()
            desk.open[0].reply(HumanReply(desk.open[0].request.id, by="ada", decision=approve))
            await chat
            resumed.append(ran[-1] - at)

    asyncio.run(hold())
    return {"pause": median(pauses) * 1e6, "resume": median(resumed) * 1e6}


def ours_held(count: int) -> Reading:
    """Conversations of twenty messages that all wait for a person; KB each."""
    user, bot, _ = _chat(gated=True)

    async def hold() -> float:
        desk = Desk()
        chats: list[Any] = []

        async def begin(number: int) -> None:
            chats.append(
                asyncio.ensure_future(
                    user.a_initiate_chat(
                        bot, message=f"begin {number}", max_turns=MESSAGES // 2, silent=True, channels=[desk]
                    )
                )
            )
            await asyncio.wait_for(desk.came.wait(), 60)
            desk.came.clear()

        await begin(0)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(1, count + 1):
            await begin(number)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        for event in desk.open:
            event.respond("reject")
        await asyncio.gather(*chats)
        return held / count / 1024

    return {"kb": asyncio.run(hold())}


def ours_pending(count: int) -> Reading:
    """Open requests of one run: asked, listed, filtered by role and answered; us each."""
    from convagent import ConversableAgent, ScriptedModel, approve, ask, tool

    @tool(approval=ask("clerk"))
    async def pay(number: int) -> str:
        """Pay."""
        return "paid"

    calls = [{"name": "pay", "arguments": {"number": n}} for n in range(count)]
    bot = ConversableAgent("bot", llm_config=ScriptedModel([calls, "done"]), tools=[pay], human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")

    async def hold() -> Reading:
        run = await user.a_run(bot, message="go", max_turns=1, silent=True, channels=[lambda event: None])
        seen = 0
        with clock() as took:
            async for event in run:
                if event.type == "input_request":
                    seen += 1
                    if seen == count:
                        for request in [r for r in run.waiting if "clerk" in r.to]:
                            run.answer(request.id, approve)
        return {"wall": took.wall / count * 1e6, "cpu": took.cpu / count * 1e6}

    return asyncio.run(hold())


def measure(bench: Bench) -> None:
    """Add the rows of this file."""
    took = bench.medians({"ours": lambda: bench.run("oversight", "ours_pause", count=200)})["ours"]
    bench.add(Row(f"pause for a person, {MESSAGES} messages", took["pause"], "CPU us", 60))
    bench.add(Row("resume, to the first line of the tool", took["resume"], "CPU us", 40))
    held = bench.medians({"ours": lambda: bench.run("oversight", "ours_held", count=300)})["ours"]
    bench.add(Row("held while it waits", held["kb"], "KB", 12))
    counts = (1_000, 10_000)
    each = bench.medians({str(n): lambda n=n: bench.run("oversight", "ours_pending", count=n) for n in counts})
    few, many = (each[str(n)]["cpu"] for n in counts)
    bench.add(Row("1,000 pending: ask, list, filter, answer, each", few, "CPU us"))
    bench.add(Row("10,000 pending: the same, each", many, "CPU us", 2 * few))
