"""What a speaker's turn costs in a group: four members in turn, whose replies are made on the spot.

Mode NEVER, events on, what is said not shown. A turn is one message of the group, its choice included.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row
from .turns import replier

SIZES = (100, 500, 2_000)


def ours(rounds: int, members: int, mode: str) -> Reading:
    """A group of convagent, by round robin."""
    import convagent

    return held(convagent, convagent.ConversableAgent, rounds, members, mode)


def classic(rounds: int, members: int, mode: str) -> Reading:
    """The same group of the classic."""
    import autogen

    return held(autogen, autogen.ConversableAgent, rounds, members, mode)


def held(ns: Any, kind: type[Any], rounds: int, members: int, mode: str) -> Reading:
    samples: list[tuple[float, float]] = []
    for _ in range(1 + max(2, min(10, 1_000 // rounds))):
        given: dict[str, Any] = {"llm_config": False, "human_input_mode": "NEVER", "silent": True}
        agents = [kind(f"a{i}", max_consecutive_auto_reply=rounds, **given) for i in range(members)]
        for agent in agents:
            replier(agent, agent.name, kind, mode)
        group = ns.GroupChat(agents=agents, messages=[], max_round=rounds, speaker_selection_method="round_robin")
        manager = ns.GroupChatManager(group, llm_config=False, silent=True)
        with contextlib.redirect_stdout(io.StringIO()):
            took = talk(agents[0], manager, mode)
        assert len(group.messages) == rounds, len(group.messages)
        samples.append((took.wall / rounds * 1e6, took.cpu / rounds * 1e6))
    middle = sorted(samples[1:])[(len(samples) - 1) // 2]
    return {"wall": middle[0], "cpu": middle[1]}


def talk(first: Any, manager: Any, mode: str) -> Any:
    if mode == "sync":
        with clock() as took:
            first.initiate_chat(manager, message="begin", silent=True)
        return took

    async def hold() -> Any:
        with clock() as took:
            await first.a_initiate_chat(manager, message="begin", silent=True)
        return took

    return asyncio.run(hold())


def measure(bench: Bench) -> None:
    for mode in ("async", "sync"):
        sides: dict[str, Any] = {}
        for n in SIZES:
            sides[f"ours {n}"] = lambda n=n, m=mode: bench.run("group", "ours", rounds=n, members=4, mode=m)
            if bench.classic:
                sides[f"classic {n}"] = lambda n=n, m=mode: bench.run("group", "classic", rounds=n, members=4, mode=m)
        took = bench.medians(sides)
        for n in SIZES:
            found, beside = took[f"ours {n}"], took.get(f"classic {n}", {}).get("cpu")
            goal = 20 if mode == "async" else None
            bench.add(
                Row(
                    f"{mode} turn in a group of 4, {n:,} rounds",
                    found["cpu"],
                    "CPU us",
                    goal,
                    beside,
                    wall=found["wall"],
                )
            )
        flat = took[f"ours {SIZES[-1]}"]["cpu"] / took[f"ours {SIZES[0]}"]["cpu"]
        bench.add(Row("    the last row over the first", flat, "", 1.2))
    took = bench.medians({"ours": lambda: bench.run("group", "ours", rounds=2_000, members=200, mode="async")}, 3)
    bench.add(
        Row("async turn in a group of 200, 2,000 rounds", took["ours"]["cpu"], "CPU us", wall=took["ours"]["wall"])
    )
