"""What is done to several workers that DBOS gives runs to, on one PostgreSQL."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from convagent.errors import JournalError, JournalUnavailable
from convagent.human import approve
from convagent.journal import Inbox
from convagent.journal.base import Journal
from tests.chaos import networks
from tests.chaos.machines import LEASE, PATIENCE, Crew, Outcome, agents, outcome
from tests.durable.mortal import NEVER, POINTS, Death, Ledger, Person, decide_in, ended, opened, start, wait_until
from tests.durable.outages import stopped
from tests.durable.places import PostgresPlace
from tests.durable.teams import begin

Fault = Callable[[PostgresPlace, Path], Outcome]
MOMENTS = [(mark, after) for mark, after in POINTS if mark not in ("enqueue", "decision")]
"""Where workers are killed and frozen; at the other ones it is people and web servers."""
AT_ONCE = 8
"""How many runs are under way while workers are destroyed."""


def faults(seed: int, scale: float) -> Iterator[tuple[str, str, Fault]]:
    """Yield each fault: what it is called, what it is, and what brings it about."""

    def many(number: int) -> int:
        return max(4, round(number * scale))

    yield "kills", f"kill -9 of one of four workers (seed {seed})", lambda p, h: kills(p, h, seed, many(200))
    yield "freezes", f"SIGSTOP for two leases, then SIGCONT (seed {seed})", lambda p, h: freezes(p, h, seed, many(51))
    yield "deciders", "kill -9 of who decides, who hands it in again", lambda p, h: deciders(p, h, many(20))
    yield "gone", "PostgreSQL stopped for 15 s: step, pause, decision", lambda p, h: gone(p, h, 15 * scale)
    yield "code", "two workers with other code beside one that is right", lambda p, h: other_code(p, h, many(40))
    yield "narrow", "a queue of size 1, 50 parked runs before each that is ready", lambda p, h: narrow(p, h, 50)
    yield "never", "an executor, and a tool, that never return", lambda p, h: never(p, h, many(30))
    yield "restarts", "2,000 parked runs, 20 rolling restarts", lambda p, h: restarts(p, h, many(2000), many(20))
    if not networks.absent():
        from tests.chaos.partitions import partitions

        what = f"two of three workers cut off the network, for up to 20 s (seed {seed})"
        yield "partitions", what, lambda p, h: partitions(p, h, seed, many(24))


# ---------------------------------------------------------------- runs, and who answers


@dataclass
class Clerk(Person):
    """A person who answers some questions at once, and others late."""

    late: float = 1.5
    """Seconds that every second run waits for its answer."""
    doubts: bool = True
    """Whether what is in doubt is answered, too: only where nobody is frozen can a person know."""
    _seen: dict[str, float] = field(default_factory=dict[str, float])

    def answer(self, journal: Journal, run: str = "") -> int:
        """Answer what is open and has stood long enough; return how many answers count."""
        counted = 0
        for stored in Inbox(journal).pending(run=run, limit=1000):
            in_doubt = stored.request.action is not None and stored.request.action.kind == "error"
            first = self._seen.setdefault(stored.id, time.monotonic())
            wait = self.late if len(self._seen) % 2 else 0.0
            if (in_doubt and not self.doubts) or time.monotonic() - first < wait:
                continue
            id = f"d{stored.id}/{stored.request.level}"
            receipt = Inbox(journal).decide(stored.id, self.decision(stored), by=self.name, decision_id=id)
            if receipt.status in ("accepted", "duplicate"):
                self.acknowledged[stored.id, stored.request.level] = id
                counted += 1
        return counted


@dataclass
class Site:
    """A journal, its workers, its runs, and a clerk."""

    journal: Journal
    crew: Crew
    clerk: Clerk
    runs: list[str] = field(default_factory=list[str])

    def begin(self, number: int = 1, message: str = "pay") -> list[str]:
        """Have runs kept."""
        new = [f"r{len(self.runs) + n}" for n in range(number)]
        for run in new:
            begin(self.journal, lambda: agents(self.crew_ledger), run, message)
        self.runs += new
        return new

    @property
    def crew_ledger(self) -> Ledger:
        """What was done outside."""
        return self.clerk.ledger

    def going(self, limit: int = 1000) -> int:
        """Return how many runs are not over."""
        return len(self.journal.runs(("ready", "running", "waiting", "blocked"), limit))

    def feed(self) -> None:
        """Keep runs under way, and answer."""
        self.begin(AT_ONCE - self.going(AT_ONCE))
        self.clerk.answer(self.journal)

    def finish(self) -> None:
        """Answer everything until every run is over, or it is plain that one never is."""

        def over() -> bool:
            self.clerk.answer(self.journal)
            return not self.going(1)

        self.clerk.doubts = True
        wait_until(over, PATIENCE)


@contextmanager
def laid_out(place: PostgresPlace, home: Path, *options: str, late: float = 1.5) -> Generator[Site]:
    """Lay a journal, an empty crew and a clerk out; who is left is killed at the end."""
    crew = Crew(place.target, home, options)
    with closing(opened(place.target)) as journal:
        try:
            yield Site(journal, crew, Clerk(Ledger(home / "ledger"), late=late))
        finally:
            crew.end()


# ---------------------------------------------------------------- workers that die


def kills(place: PostgresPlace, home: Path, seed: int, number: int) -> Outcome:
    """Kill one of four workers again and again: three times of four at a marked point, else at any moment."""
    luck = Random(seed)
    with laid_out(place, home) as site:
        crew, until = site.crew, dict[int, float]()

        def another() -> None:
            mark, after = luck.choice(MOMENTS)
            marked = luck.random() < 0.75
            note = home / f"dies-{len(crew.settings)}"
            begun = crew.begin(Death(mark, after, luck.choice((1, 1, 2)), note=note) if marked else NEVER)
            until[begun] = time.monotonic() + (10 if marked else 1.0 + luck.expovariate(1 / 2.0))

        for _ in range(4):
            another()
        killed = 0
        while killed < number:
            site.feed()
            for one, process in list(crew.processes.items()):
                if not process.is_alive() or time.monotonic() > until[one]:
                    assert crew.kill(one), f"worker {one} ended otherwise: {home}"
                    killed += 1
                    another()
            time.sleep(0.02)
        for _ in range(3):
            crew.begin()
        for one in list(until):
            if one in crew.processes:
                crew.kill(one)
        site.finish()
        return outcome(site.journal, crew, site.runs, site.clerk, killed)


def freezes(place: PostgresPlace, home: Path, seed: int, number: int) -> Outcome:
    """Freeze three of four workers at marked points for two leases; what is in doubt is answered when they have ended.

    Before they are told to end they go on for a while beside the others, as a machine does that has slept.
    """
    luck, frozen = Random(seed), 0
    with laid_out(place, home) as site:
        crew = site.crew
        crew.begin()
        while frozen < number:
            site.clerk.doubts = False
            notes = dict[int, Path]()
            for mark, after in luck.sample(MOMENTS, 3):
                note = home / f"freezes-{len(crew.settings)}"
                notes[crew.begin(Death(mark, after, 1, signal.SIGSTOP, note))] = note
            fed(site, lambda notes=notes: all(note.exists() for note in notes.values()), 20)
            for one in notes:
                pid = crew.processes[one].pid or 0
                os.kill(pid, signal.SIGSTOP)
                crew.deaths.append((pid, time.time()))
            fed(site, lambda: False, 2 * LEASE)
            for one in notes:
                os.kill(crew.processes[one].pid or 0, signal.SIGCONT)
            fed(site, lambda: False, 1.0)
            codes = [crew.stop(one) for one in notes]
            assert codes == [0] * len(codes), f"workers that had slept ended by {codes}: {home}"
            frozen += len(notes)
            site.clerk.doubts = True
            site.clerk.answer(site.journal)
        site.finish()
        return outcome(site.journal, crew, site.runs, site.clerk, frozen)


def fed(site: Site, is_so: Callable[[], bool], seconds: float) -> None:
    """Keep runs under way until something is so, or so many seconds have passed."""

    def so() -> bool:
        with suppress(JournalUnavailable):
            site.feed()
        return is_so()

    wait_until(so, seconds)


def deciders(place: PostgresPlace, home: Path, number: int) -> Outcome:
    """Kill whoever decides, before or after it counts; the same is handed in again."""
    with laid_out(place, home) as site:
        for _ in range(3):
            site.crew.begin()
        runs = site.begin(number)
        wait_until(lambda: len(site.journal.pending(limit=number)) == number)
        for order, run in enumerate(runs):
            request, id = f"{run}:1", f"d{run}:1/0"
            code = ended(
                start(decide_in, place.target, request, "approve", "ann", id, Death("decision", bool(order % 2)))
            )
            assert code == -signal.SIGKILL, code
            receipt = Inbox(site.journal).decide(request, approve, by="ann", decision_id=id)
            assert receipt.status == ("duplicate" if order % 2 else "accepted"), receipt
            site.clerk.acknowledged[request, 0] = id
        site.finish()
        return outcome(site.journal, site.crew, site.runs, site.clerk, number, ())


# ---------------------------------------------------------------- a database that is away


def gone(place: PostgresPlace, home: Path, seconds: float) -> Outcome:
    """Stop PostgreSQL at once while runs are in a step, about to park, and about to be answered."""
    waits: list[float] = []
    with laid_out(place, home, late=0.0) as site:
        for _ in range(3):
            site.crew.begin()
        wait_until(lambda: site.feed() or site.crew.at_work() == 3, PATIENCE)
        for moment in ("step", "pause", "decision"):
            site.begin(6, "slow")
            if moment == "pause":
                wait_until(lambda: bool(site.journal.runs(("running",), 1)))
            else:
                wait_until(lambda: len(site.journal.pending(limit=100)) >= 6)
            if moment == "step":
                site.clerk.answer(site.journal)
                wait_until(lambda: bool(site.journal.runs(("running",), 1)))
            with stopped(place):
                if moment == "decision":
                    with suppress(JournalUnavailable):
                        site.clerk.answer(site.journal)
                        raise AssertionError("a decision counted without a database")
                time.sleep(seconds)
            back = time.monotonic()
            wait_until(lambda: _reached(site.journal))
            site.finish()
            waits.append(time.monotonic() - back)
        alive = [process.is_alive() for process in site.crew.processes.values()]
        assert all(alive), f"a worker has ended because the database was away: {home}"
        return outcome(site.journal, site.crew, site.runs, site.clerk, 3, waits, effects=1)


def _reached(journal: Journal) -> bool:
    try:
        journal.runs(limit=1)
    except JournalError:
        return False
    return True


# ---------------------------------------------------------------- workers of another kind


def other_code(place: PostgresPlace, home: Path, number: int) -> Outcome:
    """Let workers without the desk, and with an older one, take segments; the right one is frozen, and killed."""
    waits: list[float] = []
    with laid_out(place, home, late=0.0) as site:
        crew = site.crew
        for code in ("lacking", "old"):
            crew.begin(code=code)
        for destroyed in ("nothing", "frozen", "killed"):
            good = crew.begin()
            site.begin(number // 4)
            if destroyed == "frozen":
                pid = crew.processes[good].pid or 0
                os.kill(pid, signal.SIGSTOP)
                _answered(site, 4 * LEASE)
                os.kill(pid, signal.SIGCONT)
            if destroyed == "killed":
                crew.kill(good)
                _answered(site, 4 * LEASE)
                good = crew.begin()
            began = time.monotonic()
            site.finish()
            waits.append(time.monotonic() - began)
            crew.stop(good)
        return outcome(site.journal, crew, site.runs, site.clerk, 3, waits)


def _answered(site: Site, seconds: float) -> None:
    def answered() -> bool:
        site.clerk.answer(site.journal)
        return False

    wait_until(answered, seconds)


def narrow(place: PostgresPlace, home: Path, parked: int) -> Outcome:
    """Let one run at a time be moved, over all workers; those that wait for a person are in nobody's way."""
    waits: list[float] = []
    with laid_out(place, home, "--slots", "1", "--concurrency", "1") as site:
        for _ in range(3):
            site.crew.begin()
        site.begin(parked)
        wait_until(lambda: len(site.journal.pending(limit=parked)) == parked, PATIENCE)
        for _ in range(5):
            began = time.monotonic()
            (ready,) = site.begin(1)
            wait_until(lambda ready=ready: bool(site.journal.pending(run=ready)))
            waits.append(time.monotonic() - began)
        site.finish()
        return outcome(site.journal, site.crew, site.runs, site.clerk, 5, waits)


def never(place: PostgresPlace, home: Path, number: int) -> Outcome:
    """Let a tool hang, and its process die with the one slot that all workers share; nothing else may wait for it."""
    with laid_out(place, home, "--slots", "4", "--concurrency", "4") as site:
        crew = site.crew
        for _ in range(3):
            crew.begin()
        (hanging,) = site.begin(1, "never")
        wait_until((home / "hanging").exists)
        others = site.begin(number, "slow")
        wait_until(lambda: _all_over(site, others), PATIENCE)
        stuck = sum(site.journal.load(run).info.status != "done" for run in others)
        holder = site.journal.load(hanging).info.worker
        for one in list(crew.processes):
            if f":{crew.processes[one].pid}:" in holder:
                crew.kill(one)
        wait_until(lambda: bool(site.journal.pending(run=hanging)), PATIENCE)
        (home / "gate").touch()
        site.finish()
        found = outcome(site.journal, crew, site.runs, site.clerk, 2, effects=1)
        found.tally.stuck += stuck
        return found


def _all_over(site: Site, runs: Sequence[str]) -> bool:
    site.clerk.answer(site.journal)
    return all(site.journal.load(run).info.status == "done" for run in runs)


def restarts(place: PostgresPlace, home: Path, parked: int, rounds: int) -> Outcome:
    """Replace every worker again and again while many runs wait and some are answered; nobody is killed."""
    codes: list[int | None] = []
    with laid_out(place, home, late=0.0) as site:
        crew = site.crew
        for _ in range(3):
            crew.begin()
        site.begin(parked)
        wait_until(lambda: not site.journal.runs(("ready", "running"), 1), 3 * PATIENCE)
        share = max(1, parked // (2 * rounds))
        for order in range(rounds):
            for one in list(crew.processes):
                crew.begin()
                for run in site.runs[order * share : (order + 1) * share : 3]:
                    site.clerk.answer(site.journal, run)
                codes.append(crew.stop(one))
        site.finish()
        assert set(codes) == {0}, f"workers that were told to stop ended by {codes}: {home}"
        return outcome(site.journal, crew, site.runs, site.clerk, rounds, ())


def nothing_was_bought() -> None:
    """See that no enterprise package is installed: none of this may need one.

    Raises:
        AssertionError: one is.
    """
    from importlib.metadata import distributions

    names = {str(found.metadata["Name"]).lower() for found in distributions()}
    bought = sorted(name for name in names if name.startswith("dbos") and name != "dbos")
    assert not bought, f"installed: {', '.join(bought)}"


def rows(seed: int, scale: float, only: str, database: Callable[[], Any]) -> Iterator[tuple[str, Outcome, float]]:
    """Bring every fault about, each on an empty database, and yield what it is, what it led to, and the seconds."""
    nothing_was_bought()
    for name, what, fault in faults(seed, scale):
        if only in ("", name):
            began = time.monotonic()
            with database() as (place, home):
                found = fault(place, home)
            yield what, found, time.monotonic() - began
