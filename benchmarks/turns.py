"""What a turn costs when nothing is waited for: two agents whose replies are made on the spot.

Mode NEVER, events on, the printer silenced, every text different. A turn is one reply.
"""

from __future__ import annotations

import asyncio
import math
from types import SimpleNamespace
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row

SIZES = (10, 100, 1_000, 10_000)
CLASSIC_SIZES = (10, 100, 300)
"""The classic recurses once a message, and ends in a RecursionError not far above."""


def ours(turns: int, kind: str, mode: str) -> Reading:
    """A chat of convagent; `kind` says who replies: a registered function, plain or async, or a scripted model."""
    from convagent import ConversableAgent, ScriptedModel

    def agent(name: str) -> ConversableAgent:
        script: Any = [f"{name} says {i}" for i in range(turns + 1)]
        model = ScriptedModel(script, record=False) if kind == "model" else False
        made = ConversableAgent(
            name, llm_config=model, human_input_mode="NEVER", max_consecutive_auto_reply=turns, silent=True
        )
        if kind != "model":
            replier(made, name, ConversableAgent, "async" if kind == "async function" else mode)
        return made

    return chat(agent, turns, mode)


def held(turns: int) -> Reading:
    """What a chat between two models keeps, after its end: both histories and both wire forms; bytes a message."""
    import gc
    import tracemalloc

    from convagent import ConversableAgent, ModelReply, ModelRequest

    class Fixed:
        label, offline_note = "fixed", ""

        async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
            return ModelReply({"role": "assistant", "content": f"{request.agent} says {request.turn}"})

    given: dict[str, Any] = {"llm_config": Fixed(), "human_input_mode": "NEVER", "max_consecutive_auto_reply": turns}
    one, other = ConversableAgent("one", **given), ConversableAgent("other", **given)

    async def hold() -> Reading:
        await one.a_initiate_chat(other, message="warm", max_turns=2, silent=True)
        gc.collect()
        tracemalloc.start()
        result = await one.a_initiate_chat(other, message="begin", max_turns=turns // 2, silent=True)
        peak = tracemalloc.get_traced_memory()[1]
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
        assert len(result.chat_history) == turns
        return {"peak": peak / turns, "kept": kept / turns}

    return asyncio.run(hold())


def classic(turns: int, kind: str, mode: str) -> Reading:
    """The same chat of the classic; its model is a client class of ours that answers at once."""
    import autogen

    class Stub:
        def __init__(self, config: dict[str, Any], **kwargs: Any) -> None:
            self.name, self.said = config["model"], 0

        def create(self, params: dict[str, Any]) -> Any:
            self.said += 1
            message = SimpleNamespace(content=f"{self.name} says {self.said}", function_call=None, tool_calls=None)
            return SimpleNamespace(choices=[SimpleNamespace(message=message)], model=self.name)

        def message_retrieval(self, response: Any) -> list[str]:
            return [choice.message.content for choice in response.choices]

        def cost(self, response: Any) -> float:
            return 0.0

        @staticmethod
        def get_usage(response: Any) -> dict[str, Any]:
            return {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": 0.0, "model": response.model}

    def agent(name: str) -> Any:
        entry = {"model": name, "model_client_cls": "Stub"}
        config = {"config_list": [entry], "cache_seed": None} if kind == "model" else False
        made = autogen.ConversableAgent(
            name, llm_config=config, human_input_mode="NEVER", max_consecutive_auto_reply=turns, silent=True
        )
        if kind == "model":
            made.register_model_client(Stub)
        else:
            replier(made, name, autogen.ConversableAgent, mode)
        return made

    return chat(agent, turns, mode)


def replier(agent: Any, name: str, kind: type[Any], mode: str) -> None:
    said = 0

    def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
        nonlocal said
        said += 1
        return True, f"{name} says {said}"

    async def a_reply(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
        return reply(recipient, messages, sender, config)

    agent.register_reply([kind, None], reply if mode == "sync" else a_reply)


def chat(agent: Any, turns: int, mode: str) -> Reading:
    # Small chats are repeated within the process, on new agents: the first one pays for imports.
    samples: list[tuple[float, float]] = []
    for _ in range(1 + max(2, min(20, 2_000 // turns))):
        one, other = agent("one"), agent("other")
        given: dict[str, Any] = {"message": "begin", "max_turns": turns // 2, "silent": True}
        if mode == "sync":
            with clock() as took:
                result = one.initiate_chat(other, **given)
        else:

            async def hold(one: Any = one, other: Any = other, given: Any = given) -> tuple[Any, Any]:
                with clock() as took:
                    result = await one.a_initiate_chat(other, **given)
                return took, result

            took, result = asyncio.run(hold())
        assert len(result.chat_history) == turns, len(result.chat_history)
        samples.append((took.wall / turns * 1e6, took.cpu / turns * 1e6))
    middle = sorted(samples[1:])[(len(samples) - 1) // 2]
    return {"wall": middle[0], "cpu": middle[1]}


def measure(bench: Bench) -> None:
    sizes = SIZES[:-1] if bench.quick else SIZES
    for mode, goal, kinds in (
        ("async", 15, ("function", "model")),
        ("sync", 22, ("async function", "function", "model")),
    ):
        for kind in kinds:
            sides: dict[str, Any] = {
                f"ours {n}": lambda n=n, k=kind, m=mode: bench.run("turns", "ours", turns=n, kind=k, mode=m)
                for n in sizes
            }
            if bench.classic and kind != "async function":
                for n in CLASSIC_SIZES:
                    sides[f"classic {n}"] = lambda n=n, k=kind, m=mode: bench.run(
                        "turns", "classic", turns=n, kind=k, mode=m
                    )
            took = bench.medians(sides)
            for n in sizes:
                found = took[f"ours {n}"]
                beside = took.get(f"classic {min(n, 300)}", {}).get("cpu")
                what = f"{mode} turn, {WHO[mode, kind]}, {n:,} turns"
                bench.add(Row(what, found["cpu"], "CPU us", goal if n >= 1_000 else None, beside, wall=found["wall"]))
            bench.add(Row("    exponent", exponent(took, sizes[-1]), "", 1.05))

    for n in (100, 1_000, 10_000):
        took = bench.run("turns", "held", turns=n)
        bench.add(Row(f"memory a message, {n:,} messages: at most", took["peak"], "bytes"))
        bench.add(Row("    after the chat", took["kept"], "bytes"))


WHO = {
    ("async", "function"): "async reply function",
    ("async", "model"): "scripted model",
    ("sync", "async function"): "async reply function",
    ("sync", "function"): "plain one, on the caller's thread",
    ("sync", "model"): "scripted model",
}


def exponent(took: dict[str, Reading], most: int) -> float:
    """Return how the whole chat grows with its length, from 100 turns on: 1 is linear."""
    short, long = took["ours 100"]["cpu"] * 100, took[f"ours {most}"]["cpu"] * most
    return math.log(long / short) / math.log(most / 100)
