"""Workers that die, freeze, know other code, or lose the database: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from multiprocessing import active_children
from pathlib import Path

import pytest

from convagent.errors import JournalUnavailable
from convagent.journal import Inbox
from tests.durable.mortal import REFUND, Ledger, Person, Tally, enqueue_in, opened, start, tally, team, wait_for
from tests.durable.outages import stopped
from tests.durable.places import PostgresPlace
from tests.durable.postgres import Server
from tests.durable.teams import status
from tests.engine.machines import at_gate, crew, failed, freezing, pid_in, there, work_on_in

pytest.importorskip("dbos")
UNHARMED = Tally(tries=1)


@pytest.fixture(autouse=True)
def nobody_is_left() -> Iterator[None]:
    """Kill every worker at the end, also one that is frozen."""
    yield
    for process in active_children():
        process.kill()
        process.join()


@pytest.fixture
def place(postgres: Server) -> Iterator[PostgresPlace]:
    with PostgresPlace(postgres) as found:
        found.change("DROP SCHEMA IF EXISTS dbos CASCADE")
        yield found


def test_run_goes_on_elsewhere_when_its_worker_was_killed_in_a_tool(place: PostgresPlace, tmp_path: Path) -> None:
    """What the tool did is in doubt: a person is asked by the other worker, and it is done once.

    DBOS counts what the dead one moved as running for ever: the other one ends that, and its slot is free.
    """
    ledger, gate, note = Ledger(tmp_path / "ledger"), tmp_path / "gate", tmp_path / "note"
    person, journal = Person(ledger), place.open()
    workers = crew(place, ledger, partial(at_gate, gate, note))
    enqueue_in(place.target, ledger, "run")
    wait_for(lambda: person.answer(journal))
    victim = pid_in(note)
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: Inbox(journal).pending())
    (doubtful,) = Inbox(journal).pending()
    assert doubtful.request.action is not None
    assert doubtful.request.action.kind == "error"
    gate.touch()
    wait_for(lambda: person.answer(journal) == 0 and status(journal) == "done")
    assert tally(journal, ["run"], person, effects=1) == UNHARMED
    of_the_dead = f"FROM dbos.workflow_status WHERE executor_id LIKE '%:{victim}:%' AND status <> 'SUCCESS'"
    wait_for(lambda: place.look(f"SELECT status {of_the_dead}") == [("CANCELLED",)])
    assert failed(place) == []
    assert sum(worker.is_alive() for worker in workers) == 1


def test_frozen_worker_writes_nothing_when_it_wakes(place: PostgresPlace, tmp_path: Path) -> None:
    """It slept through its lease just after a payment; the other worker has finished the run."""
    ledger, note = Ledger(tmp_path / "ledger"), tmp_path / "note"
    person, journal = Person(ledger), place.open()
    frozen = start(work_on_in, place.target, ledger, partial(freezing, note))
    there(place, 1)
    enqueue_in(place.target, ledger, "run")
    wait_for(lambda: person.answer(journal))
    wait_for(note.exists)
    other = start(work_on_in, place.target, ledger, partial(team, script=REFUND))
    wait_for(lambda: status(journal) == "done" or (person.answer(journal) and False))
    rows = place.look("SELECT place, hash FROM events ORDER BY place")
    other.kill()
    os.kill(frozen.pid or 0, signal.SIGCONT)
    enqueue_in(place.target, ledger, "next")
    wait_for(lambda: status(journal, "next") == "done" or (person.answer(journal) and False))
    assert place.look("SELECT place, hash FROM events ORDER BY place")[: len(rows)] == rows
    assert tally(journal, ["run", "next"], person, effects=1) == UNHARMED
    assert failed(place) == []


def test_worker_with_other_code_beside_a_good_one_holds_up_nothing(place: PostgresPlace, tmp_path: Path) -> None:
    """DBOS gives it segments of runs whose agents it does not know: it passes them on."""
    ledger = Ledger(tmp_path / "ledger")
    person, journal = Person(ledger), place.open()
    runs = [f"r{n}" for n in range(8)]
    start(work_on_in, place.target, ledger, team, ("desk", "an older customer"))
    there(place, 1)
    for run in runs:
        enqueue_in(place.target, ledger, run)
    start(work_on_in, place.target, ledger)
    wait_for(lambda: all(status(journal, run) == "done" for run in runs) or (person.answer(journal) and False))
    assert tally(journal, runs, person) == UNHARMED
    assert failed(place) == []


@pytest.mark.parametrize("moment", ["tool", "pause", "decision"])
def test_no_workflow_fails_when_the_database_is_away(place: PostgresPlace, tmp_path: Path, moment: str) -> None:
    """PostgreSQL is stopped at once and started again while runs move: each is finished, and paid once."""
    ledger, gate, note = Ledger(tmp_path / "ledger"), tmp_path / "gate", tmp_path / "note"
    person = Person(ledger)
    runs = [f"r{n}" for n in range(4)]
    if moment != "tool":
        gate.touch()
    workers = crew(place, ledger, partial(at_gate, gate, note))
    with closing(opened(place.target)) as journal:
        for run in runs:
            enqueue_in(place.target, ledger, run)
        if moment != "pause":
            wait_for(lambda: len(Inbox(journal).pending()) == 4)
        if moment == "tool":
            person.answer(journal)
            pid_in(note)
        with stopped(place):
            gate.touch()
            if moment == "decision":
                with pytest.raises(JournalUnavailable):
                    person.answer(journal)
            for worker in workers:
                worker.join(1.0)

        def over() -> bool:
            person.patient(journal)
            return all(status(journal, run) == "done" for run in runs)

        wait_for(over)
        assert [worker.is_alive() for worker in workers] == [True, True]
        assert tally(journal, runs, person, effects=1) == UNHARMED
        assert failed(place) == []
