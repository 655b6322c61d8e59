"""Databases that go away and come back, while a run is in a step, about to park, or about to be answered."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from convagent import ConversableAgent, ToolContext, arg, ask, tool, when
from convagent.errors import JournalUnavailable
from convagent.journal import Inbox
from convagent.testing import ScriptedModel
from tests.durable.mortal import (
    NEVER,
    REFUND,
    Death,
    Ledger,
    Person,
    Tally,
    context,
    ended,
    enqueue_in,
    opened,
    start,
    tally,
    wait_for,
    wait_until,
    work_in,
    work_on_in,
)
from tests.durable.places import Place, PostgresPlace

MOMENTS = ("step", "pause", "decide")
Away = Callable[[], Any]
"""Makes a block in which the database cannot be used."""


def gone(place: Place, home: Path, moment: str, away: Away, seconds: float) -> Tally:
    """Take the database away at a moment of a run, for some seconds; then everything is to go on."""
    ledger, person = Ledger(home / f"ledger-{moment}"), Person(Ledger(home / f"ledger-{moment}"))
    gate, note, run = home / f"gate-{moment}", home / f"note-{moment}", f"run-{moment}"
    make = partial(slow, gate, note)
    with closing(opened(place.target)) as journal:
        enqueue_in(place.target, ledger, run)
        if moment == "pause":
            process = start(work_in, place.target, ledger, Death("park", False, 1, signal.SIGSTOP, note), make)
            wait_for(note.exists)
        else:
            process = start(work_on_in, place.target, ledger, 15.0, make)
            wait_for(lambda: Inbox(journal).pending())
        if moment == "step":
            person.answer(journal)
            wait_for(note.exists)
        with away():
            if moment == "pause":
                os.kill(process.pid or 0, signal.SIGCONT)
            gate.touch()  # what the tool does is over while the database is away
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                if moment == "decide":
                    _answered(person, journal)
                time.sleep(0.05)
        alive = process.is_alive()
        if moment == "pause":  # that one ends when the run is parked
            alive = ended(process) == 0
            process = start(work_on_in, place.target, ledger, 15.0, make)

        def over() -> bool:
            return _answered(person, journal) and journal.load(run).info.status == "done"

        wait_until(over)
        process.kill()
        process.join()
        assert alive, "the worker has ended because the database was away"
        return tally(journal, [run], person, effects=1)


def _answered(person: Person, journal: Any) -> bool:
    """Answer what is open; return whether the journal could be reached."""
    try:
        person.answer(journal)
    except JournalUnavailable:
        return False
    return True


def slow(gate: Path, note: Path, ledger: Ledger, death: Death = NEVER) -> list[ConversableAgent]:
    """Return a desk whose tool says that it is under way, and ends when the gate is open."""

    def refund(customer: str, amount: float, ctx: ToolContext) -> str:
        """Pay."""
        note.touch()
        wait_for(gate.exists)
        ledger.add(ctx.idempotency_key, customer=customer)
        return f"{amount:g} paid to {customer}"

    pay = tool(refund, approval=when(arg.amount > 100, ask("clerk")))
    desk = ConversableAgent("desk", llm_config=ScriptedModel(list(REFUND)), tools=[pay])
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


@contextmanager
def stopped(place: PostgresPlace) -> Generator[None]:
    """Stop the server at once, and start it again at the end."""
    place.server.stop()
    try:
        yield
    finally:
        place.server.start()


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Let another process hold the lock of the file."""
    begun, end = context.Event(), context.Event()
    process = start(_hold_lock, path, begun, end)
    assert begun.wait(20)
    try:
        yield
    finally:
        end.set()
        process.join()


def _hold_lock(path: Path, begun: Any, end: Any) -> None:
    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    begun.set()
    end.wait()
    connection.execute("ROLLBACK")
    connection.close()


def commits_count(place: PostgresPlace) -> None:
    """Have the server keep each commit before it says so, as one does that is not for tests."""
    name = place.target.rpartition("/")[2].partition("?")[0]
    place.change(f"ALTER DATABASE {name} SET synchronous_commit = on")
