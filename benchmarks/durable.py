"""What a journal costs: a saved pause, a conversation that grows, and many runs that wait."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from .harness import Bench, Reading, Row
from .oversight import MESSAGES, _chat  # pyright: ignore[reportPrivateUsage]


class _Noted:
    """A journal that notes the CPU time at which a run was parked."""

    def __init__(self, journal: Any) -> None:
        self._journal, self.parked = journal, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, claim: Any, batch: Any) -> bool:
        done = self._journal.append(claim, batch)
        if batch.status == "waiting":
            self.parked = time.thread_time()
        return done


def ours_saved(count: int, synchronous: str) -> Reading:
    """Conversations one after another that are parked and gone on with; CPU us each, and KB stored by the pause."""
    from convagent import approve, enqueue
    from convagent.agents.durable import advance
    from convagent.journal import Inbox, SQLiteJournal

    pauses: list[float] = []
    resumed: list[float] = []
    sizes: list[float] = []
    whole: list[float] = []

    async def hold(journal: Any) -> None:
        user, bot, ran = _chat(gated=True)
        called = [0.0]
        noted = _Noted(journal)

        def note(event: Any) -> None:
            if event.type == "model_call_finished":
                called[0] = time.thread_time()

        for number in range(count):
            run = enqueue(journal, user, bot, message=f"begin {number}", max_turns=MESSAGES // 2, silent=True)
            (claim,) = journal.claim_ready(journal.heart.worker, {"user", "bot"}, 30.0)
            await advance(noted, claim, lambda: [user, bot], [note])  # type: ignore[arg-type]
            pauses.append(noted.parked - called[0])
            rows = journal.load(run).rows
            sizes.append(sum(len(row.key) + len(str(row.body)) for row in rows if row.key.startswith("20/")))
            whole.append(sum(len(row.key) + len(str(row.body)) for row in rows))
            Inbox(journal).decide(f"{run}:1", approve, by="ada")
            at = time.thread_time()
            (claim,) = journal.claim_ready(journal.heart.worker, {"user", "bot"}, 30.0)
            await advance(journal, claim, lambda: [user, bot])
            resumed.append(ran[-1] - at)

    with tempfile.TemporaryDirectory() as folder:
        journal = SQLiteJournal(Path(folder, "runs.db"), synchronous=synchronous)  # type: ignore[arg-type]
        asyncio.run(hold(journal))
        journal.close()
    return {
        "pause": median(pauses) * 1e6, "resume": median(resumed) * 1e6, "kb": median(sizes) / 1024,
        "whole": median(whole) / 1024,
    }  # fmt: skip


def bare_commit(count: int, synchronous: str) -> Reading:
    """One row of 2 KB committed to a bare SQLite in WAL mode; CPU and wall us."""
    cpu: list[float] = []
    wall: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(os.path.join(folder, "bare.db"), isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {synchronous}")
        db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, body TEXT)")
        for number in range(count):
            began, at = time.perf_counter(), time.thread_time()
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO t VALUES (?, ?)", (number, "x" * 2048))
            db.execute("COMMIT")
            cpu.append(time.thread_time() - at)
            wall.append(time.perf_counter() - began)
        db.close()
    return {"cpu": median(cpu) * 1e6, "wall": median(wall) * 1e6}


def measure(bench: Bench) -> None:
    """Add the rows of this file."""
    sides = {
        "ours": lambda: bench.run("durable", "ours_saved", count=100, synchronous="NORMAL"),
        "bare": lambda: bench.run("durable", "bare_commit", count=300, synchronous="NORMAL"),
    }
    took = bench.medians(sides)
    ours, bare = took["ours"], took["bare"]["cpu"]
    bench.add(Row("saved pause, NORMAL", ours["pause"], "CPU us", 200, bare=bare))
    bench.add(Row("saved resume, NORMAL, to the first line of the tool", ours["resume"], "CPU us", 150))
    bench.add(Row("stored by the pause", ours["kb"], "KB", 2.5))
