"""The database goes away, is locked, full, damaged, copied; clocks jump: what was kept counts, and runs go on."""

from __future__ import annotations

import signal
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from convagent import approve, ask, deny
from convagent.errors import JournalError, JournalUnavailable
from convagent.journal import Inbox, PostgresJournal, SQLiteJournal
from convagent.journal.clock import Clock
from tests.durable.mortal import (
    LEASE,
    Death,
    Ledger,
    Person,
    Tally,
    enqueue_in,
    opened,
    run,
    start,
    tally,
    wait_for,
    wait_until,
    work_in,
    work_on_in,
)
from tests.durable.outages import MOMENTS, commits_count, gone, locked, stopped
from tests.durable.places import Place, PostgresPlace, SQLitePlace
from tests.durable.postgres import Server
from tests.durable.teams import Desk, begin, call, decide, status, work

DAY = ask("clerk", within="1d") >> deny("nobody answered")
UNHARMED = Tally(tries=1)


@pytest.mark.parametrize("moment", MOMENTS)
def test_run_goes_on_when_the_database_was_stopped(postgres: Server, tmp_path: Path, moment: str) -> None:
    """`make chaos` leaves it stopped for 15 seconds."""
    with PostgresPlace(postgres) as place:
        place.open()
        commits_count(place)
        assert gone(place, tmp_path, moment, lambda: stopped(place), 0.3) == UNHARMED


@pytest.mark.parametrize("moment", MOMENTS)
def test_run_goes_on_when_the_file_was_locked(file: SQLitePlace, tmp_path: Path, moment: str) -> None:
    """`make chaos` leaves it locked for 40 seconds."""
    assert gone(file, tmp_path, moment, lambda: locked(file.path), 0.5) == UNHARMED


class Fleeting(PostgresJournal):
    """A journal whose database cannot be reached when it is first asked for the time."""

    asked = 0

    def now(self) -> float:
        self.asked += 1
        if self.asked == 1:
            raise JournalUnavailable("the database is away")
        return super().now()


def test_run_is_moved_on_when_the_database_is_away_as_it_is_entered(postgres: Server) -> None:
    """It is tried again: no process goes on holding a run that nobody moves."""
    desk = Desk()
    with PostgresPlace(postgres) as place, closing(Fleeting(place.target)) as journal:
        begin(journal, desk.agents)
        work(journal, desk.agents)
        assert journal.asked > 1
        assert status(journal) == "waiting"
        assert journal.heart.runs == frozenset()


# ---------------------------------------------------------------- clocks


class Setable(Clock):
    """A machine whose clock somebody sets."""

    set_by = 0.0

    def wall(self) -> float:
        return super().wall() + self.set_by


@pytest.mark.parametrize("days", [40, -1])
def test_no_deadline_passes_when_the_clock_was_set(file: SQLitePlace, days: int) -> None:
    """A week is not over because somebody set the clock; what is decided meanwhile counts; confirmed, time goes on."""
    clock, desk = Setable(), Desk(policy=DAY)
    journal = file.open(clock=clock)
    begin(journal, desk.agents)
    work(journal, desk.agents)
    clock.set_by = days * 86400.0
    work(journal, desk.agents)
    first, second = Inbox(journal).pending()
    assert journal.clock_problem()
    assert decide(journal, approve, request=first.id) == "accepted"
    work(journal, desk.agents)
    assert (status(journal), len(desk.paid)) == ("waiting", 1)
    journal.confirm_clock()
    work(journal, desk.agents)
    assert decide(journal, approve, request=second.id) == ("late" if days > 0 else "accepted")
    work(journal, desk.agents)
    assert (status(journal), len(desk.paid)) == ("done", 1 if days > 0 else 2)


# ---------------------------------------------------------------- no room


def test_run_goes_on_when_there_is_room_again(file: SQLitePlace) -> None:
    """What a tool returned does not fit: its run is blocked and says so, others go on, and it is not done twice."""
    desk = Desk(script=([call("refund", customer="Bob" * 20_000, amount=250)], "It is done."))
    small = Desk(script=([call("refund", customer="Ada", amount=40)], "It is done."))
    journal = file.open()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    decide(journal, approve)
    fill(journal, 4)
    work(journal, desk.agents)
    assert status(journal) == "blocked"
    assert "the disk is full; make room" in journal.load("run").info.reason
    begin(journal, small.agents, "small")
    work(journal, small.agents)
    assert status(journal, "small") == "done"
    fill(journal, 100_000)
    for _ in range(3):
        work(journal, desk.agents)
        for stored in Inbox(journal).pending():
            assert stored.request.action is not None
            assert stored.request.action.kind == "error"
            decide(journal, "respond it was paid" if desk.paid else "retry", request=stored.id)
    assert (status(journal), len(desk.paid)) == ("done", 1)


def fill(journal: SQLiteJournal, free: int) -> None:
    """Leave so many pages of room on the disk."""
    connection: Any = journal._connection  # pyright: ignore[reportPrivateUsage]
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + free}")


# ---------------------------------------------------------------- damage

DAMAGES = {
    "changed": "UPDATE events SET body = replace(body, 'pay', 'PAY') WHERE place = 16777216 * run + 2 AND run = 1",
    "cut": "UPDATE events SET body = substr(body, 1, 20) WHERE place = 16777216 * run + 3 AND run = 1",
    "missing": "DELETE FROM events WHERE place = 16777216 * run + 3 AND run = 1",
    "last missing": "DELETE FROM events WHERE place = (SELECT max(place) FROM events WHERE run = 1)",
    "question": "UPDATE requests SET told = NULL WHERE run = 1",
    "specification": "UPDATE runs SET spec = substr(spec, 1, 30) WHERE run = 1",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_only_the_run_is_blocked_that_was_damaged(place: Place, tmp_path: Path, damage: str) -> None:
    """Its reason says where; the runs beside it come to their end."""
    journal, ledger = place.open(), Ledger(tmp_path / "ledger")
    for name in ("bad", "good"):
        enqueue_in(place.target, ledger, name)
    number = place.look("SELECT run FROM runs WHERE id = 'bad'")[0][0]
    work_in(place.target, ledger)
    for id in [stored.id for stored in Inbox(journal).pending()]:
        decide(journal, approve, request=id)
    place.change(DAMAGES[damage].replace("root = 1", f"root = {number}").replace("run = 1", f"run = {number}"))
    work_in(place.target, ledger)
    states = {info.id: (info.status, info.reason) for info in journal.runs()}
    assert states["good"][0] == "done"
    assert states["bad"][0] == "blocked"
    assert "is damaged" in states["bad"][1]
    assert [key for key in ledger.done() if key.startswith("bad/")] == ["bad/2/tool/0/refund"]


def test_others_are_found_and_answered_when_one_question_was_damaged(place: Place, tmp_path: Path) -> None:
    """One question that cannot be read hides no other."""
    journal, ledger = place.open(), Ledger(tmp_path / "ledger")
    for name in ("bad", "good"):
        enqueue_in(place.target, ledger, name)
    work_in(place.target, ledger)
    place.change("UPDATE events SET body = substr(body, 1, 30) WHERE key LIKE ?", "%/bad:1/0")
    (found,) = Inbox(journal).pending()
    assert found.run == "good"
    assert decide(journal, approve) == "accepted"
    with pytest.raises(JournalError, match="'bad:1' is damaged"):
        decide(journal, approve, request="bad:1")


@pytest.mark.parametrize("torn", ["half a frame more", "last frame cut", "last transaction cut"])
def test_journal_is_whole_when_its_end_was_torn(file: SQLitePlace, tmp_path: Path, torn: str) -> None:
    """A process and its machine died while the file was written: what was not whole never was; the rest goes on."""
    ledger, person = Ledger(tmp_path / "ledger"), Person(Ledger(tmp_path / "ledger"))
    enqueue_in(file.target, ledger, "run")
    assert run(work_in, file.target, ledger, Death("ask", True)) == -signal.SIGKILL
    image = {name: (tmp_path / name).read_bytes() for name in ("runs.db", "runs.db-wal")}
    torn_place = SQLitePlace(tmp_path / "torn.db")
    log = image["runs.db-wal"]
    cut = {"half a frame more": log + log[32:2000], "last frame cut": log[:-1000], "last transaction cut": log[:-5000]}
    (tmp_path / "torn.db").write_bytes(image["runs.db"])
    (tmp_path / "torn.db-wal").write_bytes(cut[torn])
    with closing(opened(torn_place.target)) as journal:
        assert torn_place.look("PRAGMA integrity_check") == [("ok",)]
        for _ in range(4):
            torn_place.change("UPDATE runs SET lease = 0 WHERE lease IS NOT NULL")
            work_in(torn_place.target, ledger)
            person.answer(journal)
        assert tally(journal, ["run"], person) == UNHARMED


# ---------------------------------------------------------------- copies


def test_copy_of_any_moment_is_whole_and_holds_what_was_acknowledged(place: Place, tmp_path: Path) -> None:
    """Copied while two workers move runs on and a person answers: every copy loads, with each decision till then."""
    ledger, luck = Ledger(tmp_path / "ledger"), Random(7)
    journal, person, runs = place.open(), Person(ledger), [f"r{n}" for n in range(12)]
    crew = [start(work_on_in, place.target, ledger, LEASE) for _ in range(2)]
    try:
        for n in range(6):
            for name in runs[2 * n : 2 * n + 2]:
                enqueue_in(place.target, ledger, name)
            grown = luck.randrange(1, 20) + len(place.look("SELECT 1 FROM events"))
            wait_until(lambda grown=grown: len(place.look("SELECT 1 FROM events")) >= grown, 0.2)
            person.answer(journal)
            known = dict(person.acknowledged)
            with place.copy(tmp_path / f"copy{n}") as copied, closing(copied.open()) as copy:
                assert {info.id for info in copy.runs()} == set(runs[: 2 * n + 2])
                for info in copy.runs():
                    copy.load(info.id)
                assert Person(ledger, acknowledged=known).lost(copy) == []
        wait_for(lambda: person.answer(journal) == 0 and not journal.runs(("ready", "running", "waiting")))
        assert tally(journal, runs, person) == UNHARMED
    finally:
        for process in crew:
            process.kill()
            process.join()
