"""Many conversations at once between the same two agents: 5 replies of 50 ms each."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row

DELAY = 0.05
REPLIES = 5


def ours(conversations: int, traced: bool = False, kind: str = "model") -> Reading:
    """The replies come from a model that waits, or from a registered function that does, as the classic's do."""
    from convagent import ConversableAgent, ModelReply, ModelRequest

    class Slow:
        label = "slow"
        offline_note = ""

        async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
            text = f"{request.messages[1]['content']}, {request.agent} {request.turn}"
            await asyncio.sleep(DELAY)
            return ModelReply({"role": "assistant", "content": text})

    async def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
        await asyncio.sleep(DELAY)
        return True, f"{messages[0]['content']}, {recipient.name} {len(messages)}"

    model: Any = Slow() if kind == "model" else False
    given: dict[str, Any] = {"llm_config": model, "human_input_mode": "NEVER", "silent": True}
    one, other = ConversableAgent("one", **given), ConversableAgent("other", **given)
    if kind == "function":
        for agent in (one, other):
            agent.register_reply([ConversableAgent, None], reply)

    async def hold() -> Reading:
        await one.a_initiate_chat(other, message="warm", max_turns=1, silent=True)
        chats = [
            one.a_initiate_chat(other, message=f"chat {i}", max_turns=3, silent=True) for i in range(conversations)
        ]
        if traced:
            tracemalloc.start()
        with clock() as took:
            results = await asyncio.gather(*chats)
        assert all(len(r.chat_history) == REPLIES + 1 for r in results)
        peak = tracemalloc.get_traced_memory()[1] if traced else 0
        return {"wall": took.wall, "cpu": took.cpu, "kb": peak / conversations / 1024}

    return asyncio.run(hold())


def classic(conversations: int) -> Reading:
    """The classic keeps one history for each pair of agents, so every conversation needs its own two."""
    import autogen

    async def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
        await asyncio.sleep(DELAY)
        return True, f"{messages[0]['content']}, {recipient.name} {len(messages)}"

    def agent(name: str) -> Any:
        made = autogen.ConversableAgent(name, llm_config=False, human_input_mode="NEVER", silent=True)
        made.register_reply([autogen.ConversableAgent, None], reply)
        return made

    async def hold() -> Reading:
        pairs = [(agent("one"), agent("other")) for _ in range(conversations)]
        with clock() as took:
            await asyncio.gather(
                *(
                    one.a_initiate_chat(other, message=f"chat {i}", max_turns=3, silent=True)
                    for i, (one, other) in enumerate(pairs)
                )
            )
        return {"wall": took.wall, "cpu": took.cpu}

    return asyncio.run(hold())


def floor(conversations: int) -> Reading:
    """The same waits by hand: what the event loop itself takes."""

    async def hold() -> Reading:
        async def one() -> None:
            for _ in range(REPLIES):
                await asyncio.sleep(DELAY)

        with clock() as took:
            await asyncio.gather(*(one() for _ in range(conversations)))
        return {"wall": took.wall, "cpu": took.cpu}

    return asyncio.run(hold())


def measure(bench: Bench) -> None:
    for count, goal in ((1_000, 0.32), (5_000, 0.75)):
        sides: dict[str, Any] = {
            side: lambda s=side, n=count: bench.run("crowd", s, conversations=n)
            for side in (("ours", "floor", "classic") if bench.classic else ("ours", "floor"))
        }
        sides["function"] = lambda n=count: bench.run("crowd", "ours", conversations=n, kind="function")
        if count > 1_000 and bench.quick:
            sides.pop("classic", None)
        took = bench.medians(sides, 3 if count > 1_000 else None)
        mine, old = took["ours"], took.get("classic", {})
        waits = took["floor"]["wall"]
        what = f"{count:,} conversations, 5 x 50 ms (bare: the waits alone)"
        bench.add(Row(what, mine["wall"], "s", goal, None, waits, mine["cpu"], of=""))
        function = took["function"]
        bench.add(Row("    by a reply function", function["wall"], "s", None, old.get("wall"), waits, function["cpu"]))
    memory = bench.run("crowd", "ours", conversations=1_000, traced=True)
    bench.add(Row("    memory at its largest, a conversation", memory["kb"], "KB", 12))
