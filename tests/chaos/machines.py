"""Workers of `convagent worker --engine dbos`, each as on a machine of its own, which die or freeze when told.

The product has no hooks for this. A process is told before it begins that it is another machine, so that nobody can see
from here whether it lives; that its lease and its sweep are short; at which call of the journal, or where in a tool,
something is to happen to it. It notes when it claims a run and when it lets go of it.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median
from typing import Any

from convagent import ConversableAgent, ToolContext, arg, ask, cli, tool, when
from convagent.journal import PostgresJournal
from convagent.journal.base import Journal
from convagent.testing import ScriptedModel
from tests.chaos.networks import Network, enter
from tests.durable.mortal import MARKS, NEVER, REFUNDS, Death, Ledger, Person, Tally, context, start, tally
from tests.durable.teams import call

LEASE, SWEEP = 2.0, 1.0
"""Seconds, in place of 15 and 5: what is counted is what comes after."""
PATIENCE = 120.0
"""Seconds in which everything is to come to its end when nothing is destroyed any more."""
FAILED = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
"""What DBOS calls workflows that have failed."""


@dataclass(frozen=True)
class Setting:
    """What a worker is."""

    target: str
    home: Path
    """Of the ledger, the diary and the logs."""
    number: int = 0
    death: Death = field(default_factory=lambda: NEVER)
    code: str = "good"
    """Which team it has: ``good``, ``old`` (an earlier version of the desk) or ``lacking`` (no desk)."""
    options: tuple[str, ...] = ()
    """More words of its command line."""
    network: str = ""
    """The space in which its network is; empty: that of everybody."""

    @property
    def ledger(self) -> Ledger:
        """What was done outside."""
        return Ledger(self.home / "ledger")

    @property
    def diary(self) -> Ledger:
        """Who claimed which run, and let go of it, when."""
        return Ledger(self.home / "diary")


# ---------------------------------------------------------------- in the worker


def serve(setting: Setting) -> None:
    """Be a worker until the process ends."""
    from convagent.engine import dbos
    from convagent.journal import worker

    if setting.network:
        enter(setting.network)
    log = os.open(setting.home / f"worker-{setting.number}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    worker._place = lambda _pid: f"machine{setting.number}"  # type: ignore[assignment]
    PostgresJournal.lease = LEASE
    (dbos.DbosEngine.__init__.__kwdefaults__ or {})["sweep"] = SWEEP
    for name in ("append", "claim_one"):
        setattr(PostgresJournal, name, _marked(name, getattr(PostgresJournal, name), setting))
    SETTINGS.append(setting)
    engine = ["--engine", "dbos", "--journal", setting.target]
    raise SystemExit(cli.main(["worker", "tests.chaos.machines:team", *engine, *setting.options]))


SETTINGS: list[Setting] = []
"""The one of this process."""


def _marked(name: str, method: Callable[..., Any], setting: Setting) -> Callable[..., Any]:
    death = setting.death
    if death.mark == "claim":
        fits = name == "claim_one"
    else:
        fits = death.mark in MARKS and name == "append"

    def called(journal: Any, *args: Any) -> Any:
        meant = fits and (death.mark == "claim" or MARKS[death.mark](name, args))
        if meant:
            death.reached(death.mark, False)
        result = method(journal, *args)
        if name == "claim_one" and result is not None:
            setting.diary.add("claim", run=result.run, at=time.time())
        if name == "append" and result and args[1].status not in (None, "running"):
            setting.diary.add("let go", run=args[0].run, at=time.time())
        if meant and result:
            death.reached(death.mark, True)
        return result

    return called


def team() -> list[ConversableAgent]:
    """Return a desk that pays, and its customer, as the setting of this process says."""
    (setting,) = SETTINGS
    return agents(setting.ledger, setting.death, setting.home, setting.code)


def agents(ledger: Ledger, death: Death = NEVER, home: Path = Path(), code: str = "good") -> list[ConversableAgent]:
    """Return a desk that pays, and its customer.

    Asked to ``pay`` it pays two, the second when a clerk has said so; else it pays the one who is named. ``slow`` is
    paid slowly, ``never`` once there is a gate.
    """

    def refund(customer: str, amount: float, ctx: ToolContext) -> str:
        """Pay."""
        while customer == "never" and not (home / "gate").exists():
            (home / "hanging").touch()
            time.sleep(0.05)
        time.sleep(0.3 if customer == "slow" else 0)
        death.reached("effect", False)
        ledger.add(ctx.idempotency_key, customer=customer)
        death.reached("effect", True)
        return f"{amount:g} paid to {customer}"

    customer = ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")
    if code == "lacking":
        return [customer]
    pay = tool(refund, approval=when(arg.amount > 100, ask("clerk")))
    version = {"good": "2", "old": "1"}[code]
    return [ConversableAgent("desk", llm_config=ScriptedModel(SCRIPT), tools=[pay], version=version), customer]


def _asked(request: Any) -> Any:
    said = request.messages[-1]["content"]
    return REFUNDS[0] if said == "pay" else [call("refund", customer=said, amount=40 if said == "never" else 250)]


SCRIPT = (_asked, "It is done.")


# ---------------------------------------------------------------- who looks after them


@dataclass
class Crew:
    """Workers that are there at the same time, and what became of those that were."""

    target: str
    home: Path
    options: tuple[str, ...] = ()
    network: Network | None = None
    """On which they reach the database, each on a machine of its own; None: they are where this process is."""
    processes: dict[int, BaseProcess] = field(default_factory=dict[int, BaseProcess])
    """By the number of the setting."""
    settings: dict[int, Setting] = field(default_factory=dict[int, Setting])
    deaths: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    """The pid, and when."""
    _numbers: Any = field(default_factory=count)

    def begin(self, death: Death = NEVER, code: str = "good", options: tuple[str, ...] | None = None) -> int:
        """Begin a worker; return its number."""
        number = next(self._numbers)
        target, space = self.target, ""
        if self.network is not None:
            target, space = self.network.seen_from_there(target), self.network.join(number)
        words = self.options if options is None else options
        setting = Setting(target, self.home, number, death, code, words, space)
        self.settings[number] = setting
        self.processes[number] = start(serve, setting)
        return number

    def kill(self, number: int) -> bool:
        """Kill a worker, or see that it has died; return whether that was by SIGKILL."""
        process, note = self.processes.pop(number), self.settings[number].death.note
        pid, at = process.pid or 0, time.time()
        if process.is_alive():
            os.kill(pid, signal.SIGKILL)
        elif note is not None and note.exists():
            at = note.stat().st_mtime
        process.join()
        self.deaths.append((pid, at))
        code = process.exitcode
        process.close()
        return code == -signal.SIGKILL

    def stop(self, number: int) -> int | None:
        """Tell a worker to stop, as a deploy does; return how it ended."""
        process = self.processes.pop(number)
        os.kill(process.pid or 0, signal.SIGTERM)
        end = time.monotonic() + PATIENCE
        while process.exitcode is None and time.monotonic() < end:
            with suppress(ProcessLookupError):
                os.kill(process.pid or 0, signal.SIGCONT)  # it may reach the point where it halts only now
            process.join(0.1)
        code = process.exitcode
        if code is None:
            process.kill()
            process.join()
        process.close()
        return code

    def end(self) -> None:
        """Kill whoever is left."""
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.join()
        self.processes.clear()

    def told(self) -> list[dict[str, Any]]:
        """Return what stands in the diary."""
        path = self.home / "diary"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def at_work(self) -> int:
        """Return how many of them have claimed a run."""
        return len({line["pid"] for line in self.told()} & {process.pid for process in self.processes.values()})

    def take_overs(self) -> list[float]:
        """Return how many seconds each run waited whose worker had died or frozen, until another one claimed it."""
        told = self.told()
        found: list[float] = []
        for pid, at in self.deaths:
            held: dict[str, bool] = {}
            for line in told:
                if line["pid"] == pid and line["at"] <= at:
                    held[line["run"]] = line["key"] == "claim"
            for run in (run for run, is_held in held.items() if is_held):
                later = [x["at"] for x in told if x["run"] == run and x["key"] == "claim" and x["at"] > at]
                if later:
                    found.append(min(later) - at)
        return found


@dataclass
class Outcome:
    """What a fault led to."""

    tally: Tally
    failed: int = 0
    """Workflows that DBOS takes for failed."""
    waits: Sequence[float] = ()
    """Seconds until another worker took over, or until what stood still went on."""

    @property
    def whole(self) -> bool:
        """Whether nothing was lost."""
        return self.tally == Tally(self.tally.tries) and not self.failed

    def cells(self) -> list[str]:
        """Return what stands in a row of the table."""
        found, waits = self.tally, sorted(self.waits)
        middle, most = (f"{median(waits):.1f}", f"{waits[-1]:.1f}") if waits else ("", "")
        return [*map(str, (found.tries, found.lost, found.doubled, found.stuck, self.failed)), middle, most]


def outcome(
    journal: Journal, crew: Crew, runs: Sequence[str], person: Person, tries: int, waits: Sequence[float] | None = None,
    effects: int = 2,
) -> Outcome:  # fmt: skip
    """Count what became of runs, and what DBOS noted."""
    import psycopg

    with psycopg.connect(crew.target) as connection:
        marks = ", ".join(f"'{status}'" for status in FAILED)
        rows = connection.execute(f"SELECT count(*) FROM dbos.workflow_status WHERE status IN ({marks})")
        (failed,) = rows.fetchone() or (0,)
    found = tally(journal, runs, person, effects=effects, tries=tries)
    return Outcome(found, failed, crew.take_overs() if waits is None else waits)


context.set_forkserver_preload(["tests.durable.mortal", "tests.chaos.machines", "convagent.engine.dbos"])
