"""Processes are killed at every moment that matters: no decision is lost, no unsafe effect doubled, no run stuck."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from convagent.journal import Inbox
from tests.durable.mortal import (
    NEVER,
    POINTS,
    Death,
    Ledger,
    Person,
    Tally,
    decide_in,
    enqueue_in,
    run,
    tally,
    work_in,
)
from tests.durable.places import Place
from tests.durable.teams import status

UNHARMED = Tally(tries=1)


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
