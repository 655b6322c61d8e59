"""Teams of many: a thousand branches at once, and two hundred members in turn.

A branch is a member that asks its model once, which takes a second; or a round of one, that asks five times 50 ms.
What all of them take together is held against one of them alone.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row

WAITS = {"1 x 1 s": (1.0, 1), "5 x 50 ms": (0.05, 5)}
QUIET: dict[str, Any] = {"human_input_mode": "NEVER", "silent": True}


def side_by_side(branches: int, delay: float, calls: int) -> Reading:
    """Let so many branches work at once, each of which asks its model so often."""
    from convagent import Concurrent, ConversableAgent, ModelReply, ModelRequest, RoundRobin

    class Slow:
        label, offline_note = "slow", ""

        async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
            await asyncio.sleep(delay)
            return ModelReply({"role": "assistant", "content": request.agent})

    model: Any = Slow()
    members: list[Any] = [ConversableAgent(f"a{i}", llm_config=model, **QUIET) for i in range(branches)]
    assert all(member.client is model for member in members)  # made on first use, once in an agent's life
    if calls > 1:
        members = [RoundRobin([member], rounds=calls, name=f"r{i}", silent=True) for i, member in enumerate(members)]
    user = ConversableAgent("user", llm_config=False, **QUIET)

    async def hold() -> Reading:
        with clock() as alone:
            await user.a_initiate_chat(Concurrent(members[:1]), message="begin", silent=True)
        team = Concurrent(members)
        with clock() as took:
            result = await user.a_initiate_chat(team, message="begin", silent=True)
        assert result.summary.count("\n\n") == branches - 1
        return {"wall": took.wall, "cpu": took.cpu, "over": took.wall / alone.wall}

    return asyncio.run(hold())


def in_turn(members: int, rounds: int) -> Reading:
    """Let so many speak in turn, so many times each."""
    from convagent import ConversableAgent, RoundRobin

    turns = members * rounds
    given: dict[str, Any] = {"llm_config": False, "max_consecutive_auto_reply": rounds + 1, **QUIET}
    agents = [ConversableAgent(f"a{i}", default_auto_reply=f"a{i} agrees", **given) for i in range(members)]
    team, user = RoundRobin(agents, rounds=rounds, silent=True), ConversableAgent("user", **given)

    async def hold() -> Reading:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with clock() as took:
            result = await user.a_initiate_chat(team, message="begin", silent=True)
        assert len(result.chat_history) == turns + 1
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        return {"wall": took.wall / turns * 1e6, "cpu": took.cpu / turns * 1e6, "mb": grown / 1024}

    return asyncio.run(hold())


def measure(bench: Bench) -> None:
    for what, (delay, calls) in WAITS.items():
        for count in (100, 1_000):
            given = {"branches": count, "delay": delay, "calls": calls}
            took = bench.medians({"ours": lambda g=given: bench.run("branches", "side_by_side", **g)}, 3)["ours"]
            goal = 1.1 if count == 1_000 else None
            bench.add(Row(f"{count:,} branches, {what}, over one alone", took["over"], "", goal, wall=took["wall"]))
            bench.add(Row("    CPU a branch", took["cpu"] / count * 1e6, "CPU us"))
    sizes = (100, 500) if bench.quick else (100, 500, 2_000)
    found = [bench.run("branches", "in_turn", members=200, rounds=rounds) for rounds in sizes]
    for rounds, took in zip(sizes, found, strict=True):
        what = f"turn of 200 in a round, {200 * rounds:,} turns"
        bench.add(Row(what, took["cpu"], "CPU us", wall=took["wall"]))
    bench.add(Row("    the last row over the first", found[-1]["cpu"] / found[0]["cpu"], "", 1.2))
    bench.add(Row("    memory, a turn of the last row", found[-1]["mb"] * 1024 / (200 * sizes[-1]), "KB"))
