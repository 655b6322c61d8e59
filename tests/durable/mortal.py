"""Processes that end, or freeze, at a chosen moment; what their tools leave behind; a person who tells the truth.

The product has no hooks for this: a process is given a journal that kills it before or after the call that matches a
mark, and tools that do so inside their body.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from threading import get_ident
from typing import Any

from convagent import ConversableAgent, ToolContext, approve, arg, ask, respond, tool, when
from convagent.agents.durable import advance
from convagent.engine import Worker
from convagent.errors import JournalError, JournalUnavailable
from convagent.human import Decision, try_again
from convagent.journal import Inbox, PostgresJournal, SQLiteJournal
from convagent.journal.base import Journal, StoredRequest
from convagent.testing import ScriptedModel
from tests.durable.places import Place
from tests.durable.teams import begin, call

LEASE = 2.0
"""Seconds: that of a worker which may be killed."""
PATIENCE = 45.0
"""Seconds that a process may take: only a fault takes so long."""

# ---------------------------------------------------------------- when a process dies

Mark = Callable[[str, tuple[Any, ...]], bool]


def _rows(method: str, args: tuple[Any, ...], fits: Callable[[str], bool]) -> bool:
    return method == "append" and any(fits(row.key) for row in args[1].rows)


MARKS: Mapping[str, Mark] = {
    "enqueue": lambda method, args: method == "begin",
    "claim": lambda method, args: method == "claim_ready",
    "intent": lambda method, args: _rows(method, args, lambda key: key.endswith("!")),
    "result": lambda method, args: _rows(method, args, lambda key: "/tool/" in f"/{key}" and not key.endswith("!")),
    "ask": lambda method, args: method == "append" and bool(args[1].requests),
    "park": lambda method, args: method == "append" and args[1].status == "waiting",
    "turn": lambda method, args: method == "append" and bool(args[1].turns),
    "finish": lambda method, args: method == "append" and args[1].status == "done",
    "decision": lambda method, args: method == "settle",
    "call": lambda method, args: method in ("append", "claim_ready"),
}
"""By name: which calls of a journal are meant."""
POINTS = [(mark, after) for mark in (*MARKS, "effect") if mark != "call" for after in (False, True)]
"""Where processes are killed: at each mark, and inside a tool, before or after what it does."""


@dataclass
class Death:
    """The end of a process at a mark, or its being frozen there."""

    mark: str
    after: bool = False
    nth: int = 1
    """The how-manieth time the mark is reached."""
    signal: int = signal.SIGKILL
    note: Path | None = None
    """Where it says that it is about to happen."""

    def reached(self, mark: str, after: bool) -> None:
        """Be told that the process is at a mark, before or after what it stands for."""
        if (mark, after) != (self.mark, self.after):
            return
        self.nth -= 1
        if self.nth == 0:
            if self.note is not None:
                self.note.touch()
            signal.pthread_kill(get_ident(), self.signal)  # this thread is to go no further, whichever others do


NEVER = Death("")


class Mortal:
    """A journal that ends its process before or after the call that matches a mark."""

    def __init__(self, journal: Journal, death: Death) -> None:
        self._journal, self._death = journal, death

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._journal, name)
        fits = MARKS.get(self._death.mark)
        if fits is None or not callable(found):
            return found

        def called(*args: Any, **more: Any) -> Any:
            meant = fits(name, args)
            if meant:
                self._death.reached(self._death.mark, False)
            result = found(*args, **more)
            if meant and (result or name != "claim_ready"):
                self._death.reached(self._death.mark, True)
            return result

        return called


# ---------------------------------------------------------------- what is done outside, once and for all


@dataclass
class Ledger:
    """What was done in the world, one line for each time; what stands in it is on the disk."""

    path: Path

    def add(self, key: str, **more: Any) -> None:
        """Do the effect."""
        line = json.dumps({"key": key, "pid": os.getpid(), **more}) + "\n"
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, line.encode())
            os.fsync(file)
        finally:
            os.close(file)

    def done(self) -> Counter[str]:
        """Return how often each effect was done."""
        if not self.path.exists():
            return Counter()
        return Counter(json.loads(line)["key"] for line in self.path.read_text().splitlines())


# ---------------------------------------------------------------- the team

REFUNDS = ([call("refund", customer="Ada", amount=40), call("refund", customer="Bob", amount=250)], "Both are done.")
"""One that needs nobody, and one that a person has to approve."""


REFUND = ([call("refund", customer="Bob", amount=250)], "It is done.")


def team(ledger: Ledger, death: Death = NEVER, script: Sequence[Any] = REFUNDS, **more: Any) -> list[ConversableAgent]:
    """Return a desk whose tool is unsafe and dies where it is told to, and its customer."""

    def refund(customer: str, amount: float, ctx: ToolContext) -> str:
        """Pay."""
        death.reached("effect", False)
        ledger.add(ctx.idempotency_key, customer=customer)
        death.reached("effect", True)
        return f"{amount:g} paid to {customer}"

    pay = tool(refund, approval=when(arg.amount > 100, ask("clerk")), **more)
    desk = ConversableAgent("desk", llm_config=ScriptedModel(list(script)), tools=[pay])
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


def three(gate: Path, ledger: Ledger, death: Death = NEVER) -> list[ConversableAgent]:
    """Return a desk that pays three at once; the third dies where it is told to, once the gate is open."""

    def third(customer: str, ctx: ToolContext) -> str:
        """Pay when the others have."""
        wait_for(gate.exists)
        death.reached("third", False)
        ledger.add(ctx.idempotency_key)
        death.reached("third", True)
        return "paid"

    def other(customer: str, ctx: ToolContext) -> str:
        """Pay."""
        ledger.add(ctx.idempotency_key)
        return "paid"

    script = ([call("first", customer="A"), call("second", customer="B"), call("third", customer="C")], "All done.")
    tools = [tool(other, name="first"), tool(other, name="second"), tool(third)]
    desk = ConversableAgent("desk", llm_config=ScriptedModel(list(script)), tools=tools)
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


Team = Callable[[Ledger, Death], list[ConversableAgent]]

# ---------------------------------------------------------------- processes

context = multiprocessing.get_context("forkserver")  # each process is a fork of one that has imported everything
context.set_forkserver_preload(["tests.durable.mortal"])


def opened(target: str, lease: float | None = None) -> Journal:
    """Open a journal as a process of its own does."""
    journal: Any = PostgresJournal(target) if "://" in target else SQLiteJournal(target, synchronous="NORMAL")
    if lease is not None:
        journal.lease = lease
    return journal


def start(what: Callable[..., object], *args: Any) -> BaseProcess:
    """Begin a function in a process of its own."""
    process = context.Process(target=what, args=args, daemon=True)
    process.start()
    return process


def run(what: Callable[..., object], *args: Any) -> int:
    """Run a function in a process of its own, to its end; return how it ended: -9 is SIGKILL."""
    return ended(start(what, *args))


def ended(process: BaseProcess) -> int:
    """Wait for the end of a process; return how it ended."""
    process.join(PATIENCE)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    assert code is not None, "the process did not come to its end"
    process.close()
    return code


def enqueue_in(target: str, ledger: Ledger, run: str, death: Death = NEVER) -> None:
    """Have a run kept, as a web request does that may be repeated."""
    with closing(opened(target)) as journal:
        mortal: Any = Mortal(journal, death)
        with suppress(JournalError):  # it is there already
            begin(mortal, lambda: team(ledger), run)


def work_in(target: str, ledger: Ledger, death: Death = NEVER, make: Team = team, lease: float | None = None) -> None:
    """Move every run on until none can go on by itself."""
    with closing(opened(target, lease)) as journal:
        mortal: Any = Mortal(journal, death)
        asyncio.run(worker(mortal, lambda: make(ledger, death)).work(once=True))


def work_on_in(target: str, ledger: Ledger, lease: float, make: Team = team) -> None:
    """Move runs on until the process is killed."""
    with closing(opened(target, lease)) as journal:
        asyncio.run(worker(journal, lambda: make(ledger, NEVER)).work())


def decide_in(target: str, request: str, verb: str, by: str, decision_id: str, death: Death = NEVER) -> None:
    """Answer, as a web server does; exits with 0 if the answer counts, 1 if it is the same once more, else 2."""
    with closing(opened(target)) as journal:
        mortal: Any = Mortal(journal, death)
        receipt = Inbox(mortal).decide(request, verb, by=by, decision_id=decision_id)
    raise SystemExit({"accepted": 0, "duplicate": 1}.get(receipt.status, 2))


def worker(journal: Journal, agents: Callable[[], list[ConversableAgent]]) -> Worker:
    """Return a worker of a team."""
    return Worker(journal, lambda claim: advance(journal, claim, agents), {"desk", "customer"})


def wait_for(what: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until something is true, which it has to be at last."""
    assert wait_until(what, patience), "it did not come to pass"


def wait_until(what: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Wait until something is true; return whether it became so in time."""
    end = time.monotonic() + patience
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


# ---------------------------------------------------------------- a person


@dataclass
class Person:
    """Answers what is asked: approves what is to be done, and says of what is in doubt what the ledger says."""

    ledger: Ledger
    name: str = "ann"
    acknowledged: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    """By request and level: the id of the decision that was acknowledged."""

    def answer(self, journal: Journal, run: str = "") -> int:
        """Answer everything that is open; return how many answers count."""
        counted = 0
        for stored in Inbox(journal).pending(run=run, limit=1000):
            id = f"d{stored.id}/{stored.request.level}"
            status = Inbox(journal).decide(stored.id, self.decision(stored), by=self.name, decision_id=id).status
            if status in ("accepted", "duplicate"):
                self.acknowledged[stored.id, stored.request.level] = id
                counted += 1
        return counted

    def patient(self, journal: Journal) -> int:
        """Answer everything that is open, waiting while the file is locked."""
        while True:
            try:
                return self.answer(journal)
            except JournalUnavailable:
                time.sleep(0.01)

    def decision(self, stored: StoredRequest) -> Decision:
        """Return what a person would say who knows what was done."""
        action = stored.request.action
        if action is None or action.kind != "error":
            return approve
        was_done = effect_of(stored) in self.ledger.done()
        return respond("it was paid") if was_done else try_again

    def lost(self, journal: Journal) -> list[str]:
        """Return the decisions that were acknowledged and do not stand."""
        stored = {id: journal.request(id) for id, _ in self.acknowledged}
        return [
            decision
            for (id, _), decision in self.acknowledged.items()
            if (found := stored[id]) is None or found.decision_id != decision or found.status != "answered"
        ]


def effect_of(stored: StoredRequest) -> str:
    """Return the key of the effect that a request is about."""
    action = stored.request.action
    assert action is not None
    return f"{action.run_id}/{action.turn}/tool/{action.position}/{action.name}"


# ---------------------------------------------------------------- what became of it


@dataclass
class Tally:
    """What a fault led to."""

    tries: int = 0
    lost: int = 0
    """Decisions that were acknowledged and do not stand, or were not carried out."""
    doubled: int = 0
    """Unsafe effects that were done more than once, nobody having said so."""
    stuck: int = 0
    """Runs that did not come to their end although everything was answered."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.tries + other.tries, self.lost + other.lost, self.doubled + other.doubled, self.stuck + other.stuck
        )


def tally(journal: Journal, runs: Sequence[str], person: Person, effects: int = 2, tries: int = 1) -> Tally:
    """Count what became of runs, each of which was to have so many effects."""
    done = person.ledger.done()
    stuck = [run for run in runs if journal.load(run).info.status != "done"]
    missing = sum(max(0, effects - len({key for key in done if key.startswith(f"{run}/")})) for run in runs)
    doubled = sum(count - 1 for count in done.values())
    return Tally(tries, len(person.lost(journal)) + missing, doubled, len(stuck))


def kill_at_random(place: Place, ledger: Ledger, seed: int, kills: int, workers: int = 3, at_once: int = 8) -> Tally:
    """Kill one of several workers again and again, at moments drawn by a seed, while a person answers.

    New runs come as long as workers are killed; then everything is to come to its end.
    """
    luck, person, runs = Random(seed), Person(ledger), list[str]()
    crew = [start(work_on_in, place.target, ledger, LEASE) for _ in range(workers)]
    with closing(opened(place.target)) as journal:

        def moved() -> bool:
            going = len(journal.runs(("ready", "running", "waiting", "blocked"), at_once))
            for _ in range(at_once - going if kills else 0):
                runs.append(f"r{len(runs)}")
                enqueue_in(place.target, ledger, runs[-1])
            person.patient(journal)
            return not going

        try:
            tries = kills
            while kills:
                moved()
                time.sleep(luck.expovariate(1 / 0.06))
                victim = luck.randrange(workers)
                os.kill(crew[victim].pid or 0, signal.SIGKILL)
                assert ended(crew[victim]) == -signal.SIGKILL
                crew[victim] = start(work_on_in, place.target, ledger, LEASE)
                kills -= 1
            wait_until(moved)
            return tally(journal, runs, person, tries=tries)
        finally:
            for process in crew:
                process.kill()
                ended(process)
