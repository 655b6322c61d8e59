"""`convagent doctor --journal`: what is wrong in a journal is named, each with its cure, and nothing is made."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convagent.commands import database
from convagent.commands.journals import patiently
from convagent.human import HumanRequest
from convagent.journal import Batch, NewRequest, open_journal
from tests.commands.conftest import TEAM, Command, Kept, Process
from tests.durable.asking import waiting
from tests.durable.conftest import postgres as postgres
from tests.durable.mortal import wait_for
from tests.durable.places import PostgresPlace
from tests.durable.postgres import Server

HOUR = 3600


def _sql(kept: Kept, text: str, *values: object) -> None:
    database = sqlite3.connect(kept.path)
    with database:
        database.execute(text, values)
    database.close()


def _wrong(said: str) -> list[str]:
    return [line.partition("WRONG: ")[2] for line in said.splitlines() if "WRONG: " in line]


def test_doctor_is_content_with_a_journal_in_order(kept: Kept, command: Command) -> None:
    """Size, wholeness, how many runs and questions; exit code 0. The environment names the journal."""
    said = command("doctor")
    assert (said.code, _wrong(said.out)) == (0, [])
    assert "the file is whole (integrity_check)" in said.out
    assert "runs: 1 waiting" in said.out
    assert "questions: 1 open" in said.out


def test_doctor_says_that_no_journal_is_named(command: Command) -> None:
    """A journal is no duty."""
    said = command("doctor")
    assert said.code == 0
    assert "journal" in said.out
    assert "none is named, by --journal or CONVAGENT_JOURNAL" in said.out


def test_doctor_makes_no_journal(tmp_path: Path, command: Command) -> None:
    """A path where nothing is, is wrong."""
    said = command("doctor", "--journal", tmp_path / "runs.db")
    assert said.code == 1
    assert "there is no journal" in _wrong(said.out)[0]
    assert list(tmp_path.iterdir()) == []


def test_doctor_names_blocked_runs_with_their_reasons(kept: Kept, command: Command) -> None:
    """Why, and what to do."""
    journal = open_journal(kept.path)
    assert journal.release(kept.run, "blocked", "tool refund is gone")
    journal.close()
    (wrong,) = _wrong(command("doctor").out)
    assert wrong.startswith(f"run {kept.run} is blocked: tool refund is gone; repair that, then start a worker")


def test_doctor_names_runs_that_nobody_moves_on(kept: Kept, command: Command) -> None:
    """Decided an hour ago, and no worker knows the agents; with one that does, it is its fault."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    _sql(kept, "UPDATE runs SET updated = updated - ?", HOUR)
    (wrong,) = _wrong(command("doctor").out)
    assert wrong.startswith(f"run {kept.run} could go on since 1h")
    assert "no worker is there that knows customer and desk; start one" in wrong
    journal = open_journal(kept.path)
    journal.attend("elsewhere:1", ["customer", "desk", "more"])
    journal.close()
    said = command("doctor").out
    assert "a worker that knows its agents is there, and has not taken it" in _wrong(said)[0]
    assert "worker elsewhere:1 knows customer, desk, more; seen now" in said


def test_doctor_names_runs_whose_process_died(kept: Kept, command: Command) -> None:
    """A lease that ended an hour ago, and nobody took the run over."""
    _sql(kept, "UPDATE runs SET status = 1, worker = 'gone:1', lease = 0, updated = updated - ?", HOUR)
    (wrong,) = _wrong(command("doctor").out)
    assert wrong.startswith(f"run {kept.run}: its process is gone, heard of last 1h")


def test_doctor_and_runs_name_a_run_whose_process_was_killed(
    kept: Kept, command: Command, start: Callable[..., Process]
) -> None:
    """At once, while its lease still lasts; where a worker knows the agents it is as good as taken, and no fault."""
    holder = start("resume", kept.run, TEAM, terminal=True)
    holder.until("May desk call refund?")
    assert f"{kept.run}  running  customer desk" in command("runs").out
    holder.popen.kill()
    holder.popen.wait()
    said = command("runs").out
    assert f"{kept.run}  running (process gone)  customer desk" in said
    assert "its process has died or is frozen; a worker, or `convagent resume`, goes on with it" in said
    assert json.loads(command("runs", "--json").out)["deserted"] is True
    assert f"[run {kept.run} of customer, desk: running (process gone) since " in command("runs", "show", kept.run).out
    (wrong,) = _wrong(command("doctor").out)
    assert wrong.startswith(f"run {kept.run}: its process is gone, heard of last ")
    assert wrong.endswith("no worker is there that knows customer and desk; start one, or `convagent resume` it")
    journal = open_journal(kept.path)
    patiently(lambda: journal.attend("elsewhere:1", ["customer", "desk"]))
    journal.close()
    assert command("doctor").code == 0


def test_doctor_names_a_worker_that_is_lost_while_runs_wait_for_it(kept: Kept, command: Command) -> None:
    """Its machine, and since when; it is a fault only where a run can go on that nobody else knows."""
    journal = open_journal(kept.path)
    journal.attend("box7:4242:cafe", ["customer", "desk"])
    _sql(kept, "UPDATE workers SET seen = seen - 600")
    said = command("doctor")
    lost = "worker box7:4242:cafe on box7 is dead, frozen or cut off, heard of last 10m ago"
    assert said.code == 0
    assert f"{lost}; nothing waits for it" in said.out
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    (wrong,) = _wrong(command("doctor").out)
    assert wrong == (
        f"{lost}; 1 run that it knows can go on, and no other worker is there that knows customer, desk: start one"
    )
    journal.attend("box8:1:cafe", ["customer", "desk", "more"])
    assert f"{lost}; nothing waits for it" in command("doctor").out
    assert _wrong(command("doctor").out) == []
    journal.close()


def test_doctor_knows_at_once_that_a_worker_of_this_machine_was_killed(
    kept: Kept, command: Command, start: Callable[..., Process]
) -> None:
    """One that was told to stop has left, and is not missed."""
    worker = start("worker", TEAM)
    worker.until("Moving on")
    _until_there(kept, 1)
    worker.popen.kill()
    worker.popen.wait()
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    (wrong,) = _wrong(command("doctor").out)
    assert f":{worker.popen.pid}:" in wrong
    assert " has died, heard of last " in wrong
    _sql(kept, "DELETE FROM workers")
    other = start("worker", "tests.commands.team:only_desk")
    other.until("Moving on")
    _until_there(kept, 1)
    other.signal()
    assert other.end() == 0
    _until_there(kept, 0)


def _until_there(kept: Kept, number: int) -> None:
    journal = open_journal(kept.path)
    wait_for(lambda: len(journal.workers()) == number)
    journal.close()


def test_doctor_names_questions_of_runs_that_are_over(kept: Kept, command: Command) -> None:
    """Nobody waits for their answers."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    command("worker", TEAM, "--once")
    _sql(kept, "UPDATE requests SET status = 0")
    wrong = _wrong(command("doctor").out)
    assert f"run {kept.run} is done, and nobody waits for its 1 open questions" in wrong


def test_doctor_names_questions_whose_time_is_up(kept: Kept, command: Command) -> None:
    """A deadline of an hour ago, and no worker let it pass."""
    journal = open_journal(kept.path)
    claim = journal.claim(kept.run, "test", 0.001)
    late = HumanRequest("late:1", "Now?", "desk", deadline=journal.now() - HOUR, within=1.0)
    journal.append(claim, Batch(requests=[NewRequest(kept.run, "9/ask", late)], status="waiting"))
    journal.close()
    wrong = _wrong(command("doctor").out)
    assert "question late:1: its time was up 1h ago; a worker lets it pass, and none does" in wrong


@pytest.mark.parametrize("days", [40, -1])
def test_doctor_names_a_clock_that_was_set_and_confirms_it(kept: Kept, command: Command, days: int) -> None:
    """While the clock is not trusted no deadline passes; whoever knows that it is right says so."""
    database = sqlite3.connect(kept.path)
    (text,) = database.execute("SELECT value FROM meta WHERE name = 'clock'").fetchone()
    wall, rest = text.split(" ", 1)
    with database:
        database.execute(
            "UPDATE meta SET value = ? WHERE name = 'clock'", (f"{float(wall) - days * 24 * HOUR!r} {rest}",)
        )
    database.close()
    (wrong,) = _wrong(command("doctor").out)
    assert wrong.startswith(f"the clock of this machine was set {'ahead' if days > 0 else 'back'} by ")
    assert "convagent doctor --confirm-clock" in wrong
    assert command("doctor", "--confirm-clock").code == 0
    assert command("doctor").code == 0


def test_doctor_says_where_a_file_is_damaged(kept: Kept, command: Command) -> None:
    """A page that was overwritten is found, and the way out is a copy."""
    _sql(kept, "PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(kept.path.read_bytes())
    for page in range(4096 * 3, len(content), 4096):
        content[page : page + 200] = b"\xff" * 200
    kept.path.write_bytes(content)
    said = command("doctor")
    assert said.code == 1
    assert "restore a copy" in _wrong(said.out)[0]


def test_doctor_names_a_row_that_was_edited(kept: Kept, command: Command) -> None:
    """SQLite finds the file whole; the checksum of the row does not."""
    _sql(kept, "UPDATE events SET body = replace(body, 'Bob', 'Eve') WHERE seq = 2")
    said = command("doctor")
    assert said.code == 1
    assert "the file is whole (integrity_check)" in said.out
    assert kept.run in _wrong(said.out)[0]


# ---------------------------------------------------------------- PostgreSQL


@pytest.fixture
def there(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresPlace]:
    """Return a database of PostgreSQL with a run that waits, which the environment names."""
    with PostgresPlace(postgres) as found:
        waiting(found.open())
        monkeypatch.setenv("CONVAGENT_JOURNAL", found.target)
        yield found


LOOSE = "fsync is off: a loss of power takes what was acknowledged, or all; turn it on"
"""What is wrong with the server of the tests, on purpose."""


def test_doctor_looks_at_a_server(there: PostgresPlace, command: Command) -> None:
    """Version, size, clock and rows; a server that does not write through is said so."""
    said = command("doctor").out
    assert _wrong(said) == [LOOSE]
    assert re.search(r": PostgreSQL \d+.*, tables of version 3, \d+ KB", said)
    assert "its clock agrees with this machine's" in said
    assert "the rows of the latest run are as they were written (checksums, chain)" in said
    assert "runs: 1 waiting" in said


@pytest.mark.parametrize(("by", "told"), [(90, "1m30s ahead of"), (-7200, "2h behind")])
def test_doctor_names_a_server_with_another_clock(
    there: PostgresPlace, command: Command, monkeypatch: pytest.MonkeyPatch, by: int, told: str
) -> None:
    """Deadlines go by the server's clock, and links by this machine's."""
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() - by)
    (_, wrong) = _wrong(command("doctor").out)
    assert wrong.startswith(f"its clock is {told} this machine's; deadlines go by its clock")


def test_doctor_names_a_transaction_that_holds_the_journal_up(
    there: PostgresPlace, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who, since when, and how it ends; one of something else in the database does not matter."""
    import psycopg

    monkeypatch.setattr(database, "IDLE", 0.0)
    with psycopg.connect(there.target, application_name="elsewhere") as other:
        other.execute("SELECT 1")
        assert _wrong(command("doctor").out) == [LOOSE]
        other.execute("SELECT 1 FROM convagent.runs FOR UPDATE")
        (_, wrong) = _wrong(command("doctor").out)
    assert re.match(r"process \d+ of the server \(elsewhere\) has a transaction open in which nothing has", wrong)
    assert re.search(r"pg_terminate_backend\(\d+\)$", wrong)


def test_doctor_names_a_row_of_a_server_that_was_edited(there: PostgresPlace, command: Command) -> None:
    """The checksum of the row does not fit."""
    there.change("UPDATE events SET body = replace(body, 'hello', 'hallo')")
    assert any("'r'" in wrong for wrong in _wrong(command("doctor").out))


def test_doctor_names_messages_that_were_given_up(kept: Kept, command: Command) -> None:
    """Where to, how often it was tried, and why."""
    _sql(
        kept,
        "INSERT INTO outbox (id, root, request, level, target, body, attempts, status, error) "
        "VALUES ('m1', 1, '', 0, 'https://desk.example', '{}', 9, 2, '503')",
    )
    assert _wrong(command("doctor").out) == ["message m1 to https://desk.example was given up after 9 tries: 503"]
