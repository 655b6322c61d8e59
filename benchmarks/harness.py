"""Runs measurements in turn and keeps what came out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

Reading = dict[str, float]
"""What one run of one side came to, by name."""


@dataclass(slots=True)
class Row:
    """One line of the table."""

    what: str
    ours: float
    unit: str
    goal: float | None = None
    """The most that `ours` (or `ratio`, where there is a `base`) may be."""
    classic: float | None = None
    bare: float | None = None
    cpu: float | None = None
    """Our user and system time, where `ours` is wall time."""
    wall: float | None = None
    """Our wall time, where `ours` is user and system time: work alone is compared so, on shared cores."""
    of: str = ""
    """`classic` or `bare`: the goal is a ratio to that side."""

    @property
    def ratio(self) -> float | None:
        """Ours over the side that it is compared with; the classic's, if the goal does not say."""
        base = self.bare if self.of == "bare" or self.classic is None else self.classic
        return self.ours / base if base else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None:
            return None
        value = self.ratio if self.of else self.ours
        return None if value is None else value <= self.goal


@dataclass(slots=True)
class Bench:
    """How to measure: how often, with which interpreters."""

    quick: bool
    classic: str | None
    """The interpreter that has the classic; None: it is left out."""
    rounds: int = 5
    """How often each side is run; sides take turns, so that a busy minute hits all."""
    rows: list[Row] = field(default_factory=list[Row])

    def run(self, module: str, side: str, **arguments: Any) -> Reading:
        """Run one side once, in a fresh interpreter."""
        python = self.classic if side.startswith("classic") else sys.executable
        command = [str(python), "-m", "benchmarks.child", module, side, json.dumps(arguments)]
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
        if done.returncode or not done.stdout:
            raise RuntimeError(f"{module}.{side}{arguments} failed:\n{done.stderr[-3000:]}")
        return json.loads(done.stdout)

    def medians(self, sides: Mapping[str, Callable[[], Reading]], rounds: int | None = None) -> dict[str, Reading]:
        """Run all sides in turn, several rounds, and return the median of every reading."""
        taken: dict[str, list[Reading]] = {name: [] for name in sides}
        for _ in range(rounds or self.rounds):
            for name, run in sides.items():
                taken[name].append(run())
        return {name: {key: median(r[key] for r in found) for key in found[0]} for name, found in taken.items()}

    def add(self, row: Row) -> None:
        """Keep a row and show it."""
        self.rows.append(row)
        print(line(row), flush=True)


def environment() -> dict[str, str]:
    """Return the environment of a child: no keys, no proxies, byte code kept, the same hashes every time."""
    unwanted = ("API_KEY", "PROXY", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not any(word in k.upper() for word in unwanted)}
    return {**kept, "PYTHONHASHSEED": "0", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}


# ---------------------------------------------------------------- the table

HEAD = ("measurement", "unit", "convagent", "wall", "CPU", "classic", "bare", "ratio", "goal", "")
_FORM = "| {:<58} | {:<6} | {:>9} | {:>7} | {:>7} | {:>9} | {:>7} | {:>6} | {:>6} | {:<6} |"


def line(row: Row) -> str:
    """Return a row of the table."""
    verdict = {None: "", True: "met", False: "missed"}[row.met]
    cells = (row.what, row.unit, *(_short(v) for v in (row.ours, row.wall, row.cpu, row.classic, row.bare, row.ratio)))
    goal = "" if row.goal is None else f"{'x' if row.of else ''}{row.goal:g}"
    return _FORM.format(*cells, goal, verdict)


def header() -> str:
    """Return the head of the table, as Markdown."""
    return _FORM.format(*HEAD) + "\n|" + "|".join(["---"] + ["---"] * (len(HEAD) - 1)) + "|"


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
