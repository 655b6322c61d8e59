"""`convagent worker --engine dbos`: the same command, for many machines."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convagent.journal import Inbox, open_journal
from tests.commands.conftest import TEAM, Process
from tests.commands.conftest import start as start
from tests.commands.keep import waiting_run
from tests.commands.test_operating import asked, listening
from tests.durable.mortal import wait_for
from tests.durable.outages import stopped
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
    assert worker.end() == 128 + signal.SIGTERM
    assert failed(place) == []


@pytest.mark.parametrize("engine", ["dbos", "local"])
def test_worker_that_begins_while_the_database_is_away_waits_for_it(
    place: PostgresPlace, start: Start, engine: str
) -> None:
    """It says so, lives, and is not ready; then it goes on as if nothing had been."""
    run = waiting_run(place.target)
    with open_journal(place.target) as journal:
        Inbox(journal).decide(f"{run}:1", "approve", by="ada")  # type: ignore[arg-type]
    with stopped(place):
        worker = start(*dbos(place, TEAM, "--listen", "127.0.0.1:0", "--engine", engine))
        url = listening(worker)
        worker.until("the database cannot be reached")
        assert asked(f"{url}/live") == (200, "alive\n")
        assert asked(f"{url}/ready") == (503, "the journal cannot be used: JournalUnavailable\n")
        said = worker.until("it is tried again in 2 s")
        assert said.startswith("postgresql://")
    worker.until("Moving on the runs of customer, desk")
    assert asked(f"{url}/ready") == (200, "ready\n")
    worker.until(f"run {run}  is over")
    worker.signal(signal.SIGTERM)
    assert worker.end() == 0


def test_worker_that_waits_for_the_database_ends_at_a_signal(place: PostgresPlace, start: Start) -> None:
    """At the first one, by exit code 0: nothing is being moved."""
    with stopped(place):
        worker = start(*dbos(place))
        worker.until("it is tried again")
        worker.signal(signal.SIGTERM)
        assert worker.end() == 0


def test_worker_with_once_does_not_wait_for_the_database(place: PostgresPlace, start: Start) -> None:
    """It is started again anyway."""
    with stopped(place):
        worker = start(*dbos(place, TEAM, "--once"))
        assert worker.end() == 1
        worker.until("the database cannot be reached")


@pytest.mark.parametrize(("wrong", "told"), [("role", 'role "nobody"'), ("database", 'database "nowhere"')])
def test_worker_with_a_wrong_address_ends_at_once(place: PostgresPlace, start: Start, wrong: str, told: str) -> None:
    """No waiting would make it right."""
    name = place.target.rpartition("?")[0].rpartition("/")[2]
    address = place.target.replace("tests@", "nobody@" if wrong == "role" else "tests@")
    if wrong == "database":
        address = address.replace(f"/{name}?", "/nowhere?")
    worker = start("worker", TEAM, "--engine", "dbos", "--database", address)
    assert f"the database refuses this address: connection failed: {told} does not exist" in without_place(
        worker.until("convagent: ")
    )
    assert worker.end() == 1


def without_place(said: str) -> str:
    """Return what was said without where the server listens, in the words of whichever libpq."""
    return re.sub(r"connection to server .* failed: FATAL:  ", "", said)


def test_worker_of_dbos_looks_as_often_as_it_is_told(place: PostgresPlace, start: Start) -> None:
    """For all workers, as the limits are: the one that starts last says it."""
    assert start(*dbos(place, TEAM, "--once", "--poll", "0.75")).end() == 0
    assert place.look("SELECT polling_interval_sec FROM dbos.queues WHERE name = 'convagent'") == [(0.75,)]


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
