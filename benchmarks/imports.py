"""How long it takes until two agents stand, in a fresh interpreter, and how much memory that takes."""

from __future__ import annotations

import os
import sys
import time

from .harness import ROOT, Bench, Reading, Row, environment

AGENTS = (
    "from {0} import ConversableAgent, LLMConfig\n"
    "a = ConversableAgent('a', llm_config=False, human_input_mode='NEVER')\n"
    "b = ConversableAgent('b', llm_config=False, human_input_mode='NEVER')\n"
)
WITH_MODEL = (
    "from {0} import ConversableAgent, LLMConfig\n"
    "c = LLMConfig({{'api_type': 'openai', 'model': 'gpt-4o-mini', 'api_key': 'sk-' + 48 * 'x'}})\n"
    "a = ConversableAgent('a', llm_config=c, human_input_mode='NEVER')\n"
    "b = ConversableAgent('b', llm_config=c, human_input_mode='NEVER')\n"
)


def start(python: str, program: str) -> Reading:
    """Run a program from start to end: ms of wall and CPU time, MB at its largest."""
    began = time.perf_counter()
    child = os.posix_spawn(python, [python, "-c", program], {**environment(), "PYTHONPATH": str(ROOT)})
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{python} -c {program!r} ended with {status}")
    return {"wall": wall * 1e3, "cpu": (usage.ru_utime + usage.ru_stime) * 1e3, "mb": usage.ru_maxrss / 1024}


def measure(bench: Bench) -> None:
    ours, classic = sys.executable, bench.classic
    programs = {
        "empty": (ours, "pass"),
        "face": (ours, "import convagent"),
        "agents": (ours, AGENTS.format("convagent")),
        "model": (ours, WITH_MODEL.format("convagent")),
    }
    if classic:
        programs["classic"] = (classic, AGENTS.format("autogen"))
        programs["classic model"] = (classic, WITH_MODEL.format("autogen"))
    for python, program in programs.values():
        start(python, program)  # writes the byte code
    took = bench.medians({k: lambda p=p: start(*p) for k, p in programs.items()})
    old, old_model = took.get("classic", {}), took.get("classic model", {})
    bare = took["empty"]["wall"]
    bench.add(Row("`import convagent`, over an empty interpreter", took["face"]["wall"] - bare, "ms", 40))
    agents, model = took["agents"], took["model"]
    bench.add(
        Row(
            "two agents made, from start to exit",
            agents["wall"],
            "ms",
            0.15,
            old.get("wall"),
            cpu=agents["cpu"],
            of="classic",
        )
    )
    bench.add(Row("    memory", agents["mb"], "MB", 30, old.get("mb")))
    bench.add(
        Row("the same with an LLMConfig made", model["wall"], "ms", None, old_model.get("wall"), cpu=model["cpu"])
    )
    bench.add(Row("    memory", model["mb"], "MB", None, old_model.get("mb")))
