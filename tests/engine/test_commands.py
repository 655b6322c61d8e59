"""`convagent worker --engine dbos`: the same command, for many machines."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convagent.journal import Inbox, open_journal
from tests.commands.conftest import TEAM, Process
from tests.commands.conftest import start as start
from tests.commands.keep import waiting_run
from tests.durable.mortal import wait_for
from tests.durable.places import PostgresPlace
from tests.durable.postgres import Server
from tests.durable.teams import status
from tests.engine.machines import failed

pytest.importorskip("dbos")
Start = Callable[..., Process]


@pytest.fixture
def place(postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresPlace]:
    """Return a journal in PostgreSQL, which no variable names, and work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONVAGENT_JOURNAL", raising=False)
    with PostgresPlace(postgres) as found:
        found.change("DROP SCHEMA IF EXISTS dbos CASCADE")
        yield found


def slow_run(place: PostgresPlace) -> str:
    """Keep a run whose tool takes until the pipe `go` is written to."""
    os.mkfifo("go")
    spec_of = waiting_run(place.target)
    with open_journal(place.target) as journal:
        journal.begin("slow-run", journal.load(spec_of).spec, ["customer", "desk"], "test", 1.0, "ready")
    return "slow-run"


def dbos(place: PostgresPlace, agents: str = TEAM, *more: str) -> tuple[str, ...]:
    return ("worker", agents, "--engine", "dbos", "--database", place.target, *more)


def test_worker_of_dbos_moves_on_what_was_decided_and_ends(place: PostgresPlace, start: Start) -> None:
    """With `--once` for machines that start one now and then: one line was changed, nothing else."""
    run = waiting_run(place.target)
    with open_journal(place.target) as journal:
        Inbox(journal).decide(f"{run}:1", "approve", by="ada")  # type: ignore[arg-type]
    worker = start(*dbos(place, TEAM, "--once"))
    worker.until(f"run {run}  is over")
    assert worker.end() == 0
    assert Path("paid").read_text() == "250 to Bob\n"
    assert failed(place) == []


def test_worker_of_dbos_finishes_what_it_moves_at_sigterm(place: PostgresPlace, start: Start) -> None:
    """A tool in flight comes to its end, and nothing else is begun."""
    run = slow_run(place)
    worker = start(*dbos(place, "tests.commands.team:slow"))
    worker.until("begun")
    worker.signal(signal.SIGTERM)
    worker.until("Stopping as soon as these come to a pause")
    Path("go").write_text("")
    worker.until(f"run {run}  is over")
    assert worker.end() == 0
    assert "40 to slow\n" in Path("paid").read_text()
    assert failed(place) == []


def test_worker_of_dbos_lets_go_at_the_second_signal(place: PostgresPlace, start: Start) -> None:
    """The run is free for another worker at once, and DBOS has noted no failure."""
    run = slow_run(place)
    worker = start(*dbos(place, "tests.commands.team:thinking"))
    worker.until("begun")
    worker.signal(signal.SIGTERM)
    worker.until("Stopping as soon as")
    worker.signal(signal.SIGTERM)
    worker.until("is broken off")
    assert worker.end() == 128 + signal.SIGTERM
    with open_journal(place.target) as journal:
        wait_for(lambda: status(journal, run) == "ready")
    assert failed(place) == []


def test_worker_of_dbos_ends_at_the_second_signal_although_a_tool_runs(place: PostgresPlace, start: Start) -> None:
    """Whether the payment was made is not known then; DBOS has noted no failure."""
    slow_run(place)
    worker = start(*dbos(place, "tests.commands.team:slow"))
    worker.until("begun")
    worker.signal(signal.SIGTERM)
    worker.until("Stopping as soon as")
    worker.signal(signal.SIGTERM)
    assert worker.end() in (128 + signal.SIGTERM, -signal.SIGTERM)  # a shell sees the same
    assert failed(place) == []


def test_worker_of_dbos_says_without_a_password_what_it_cannot_do(place: PostgresPlace, start: Start) -> None:
    """Here it may make no tables for DBOS."""
    waiting_run(place.target)
    name = place.target.rpartition("/")[2].partition("?")[0]
    place.change("DROP ROLE IF EXISTS clerk")
    place.change("CREATE ROLE clerk LOGIN PASSWORD 'granite'")
    place.change(f"REVOKE CREATE ON DATABASE {name} FROM PUBLIC")
    place.change("GRANT USAGE, CREATE ON SCHEMA convagent TO clerk")
    place.change("GRANT ALL ON ALL TABLES IN SCHEMA convagent TO clerk")
    worker = start(*dbos(place)[:-1], place.target.replace("tests@", "clerk:granite@"), "--once")
    said = worker.until("convagent: ")
    place.change("DROP OWNED BY clerk")
    assert worker.end() == 1
    assert "granite" not in worker.said
    assert "clerk@" in said
