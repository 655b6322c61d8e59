"""What a journal costs: a saved pause, a conversation that grows, and many runs that wait."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from .harness import Bench, Reading, Row
from .oversight import MESSAGES, _chat  # pyright: ignore[reportPrivateUsage]


class _Noted:
    """A journal that notes when a run was parked: CPU time, and time on the wall."""

    def __init__(self, journal: Any) -> None:
        self._journal, self.parked = journal, (0.0, 0.0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, claim: Any, batch: Any) -> bool:
        done = self._journal.append(claim, batch)
        if batch.status == "waiting":
            self.parked = time.thread_time(), time.perf_counter()
        return done


_STORED = """
SELECT sum(length(e.key) + length(e.body) + length(e.salt) + length(e.hash)) + (
    SELECT length(q.id) + length(q.key) + length(q.body) FROM requests q WHERE q.run = e.run
) FROM events e JOIN runs r ON r.run = e.run WHERE r.id = ? AND e.key LIKE ?
"""
"""What stands in the tables of a run: of the rows with such keys, and of its one request."""


def ours_saved(count: int, synchronous: str) -> Reading:
    """Conversations one after another that are parked and gone on with; us each, and KB stored by the pause."""
    from convagent import approve, enqueue
    from convagent.agents.durable import advance
    from convagent.journal import Inbox, SQLiteJournal

    pauses: list[float] = []
    walls: list[float] = []
    resumed: list[float] = []
    sizes: list[float] = []
    whole: list[float] = []

    async def hold(journal: Any) -> None:
        user, bot, ran = _chat(gated=True)
        called = [0.0, 0.0]
        noted = _Noted(journal)

        def stored(run: str, keys: str) -> float:
            with closing(sqlite3.connect(journal.path)) as db:
                return db.execute(_STORED, (run, keys)).fetchone()[0]

        def note(event: Any) -> None:
            if event.type == "model_call_finished":
                called[:] = time.thread_time(), time.perf_counter()

        for number in range(count):
            run = enqueue(journal, user, bot, message=f"begin {number}", max_turns=MESSAGES // 2, silent=True)
            (claim,) = journal.claim_ready(journal.heart.worker, {"user", "bot"}, 30.0)
            await advance(noted, claim, lambda: [user, bot], [note])  # type: ignore[arg-type]
            pauses.append(noted.parked[0] - called[0])
            walls.append(noted.parked[1] - called[1])
            sizes.append(stored(run, f"{MESSAGES}/%"))
            whole.append(stored(run, "%"))
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
        "pause": median(pauses) * 1e6, "wall": median(walls) * 1e6, "resume": median(resumed) * 1e6,
        "kb": median(sizes) / 1024, "whole": median(whole) / 1024,
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


def ours_long(turns: int) -> Reading:
    """A conversation of many turns, kept: bytes a turn, and how long it takes to load it; ms."""
    from convagent import enqueue
    from convagent.agents.durable import advance
    from convagent.journal import SQLiteJournal

    user, bot, _ = _chat(gated=False)
    bot.llm_config = _talker()
    bot.update_max_consecutive_auto_reply(10**9)

    async def hold(journal: Any) -> str:
        run = enqueue(journal, user, bot, message="begin", max_turns=turns // 2, silent=True)
        (claim,) = journal.claim_ready(journal.heart.worker, {"user", "bot"}, 30.0)
        await advance(journal, claim, lambda: [user, bot])
        return run

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "runs.db")
        journal = SQLiteJournal(path, synchronous="NORMAL")
        run = asyncio.run(hold(journal))
        loads: list[float] = []
        for _ in range(5):
            began = time.perf_counter()
            journal.load(run)
            loads.append(time.perf_counter() - began)
        journal.close()
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = path.stat().st_size
    return {"bytes": size / turns, "load": median(loads) * 1e3}


def _talker() -> Any:
    from convagent import ScriptedModel

    return ScriptedModel(["an answer of some words, as they are"], cycle=True, record=False)


def ours_parked(count: int, journal: str = "", seconds: float = 5.0, decisions: int = 200) -> Reading:
    """Many runs that wait, and a worker: MB that they take, its share of a core, decision to the tool's first line."""
    from convagent import ScriptedModel, approve, enqueue
    from convagent.agents.durable import advance
    from convagent.engine import Worker
    from convagent.journal import Inbox, open_journal

    user, bot, _ = _chat(gated=True)
    bot.llm_config = ScriptedModel([[{"name": "pay", "arguments": {"amount": 5}}], "done"], cycle=True, record=False)
    ran: list[float] = []

    async def measured(where: Any) -> Reading:
        def segment(claim: Any) -> Any:
            return advance(where, claim, lambda: [user, bot], [note])

        def note(event: Any) -> None:
            if event.type == "execute_function":
                ran.append(time.perf_counter())

        runs = [enqueue(where, user, bot, message=f"begin {n}", max_turns=1, silent=True) for n in range(count)]
        worker = Worker(where, segment, {"user", "bot"}, slots=50)
        gc.collect()
        before = _rss()
        working = asyncio.ensure_future(worker.work())
        while where.runs(("ready", "running"), 1):  # noqa: ASYNC110 - nothing says so
            await asyncio.sleep(0.2)
        gc.collect()
        held, cpu, began = _rss() - before, time.process_time(), time.perf_counter()
        await asyncio.sleep(seconds)
        share = (time.process_time() - cpu) / (time.perf_counter() - began)
        inbox, waits = Inbox(where), []
        for run in runs[:decisions]:
            ran.clear()
            began = time.perf_counter()
            await asyncio.to_thread(inbox.decide, f"{run}:1", approve, by="ada")
            while not ran:  # noqa: ASYNC110 - so exactly is measured when it ran
                await asyncio.sleep(0.001)
            waits.append(ran[0] - began)
        worker.stop()
        await working
        slow = sorted(waits)[int(0.99 * len(waits))]
        return {"mb": held, "share": share * 100, "wake": median(waits) * 1e3, "slow": slow * 1e3}

    with tempfile.TemporaryDirectory() as folder:
        where = open_journal(journal or str(Path(folder, "runs.db")))
        try:
            return asyncio.run(measured(where))
        finally:
            where.close()


def _rss() -> float:
    """Return how many MB this process holds."""
    text = Path("/proc/self/statm").read_text(encoding="ascii")
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


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
    bench.add(Row("    with the conversation before it", ours["whole"], "KB"))
    full = {
        "ours": lambda: bench.run("durable", "ours_saved", count=60, synchronous="FULL"),
        "bare": lambda: bench.run("durable", "bare_commit", count=100, synchronous="FULL"),
    }
    took = bench.medians(full)
    ours, bare = took["ours"], took["bare"]
    bench.add(Row("saved pause, FULL", ours["wall"], "us", 1.3, cpu=ours["pause"], bare=bare["wall"], of="bare"))
    bench.add(Row("    its CPU, beside that of a bare commit", ours["pause"], "CPU us", bare=bare["cpu"]))
    long = bench.medians({str(n): lambda n=n: bench.run("durable", "ours_long", turns=n) for n in (200, 2_000)})
    few, many = long["200"], long["2000"]
    bench.add(Row("kept: a turn of 2,000", many["bytes"], "bytes", 1.1 * few["bytes"]))
    bench.add(Row("2,000 turns loaded", many["load"], "ms", 200))
    count = 1_000 if bench.quick else 10_000
    add_parked(bench, "SQLite", count, bench.run("durable", "ours_parked", count=count))


def add_parked(bench: Bench, where: str, count: int, parked: Reading) -> None:
    """Add the rows of many runs that wait."""
    bench.add(Row(f"{count:,} parked runs held by a worker, {where}", parked["mb"], "MB", 20))
    bench.add(Row(f"{count:,} parked runs, an idle worker, {where}", parked["share"], "% of a core", 1))
    bench.add(Row(f"decision to the tool's call, median, {where}", parked["wake"], "ms", 50))
    bench.add(Row(f"decision to the tool's call, p99, {where}", parked["slow"], "ms", 50))
