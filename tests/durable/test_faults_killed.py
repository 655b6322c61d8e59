"""Processes are killed at every moment that matters: no decision is lost, no unsafe effect doubled, no run stuck."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from convagent.journal import Inbox
from tests.durable.mortal import (
    NEVER,
    POINTS,
    REFUND,
    Death,
    Ledger,
    Person,
    Tally,
    decide_in,
    effect_of,
    ended,
    enqueue_in,
    kill_at_random,
    opened,
    run,
    start,
    tally,
    team,
    three,
    wait_for,
    work_in,
)
from tests.durable.places import Place, SQLitePlace
from tests.durable.teams import status

UNHARMED = Tally(tries=1)


@pytest.fixture(autouse=True)
def nobody_is_left() -> Iterator[None]:
    """Kill what a failed test has left, also what is frozen."""
    yield
    for process in active_children():
        process.kill()


def kill_at(place: Place, ledger: Ledger, death: Death, runs: str = "run") -> Tally:
    """Let one process of a run's life die at a moment, have others go on, and count what became of it."""
    journal, person, died = place.open(), Person(ledger), 0
    first = death if death.mark == "enqueue" else NEVER
    died += run(enqueue_in, place.target, ledger, runs, first) == -signal.SIGKILL
    enqueue_in(place.target, ledger, runs)
    for _ in range(6):
        place.change("UPDATE runs SET lease = 0 WHERE lease IS NOT NULL")  # of a worker that is dead
        if died:
            work_in(place.target, ledger)
        else:
            died += run(work_in, place.target, ledger, death) == -signal.SIGKILL
        if death.mark == "decision" and not died:
            (stored,) = Inbox(journal).pending()
            given = (place.target, stored.id, "approve", "ann", "d")
            died += run(decide_in, *given, death) == -signal.SIGKILL
            assert run(decide_in, *given) == int(death.after)
            person.acknowledged[stored.id, 0] = "d"
        elif died or death.mark in ("turn", "finish", "result", "effect", "intent"):
            person.answer(journal)
    assert died == 1, f"{death} never came"
    return tally(journal, [runs], person)


@pytest.mark.parametrize(("mark", "after"), POINTS)
def test_nothing_is_lost_when_a_process_is_killed(place: Place, tmp_path: Path, mark: str, after: bool) -> None:
    """Before and after each thing that is written, and inside a tool before and after what it does."""
    assert kill_at(place, Ledger(tmp_path / "ledger"), Death(mark, after)) == UNHARMED
    assert status(place.open()) == "done"


def test_nothing_is_lost_when_any_call_of_the_journal_is_the_last(file: SQLitePlace, tmp_path: Path) -> None:
    """A process is killed before and after each call by which it claims or writes, until it comes to its end."""
    for answered in (False, True):
        for after in (False, True):
            nth, code = 0, -signal.SIGKILL
            while code == -signal.SIGKILL:
                nth, name = nth + 1, f"{answered:d}{after:d}{nth + 1}"
                ledger = Ledger(tmp_path / f"ledger{name}")
                code = kill_at_call(file, ledger, Death("call", after, nth), name, answered)
            assert nth > 2


def kill_at_call(place: Place, ledger: Ledger, death: Death, name: str, answered: bool) -> int:
    """Let a worker die at its nth call, at first or after the answer; return how it ended."""
    with closing(opened(place.target)) as journal:
        person = Person(ledger)
        enqueue_in(place.target, ledger, name)
        if answered:
            work_in(place.target, ledger)
            person.answer(journal)
        code = run(work_in, place.target, ledger, death)
        finish(place, ledger, person, name)
        assert tally(journal, [name], person) == UNHARMED, (name, death)
    return code


def finish(place: Place, ledger: Ledger, person: Person, name: str) -> None:
    """Have others go on with what a dead process has left, a person answering."""
    with closing(opened(place.target)) as journal:
        for _ in range(5):
            place.change("UPDATE runs SET lease = 0 WHERE lease IS NOT NULL")
            work_in(place.target, ledger)
            person.answer(journal, name)


@pytest.mark.parametrize("done", [False, True])
def test_only_the_third_of_three_is_open_when_the_process_died_after_two(
    place: Place, tmp_path: Path, done: bool
) -> None:
    """What was kept of the two is not done again; the third is in doubt, and a person knows whether it was done."""
    ledger, gate, person = Ledger(tmp_path / "ledger"), tmp_path / "gate", Person(Ledger(tmp_path / "ledger"))
    journal = place.open()
    enqueue_in(place.target, ledger, "run")
    process = start(work_in, place.target, ledger, Death("third", done), partial(three, gate))
    wait_for(lambda: len(results(place)) == 2)
    gate.touch()
    assert ended(process) == -signal.SIGKILL
    assert sum(ledger.done().values()) == 2 + done
    place.change("UPDATE runs SET lease = 0 WHERE lease IS NOT NULL")
    work_in(place.target, ledger, NEVER, partial(three, gate))
    (doubtful,) = Inbox(journal).pending()
    assert effect_of(doubtful) == "run/2/tool/2/third"
    person.answer(journal)
    work_in(place.target, ledger, NEVER, partial(three, gate))
    assert tally(journal, ["run"], person, effects=3) == UNHARMED


def results(place: Place) -> list[str]:
    """Return the keys of the results of tools that are kept."""
    return [key for (key,) in place.look("SELECT key FROM events") if "tool/" in key and not key.endswith("!")]


# ---------------------------------------------------------------- frozen past its lease


@pytest.mark.parametrize(("mark", "after"), [("intent", False), ("effect", True), ("result", False), ("park", False)])
def test_frozen_process_writes_nothing_more_when_it_wakes(place: Place, tmp_path: Path, mark: str, after: bool) -> None:
    """It slept through its lease, and another has finished the run: what it still does is refused."""
    ledger = Ledger(tmp_path / "ledger")
    process, person = freeze(place, ledger, Death(mark, after, 1, signal.SIGSTOP, tmp_path / "frozen"))
    rows, journal = place.look("SELECT place, hash FROM events"), place.open()
    os.kill(process.pid or 0, signal.SIGCONT)
    assert ended(process) == 0
    assert place.look("SELECT place, hash FROM events") == rows
    assert tally(journal, ["run"], person, effects=1) == UNHARMED


def test_nothing_is_begun_when_its_intent_was_acknowledged_after_the_lease(place: Place, tmp_path: Path) -> None:
    """Meanwhile another process may go on, and a person have it done again: a process that stood still looks first."""
    ledger, lease = Ledger(tmp_path / "ledger"), 0.2
    process, person = freeze(place, ledger, Death("intent", True, 1, signal.SIGSTOP, tmp_path / "frozen"), lease)
    frozen = time.monotonic()
    wait_for(lambda: time.monotonic() > frozen + lease)
    os.kill(process.pid or 0, signal.SIGCONT)
    assert ended(process) == 0
    assert ledger.done() == {"run/2/tool/0/refund": 1}
    assert tally(place.open(), ["run"], person, effects=1) == UNHARMED


def test_hole_between_intent_and_effect_is_closed_by_the_key_of_the_call(place: Place, tmp_path: Path) -> None:
    """A process frozen in its tool does what a person meanwhile had done again: both times under the same key."""
    ledger = Ledger(tmp_path / "ledger")
    process, _ = freeze(place, ledger, Death("effect", False, 1, signal.SIGSTOP, tmp_path / "frozen"))
    rows = place.look("SELECT place, hash FROM events")
    assert ledger.done() == {"run/2/tool/0/refund": 1}
    os.kill(process.pid or 0, signal.SIGCONT)
    assert ended(process) == 0
    assert place.look("SELECT place, hash FROM events") == rows
    assert ledger.done() == {"run/2/tool/0/refund": 2}


def freeze(place: Place, ledger: Ledger, death: Death, lease: float | None = None) -> tuple[BaseProcess, Person]:
    """Freeze a process at a moment until another has taken its run over and finished it; return the frozen one."""
    assert death.note is not None
    person, one = Person(ledger), partial(team, script=REFUND)
    enqueue_in(place.target, ledger, "run")
    with closing(opened(place.target)) as journal:
        if death.mark != "park":
            work_in(place.target, ledger, NEVER, one)
            person.answer(journal)
        process = start(work_in, place.target, ledger, death, one, lease)
        wait_for(death.note.exists)
        try:
            place.change("UPDATE runs SET lease = 0 WHERE lease IS NOT NULL")  # it does not renew it
        except sqlite3.OperationalError:
            process.kill()
            pytest.skip("another thread of it was frozen in the middle of a transaction, which holds up all of SQLite")

        def finished() -> bool:
            work_in(place.target, ledger, NEVER, one)
            person.answer(journal)
            return status(journal) == "done"

        wait_for(finished)
    return process, person


# ---------------------------------------------------------------- at random


def test_nothing_is_lost_when_workers_are_killed_at_random(place: Place, tmp_path: Path) -> None:
    """Three workers share the runs; which is killed when is drawn by a seed. `make chaos` kills 500."""
    seed = int(os.environ.get("CHAOS_SEED", "7"))
    print(f"seed {seed}")
    found = kill_at_random(place, Ledger(tmp_path / "ledger"), seed, kills=12)
    assert (found.lost, found.doubled, found.stuck) == (0, 0, 0)


def test_paused_run_is_the_same_after_a_hundred_restarts(place: Place, tmp_path: Path) -> None:
    """Workers that start and end do not move it, and leave nothing behind."""
    ledger, journal = Ledger(tmp_path / "ledger"), place.open()
    person = Person(ledger)
    enqueue_in(place.target, ledger, "run")
    work_in(place.target, ledger)
    before = place.look("SELECT place, hash FROM events"), place.look("SELECT id, level, status, body FROM requests")
    for n in range(100):
        if n % 25:
            work_in(place.target, ledger)
        else:
            assert run(work_in, place.target, ledger) == 0
    assert (
        place.look("SELECT place, hash FROM events"),
        place.look("SELECT id, level, status, body FROM requests"),
    ) == before
    person.answer(journal)
    work_in(place.target, ledger)
    assert tally(journal, ["run"], person) == UNHARMED
