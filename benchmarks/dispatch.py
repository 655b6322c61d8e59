"""What workers on several machines reach that DBOS gives runs to, over a PostgreSQL that is started for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from .harness import ROOT, Bench, Reading, Row, environment
from .parked_rows import park

NOTES = "BENCH_NOTES"
"""Names the file in which a worker writes when a tool was called; by the environment."""
ELSEWHERE = "BENCH_ELSEWHERE"
"""Whether a worker is to be as on a machine of its own, so that nobody sees here that it has died."""
PATIENCE = 120.0
WORKER = """
import os, sys
from convagent import cli
from convagent.journal import worker
if os.environ.get("BENCH_ELSEWHERE"):
    worker._place = lambda pid: f"machine{pid}"
sys.exit(cli.main(sys.argv[1:]))
"""


def team() -> list[Any]:
    """Return a desk that has to ask before it pays, and its customer. A customer called ``hang`` is never paid."""
    from convagent import ConversableAgent, RuleModel, ask, tool

    def pay(customer: str) -> str:
        """Pay."""
        note = os.open(os.environ[NOTES], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(note, f"{time.time()} {os.getpid()}\n".encode())
        os.close(note)
        time.sleep(3600 if customer == "hang" else 0)
        return "paid"

    def rules(messages: Any) -> Any:
        last = messages[-1]
        called = [{"name": "pay", "arguments": {"customer": last["content"]}}]
        return "It is done." if last["role"] == "tool" else called

    gated = tool(pay, approval=ask("clerk"))
    desk = ConversableAgent("desk", llm_config=RuleModel(rules), tools=[gated], human_input_mode="NEVER")
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


# ---------------------------------------------------------------- processes


class Crew:
    """Workers over a journal, each a process of its own.

    Args:
        url: the journal.
        engine: which dispatches.
        number: how many.
        elsewhere: as on machines of their own.
        options: more words of their command lines.
    """

    def __init__(
        self, url: str, engine: str, number: int, *, elsewhere: bool = False, options: Sequence[str] = ()
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.notes = Path(self._folder.name, "notes")
        given = {**environment(), NOTES: str(self.notes), **({ELSEWHERE: "1"} if elsewhere else {})}
        command = ["worker", "benchmarks.dispatch:team", "--engine", engine, "--journal", url, "--quiet", *options]
        self.processes = [
            subprocess.Popen([sys.executable, "-c", WORKER, *command], cwd=ROOT, env=given) for _ in range(number)
        ]

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self._folder.cleanup()

    def signal(self, number: int) -> None:
        """Send every worker a signal."""
        for process in self.processes:
            process.send_signal(number)

    def cpu(self) -> float:
        """Return the seconds of CPU that they have taken."""
        return sum(_cpu(process.pid) for process in self.processes)

    def called(self) -> list[tuple[float, int]]:
        """Return when the tool was called, and in which process."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [(float(at), int(pid)) for at, pid in map(str.split, lines)]


def _cpu(pid: int, dead: bool = False) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:  # a connection that ended: what it took is its parent's now
        return 0.0
    return sum(map(int, fields[11 : 15 if dead else 13])) / os.sysconf("SC_CLK_TCK")


def _server_cpu(server: Any) -> float:
    """Return the seconds of CPU that a PostgreSQL has taken, with all its processes."""
    (pid,) = [int(p) for p in (server.home / "data" / "postmaster.pid").read_text().splitlines()[:1]]
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return _cpu(pid, dead=True) + sum(_cpu(int(child)) for child in children)


def _until(is_so: Callable[[], object], pause: float = 0.01) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise RuntimeError("it did not come to pass")
        time.sleep(pause)


@contextmanager
def _journal(url: str) -> Generator[Any]:
    from convagent.journal import PostgresJournal

    journal = PostgresJournal(url)
    try:
        yield journal
    finally:
        journal.close()


def _begin(journal: Any, number: int, message: str = "Ada") -> list[str]:
    from convagent import enqueue

    desk, customer = team()
    return [enqueue(journal, customer, desk, message=message, max_turns=1, silent=True) for _ in range(number)]


def _still(journal: Any) -> bool:
    return not journal.runs(("ready", "running"), 1)


def _warm(journal: Any, crew: Crew) -> None:
    """Wait until every worker has said that it is there, and a run was moved."""
    _begin(journal, 2)
    _until(lambda: len(journal.workers()) >= len(crew.processes) and _still(journal))
    time.sleep(2.0)


# ---------------------------------------------------------------- sides


def segments(server: Any, engine: str, workers: int, count: int) -> Reading:
    """Runs moved from their start to their pause: a second, and CPU ms of workers and of PostgreSQL each."""
    url = server.database()
    with _journal(url) as journal, Crew(url, engine, workers) as crew:
        _warm(journal, crew)
        crew.signal(signal.SIGSTOP)
        _begin(journal, count)
        before, there, began = crew.cpu(), _server_cpu(server), time.perf_counter()
        crew.signal(signal.SIGCONT)
        _until(lambda: _still(journal), 0.05)
        took = time.perf_counter() - began
        cpu, database = crew.cpu() - before, _server_cpu(server) - there
    return {
        "rate": count / took,
        "cpu": cpu / count * 1e3,
        "database": database / count * 1e3,
        "ms": took / count * 1e3,
    }


def decisions(
    server: Any, engine: str, parked: int, number: int, seconds: float, options: Sequence[str] = ()
) -> Reading:
    """Decision to the tool's call beside many that wait; then what an idle worker takes, and PostgreSQL for it."""
    from convagent import approve
    from convagent.journal import Inbox

    url = server.database()
    with _journal(url) as journal, Crew(url, engine, 2, options=options) as crew:
        _warm(journal, crew)
        runs = park(journal, team, parked)
        waits: list[float] = []
        for order, run in enumerate(runs[:number], 1):
            began = time.time()
            Inbox(journal).decide(f"{run}:1", approve, by="ada")
            _until(lambda order=order: len(crew.called()) >= order, 0.002)
            waits.append(crew.called()[order - 1][0] - began)
            time.sleep(order % 7 * 0.03)  # not in step with who polls
        _until(lambda: _still(journal))
        before, there, began = crew.cpu(), _server_cpu(server), time.perf_counter()
        time.sleep(seconds)
        took = time.perf_counter() - began
        idle = (crew.cpu() - before) / took / 2
        database = (_server_cpu(server) - there) / took
    slow = sorted(waits)[int(0.99 * len(waits))]
    return {"wake": median(waits) * 1e3, "slow": slow * 1e3, "idle": idle * 100, "database": database * 100}


def take_over(server: Any, elsewhere: bool) -> float:
    """Return the seconds from the death of a worker in a tool until another one has asked what became of it."""
    from convagent import approve
    from convagent.journal import Inbox

    url = server.database()
    with _journal(url) as journal, Crew(url, "dbos", 2, elsewhere=elsewhere) as crew:
        _warm(journal, crew)
        (run,) = _begin(journal, 1, "hang")
        _until(lambda: _still(journal))
        Inbox(journal).decide(f"{run}:1", approve, by="ada")
        _until(crew.called)
        os.kill(crew.called()[0][1], signal.SIGKILL)
        began = time.perf_counter()
        _until(lambda: journal.pending(run=run))
        return time.perf_counter() - began


def million(server: Any, count: int) -> Iterator[tuple[str, float, str]]:
    """Yield what, how much and of what unit, with so many runs that wait."""
    import psycopg

    from convagent import approve
    from convagent.journal import Inbox
    from convagent.journal.dispatch import Dispatch, Target

    url = server.database()
    with _journal(url) as journal:
        began = time.perf_counter()
        runs = park(journal, team, count, due=1000)
        yield "    written by COPY", time.perf_counter() - began, "s"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        yield "    on the disk, each", (size or (0,))[0] / count / 1024, "KB"
        inbox, dispatch = Inbox(journal), Dispatch(journal, Target())
        middle = inbox.pending(limit=1, after=f"{runs[count // 2]}:1")[0].id
        calls: dict[str, Callable[[], object]] = {
            "the inbox, first page of 50": lambda: inbox.pending(limit=50),
            "the inbox, first page of 50, of one role": lambda: inbox.pending(role="clerk", limit=50),
            "the inbox, a page of 50 in the middle": lambda: inbox.pending(limit=50, after=middle),
            "runs, first page of 100": lambda: journal.runs(limit=100),
            "runs that wait, first page of 100": lambda: journal.runs(("waiting",), limit=100),
            "runs that are blocked (none)": lambda: journal.runs(("blocked",), limit=100),
            "counts, for /metrics": journal.counts,
            "sweep: what can go on (none)": lambda: dispatch.startable(5.0),
            "local engine: claim (none)": lambda: journal.claim_ready("w", {"desk", "customer"}, 15.0, 10),
            "expire, none due": journal.expire,
        }
        for what, call in calls.items():
            yield f"    {what}", _timed(call), "ms"
        answered = iter(runs[1000:])
        yield "    decide", _timed(lambda: inbox.decide(f"{next(answered)}:1", approve, by="ada"), 50), "ms"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE convagent.requests SET due = 1 WHERE due < 1e17")
        began = time.perf_counter()
        expired = 0
        while found := journal.expire():
            expired += len(found)
        yield f"    expire, each of {expired:,}", (time.perf_counter() - began) / max(1, expired) * 1e3, "ms"


def _timed(call: Callable[[], object], times: int = 5) -> float:
    taken: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return median(taken) * 1e3


# ---------------------------------------------------------------- rows


def measure(bench: Bench) -> None:
    """Add the rows of this file; none where PostgreSQL or DBOS is missing."""
    from tests.durable.postgres import Server, absent

    if find_spec("dbos") is None:
        print("(many machines are not measured: pip install 'convagent[dbos]')", flush=True)
        return
    if missing := absent():
        print(f"(many machines are not measured: {missing})", flush=True)
        return
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        _add_segments(bench, server)
        _add_decisions(bench, server)
        for elsewhere in (False, True):
            where = "another machine" if elsewhere else "the same machine"
            took = median(take_over(server, elsewhere) for _ in range(1 if bench.quick else 3))
            bench.add(Row(f"taken over from a worker that died, {where}", took, "s"))
        count = 20_000 if bench.quick else 1_000_000
        print(f"(with {count:,} parked runs)", flush=True)
        for what, much, unit in million(server, count):
            bench.add(Row(what, much, unit))


def _add_segments(bench: Bench, server: Any) -> None:
    count = 200 if bench.quick else 1000
    sides = {
        f"{engine} {workers}": lambda engine=engine, workers=workers: segments(server, engine, workers, count)
        for engine in ("local", "dbos")
        for workers in (1, 2, 4)
    }
    took = bench.medians(sides, 1 if bench.quick else 3)
    for workers in (1, 2, 4):
        ours, local = took[f"dbos {workers}"], took[f"local {workers}"]
        many = f"{workers} worker{'s' if workers > 1 else ''}"
        bench.add(Row(f"segments a second, {many}", ours["rate"], "1/s", bare=local["rate"], of="bare"))
        bench.add(Row("    a segment", ours["ms"], "ms", bare=local["ms"], of="bare", cpu=ours["cpu"]))
        bench.add(Row("    CPU of the workers", ours["cpu"], "ms", bare=local["cpu"], of="bare"))
        bench.add(Row("    CPU of PostgreSQL", ours["database"], "ms", bare=local["database"], of="bare"))


def _add_decisions(bench: Bench, server: Any) -> None:
    for parked in (500,) if bench.quick else (2_000, 10_000):
        number, seconds = (20, 5.0) if bench.quick else (200, 20.0)
        ours = decisions(server, "dbos", parked, number, seconds)
        local = decisions(server, "local", parked, number, seconds)
        beside = f"{parked:,} parked"
        bench.add(Row(f"decision to the tool's call, median, {beside}", ours["wake"], "ms", bare=local["wake"]))
        bench.add(Row("    p99", ours["slow"], "ms", bare=local["slow"]))
        bench.add(Row("    an idle worker then", ours["idle"], "% of a core", bare=local["idle"]))
        bench.add(Row("    PostgreSQL, for two idle workers", ours["database"], "% of a core", bare=local["database"]))
