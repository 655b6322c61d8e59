"""What only a journal in a file has: the file, its locks, the machine's clocks, other processes."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from convagent.errors import ConfigError, JournalError, JournalUnavailable
from convagent.human import approve
from convagent.journal import Batch, Inbox, SQLiteJournal, open_journal
from convagent.journal.clock import Clock
from convagent.serde import read_body, write_body
from tests.durable.asking import asked, begin, row, waiting, yes
from tests.durable.places import SQLitePlace

GOLDEN = Path(__file__).parent / "golden"

# ---------------------------------------------------------------- the file


def test_file_is_for_its_owner_alone_when_it_is_made(file: SQLitePlace) -> None:
    """What people decided is nobody else's business; the files beside it neither."""
    begin(file.open())
    for path in file.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.parametrize("place", ["{}", "sqlite:///{}"])
def test_open_journal_opens_a_file_when_it_is_named(tmp_path: Path, place: str) -> None:
    """A path, a path object and sqlite:/// name a file; a journal is itself."""
    target = place.format(tmp_path / "runs.db")
    with pytest.raises(JournalError, match="there is no journal"):
        open_journal(target, create=False)
    with SQLiteJournal(tmp_path / "runs.db") as journal:
        assert open_journal(journal) is journal
        begin(journal)
    for opened in (open_journal(target), open_journal(tmp_path / "runs.db", create=False)):
        assert [r.id for r in opened.runs()] == ["r"]
        assert opened.url == str(tmp_path / "runs.db")
        opened.close()
        with pytest.raises(JournalError, match="is closed"):
            opened.runs()


@pytest.mark.parametrize("target", ["", None, 7, "mysql://x/y"])
def test_open_journal_says_what_it_takes_when_it_is_given_something_else(target: object) -> None:
    """The text names what was given and what was expected."""
    with pytest.raises(ConfigError, match="postgresql://"):
        open_journal(target)  # type: ignore[arg-type]


def _another_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()


def _later_version(path: Path) -> None:
    SQLiteJournal(path).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '99' WHERE name = 'version'")
    connection.commit()
    connection.close()


def _cut_off(path: Path) -> None:
    with SQLiteJournal(path) as journal:
        waiting(journal)
    path.write_bytes(path.read_bytes()[:5000])


UNUSABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a text": (lambda path: path.write_text("hello " * 1000), "no journal, or its beginning is damaged"),
    "another database": (_another_database, "database of something else; name another file"),
    "a later version": (_later_version, "version '99'.*update convagent"),
    "a folder": (lambda path: path.mkdir(), "cannot be opened"),
    "cut off": (_cut_off, "damaged; restore a copy"),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_opening_says_what_is_wrong_when_the_file_is_no_journal(tmp_path: Path, what: str) -> None:
    """The text names the file and the way out, and the file stays as it was."""
    path = tmp_path / "runs.db"
    make, said = UNUSABLE[what]
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(JournalError, match=said) as caught:
        SQLiteJournal(path)
    assert str(path) in str(caught.value)
    if path.is_file():
        assert path.read_bytes() == before


def test_opening_says_what_is_wrong_when_the_folder_is_missing(tmp_path: Path) -> None:
    """No folder is made behind anybody's back."""
    with pytest.raises(JournalError, match=r"no/runs.db: the journal cannot be made: No such file"):
        SQLiteJournal(tmp_path / "no" / "runs.db")


def test_full_disk_is_said_when_it_stops_a_run(file: SQLitePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that does not fit is not written in part; the run goes on once there is room."""
    connect = sqlite3.connect
    opened: list[sqlite3.Connection] = []

    def small(*args: object, **more: object) -> sqlite3.Connection:
        opened.append(connect(*args, **more))  # type: ignore[call-overload]
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", small)
    journal = file.open()
    claim = begin(journal)
    (pages,) = opened[0].execute("PRAGMA page_count").fetchone()
    opened[0].execute(f"PRAGMA max_page_count = {pages + 4}")
    batch = Batch(rows=[row("r", 1), row("r", 2, "x" * 50_000)], requests=[asked("r:1")], status="waiting")

    with pytest.raises(JournalError, match=r"runs.db: the disk is full; make room"):
        journal.append(claim, batch)

    assert (journal.load("r").rows, journal.load("r").info.status) == ((), "running")
    opened[0].execute("PRAGMA max_page_count = 100000")
    assert journal.append(claim, batch)
    assert len(journal.load("r").rows) == 2


def test_call_returns_soon_when_another_process_locks_the_file(file: SQLitePlace) -> None:
    """It raises what says that trying again helps, and nothing is written; reading goes on."""
    journal = file.open()
    claim = begin(journal)
    other = sqlite3.connect(file.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(JournalUnavailable, match="another process is writing"):
        journal.append(claim, Batch(rows=[row("r", 1)]))
    assert time.monotonic() - began < 5
    assert journal.load("r").rows == ()
    other.execute("ROLLBACK")
    other.close()
    assert journal.append(claim, Batch(rows=[row("r", 1)]))


def test_worker_looks_without_the_lock_when_there_is_nothing_to_do(file: SQLitePlace) -> None:
    """Whoever finds nothing keeps nobody from writing, and is not kept by anybody; what is there is claimed."""
    journal = file.open()
    waiting(journal, "r", "r:1", deadline=time.time() + 600)
    assert journal.expire() == []
    other = sqlite3.connect(file.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert journal.expire() == []
    assert journal.claim_ready("w", {"bot"}, 30) == []
    other.execute("ROLLBACK")
    other.close()
    journal.settle("r:1", 0, yes("r:1"))
    assert [claim.run for claim in journal.claim_ready("w", {"bot"}, 30)] == ["r"]


def test_nothing_of_a_person_is_in_the_files_when_they_were_forgotten(file: SQLitePlace) -> None:
    """What is deleted is overwritten, in the file and in the log that is written before it."""
    journal = file.open()
    claim = waiting(journal, "r", "r:1", preview="account 4711-0815")
    Inbox(journal).decide("r:1", approve, by="ada.lovelace")
    (claim,) = journal.claim_ready("w", {"bot"}, 30)
    rows = [row("r", n, f"{'lovelace' if n % 2 else 'x'} {n}") for n in range(2, 40)]
    rows += [row("r", 40, "ada.lovelace")]
    journal.append(claim, Batch(rows=rows, status="done"))
    assert any(b"ada.lovelace" in path.read_bytes() for path in file.path.parent.iterdir())
    assert journal.record.forget("ada.lovelace") == 1
    for path in file.path.parent.iterdir():
        assert b"ada.lovelace" not in path.read_bytes(), path
        assert b"4711-0815" not in path.read_bytes(), path


def test_writing_is_refused_when_the_file_is_gone(file: SQLitePlace) -> None:
    """What would be written into a file that nobody finds any more is not taken for kept."""
    journal = file.open()
    claim = begin(journal)
    aside = file.path.with_name("aside.db")
    file.path.rename(aside)
    with pytest.raises(JournalError, match="the journal is gone"):
        journal.append(claim, Batch(rows=[row("r", 1)]))
    file.path.write_bytes(b"")
    with pytest.raises(JournalError, match="another file was put in the journal's place"):
        journal.append(claim, Batch(rows=[row("r", 1)]))
    with pytest.raises(JournalError, match="another file was put in the journal's place"):
        journal.claim_ready("w", {"bot"}, 30)  # nor would anybody be told of what stands in the new one
    aside.replace(file.path)
    assert journal.append(claim, Batch(rows=[row("r", 1)]))


# ---------------------------------------------------------------- clocks


class Clocks(Clock):
    """Clocks that are set by hand."""

    def __init__(self) -> None:
        self.now, self.since, self.start = 1700000000.0, 1000.0, "boot 1"

    def wall(self) -> float:
        return self.now

    def ticks(self) -> float:
        return self.since

    def boot(self) -> str:
        return self.start

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.now, self.since = self.now + seconds, self.since + seconds


@pytest.fixture
def clocks() -> Clocks:
    """Return clocks that are set by hand."""
    return Clocks()


@pytest.mark.parametrize("jump", [40 * 86400.0, -86400.0], ids=["40 days ahead", "a day back"])
def test_no_deadline_passes_when_the_clock_was_set(file: SQLitePlace, clocks: Clocks, jump: float) -> None:
    """A jump of the clock takes no decision from anybody, until somebody says that the clock is right."""
    journal = file.open(clock=clocks)
    waiting(journal, "r", "r:1", deadline=clocks.now + 600, wake=clocks.now + 600)
    waiting(journal, "s", "s:1", deadline=clocks.now + 600, wake=clocks.now + 600)
    assert journal.clock_problem() == ""
    clocks.now += jump
    clocks.pass_(700)

    for opened in (journal, file.open(clock=clocks)):
        assert "the clock of this machine was set" in opened.clock_problem()
        assert opened.expire() == []
        assert opened.claim_ready("w2", {"bot"}, 30) == []
    assert journal.settle("s:1", 0, yes("s:1"))
    assert [c.run for c in journal.claim_ready("w2", {"bot"}, 30)] == ["s"]

    clocks.now -= jump if jump < 0 else 0
    journal.confirm_clock()
    assert journal.clock_problem() == ""
    assert journal.expire() == ["r:1"]


def test_deadlines_pass_again_when_the_clock_was_set_right(file: SQLitePlace, clocks: Clocks) -> None:
    """A clock that was wrong for a while, and is right again, needs no word of anybody."""
    journal = file.open(clock=clocks)
    waiting(journal, "r", "r:1", deadline=clocks.now + 600)
    clocks.now += 86400
    assert journal.expire() == []
    clocks.now -= 86400
    clocks.pass_(601)
    assert journal.expire() == ["r:1"]


def test_clock_that_is_corrected_little_by_little_is_trusted_when_a_worker_was_idle_for_long(
    file: SQLitePlace, clocks: Clocks
) -> None:
    """Looking for work is enough for that: nothing has to be written meanwhile."""
    journal = file.open(clock=clocks)
    waiting(journal, "r", "r:1", deadline=clocks.now + 86400)
    for _ in range(100):
        clocks.pass_(1000)
        clocks.now += 1
        gone = journal.expire()
    assert (gone, journal.clock_problem()) == ([], "")
    assert Inbox(journal).decide("r:1", approve, by="ada").status == "late"


def test_no_lease_ends_when_the_clock_was_set(file: SQLitePlace, clocks: Clocks) -> None:
    """Leases are measured by what nobody can set."""
    journal = file.open(clock=clocks)
    begin(journal)
    clocks.now += 86400 * 40
    assert journal.claim_ready("w2", {"bot"}, 30) == []
    clocks.pass_(31)
    assert [c.run for c in journal.claim_ready("w2", {"bot"}, 30)] == ["r"]


@pytest.mark.parametrize("told", [True, False], ids=["by the system", "by the clock alone"])
def test_leases_end_when_the_machine_was_started_again(file: SQLitePlace, clocks: Clocks, told: bool) -> None:
    """Whoever held a run before the machine was started again does not live any more."""
    begin(file.open(clock=clocks))
    clocks.now, clocks.since, clocks.start = clocks.now + 20, 5.0, "boot 2" if told else "boot 1"
    journal = file.open(clock=clocks)
    assert [c.run for c in journal.claim_ready("w2", {"bot"}, 30)] == ["r"]
    assert journal.clock_problem() == ""


def test_clock_is_not_trusted_when_it_runs_back_over_a_start(file: SQLitePlace, clocks: Clocks) -> None:
    """How long a machine was off is not known, but time does not run back."""
    waiting(file.open(clock=clocks), "r", "r:1", deadline=clocks.now - 86500)
    clocks.now, clocks.since, clocks.start = clocks.now - 86400, 5.0, "boot 2"
    journal = file.open(clock=clocks)
    assert "was set back by 1d" in journal.clock_problem()
    assert journal.expire() == []


# ---------------------------------------------------------------- processes


def test_watcher_hears_soon_when_another_connection_decides(file: SQLitePlace) -> None:
    """What another process decides is told within moments, what this one decides at once; nothing after the end."""
    watching, deciding = file.open(), file.open()
    waiting(watching, "r", "r:1", "r:2", "r:3")
    heard = Event()
    end = watching.watch(heard.set)
    assert heard.wait(5)  # of what was before it looked
    heard.clear()
    began = time.monotonic()
    deciding.settle("r:1", 0, yes("r:1"))
    assert heard.wait(5)
    assert time.monotonic() - began < 1
    heard.clear()
    watching.settle("r:2", 0, yes("r:2"))
    assert heard.is_set()
    end()
    heard.clear()
    watching.settle("r:3", 0, yes("r:3"))
    assert not heard.is_set()


FORKED = """
import os, sys
from convagent.commands.journals import patiently
from convagent.journal import Batch, SQLiteJournal
from tests.durable.asking import begin, row
journal = SQLiteJournal(sys.argv[1])
mine = begin(journal, "parent")
child = os.fork()
theirs = patiently(lambda: begin(journal, "child" if child == 0 else "other"), 40)
for n in range(1, 21):
    patiently(lambda: journal.append(theirs, Batch(rows=[row(theirs.run, n)])), 40)
if child == 0:
    journal.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
journal.append(mine, Batch(rows=[row("parent", 1)]))
print(status, sorted((r.id, len(journal.load(r.id).rows)) for r in journal.runs()))
salts = [s for r in journal.runs() for s in journal.record.export(r.id)]
print(len({s.partition('"salt":"')[2][:32] for s in salts}))
"""


def test_child_has_a_connection_of_its_own_when_a_process_forks(file: SQLitePlace, root: Path) -> None:
    """Parent and forked child go on with the same journal, and never give out the same salt.

    One that finds it locked for longer than a call waits tries again: on a machine with much to do that happens.
    """
    done = subprocess.run(
        [sys.executable, "-c", FORKED, file.target], capture_output=True, text=True, timeout=50, check=False,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["0 [('child', 20), ('other', 20), ('parent', 1)]", "41"]


def test_copy_holds_every_decision_when_it_is_made_while_others_write(file: SQLitePlace, tmp_path: Path) -> None:
    """A copy at any moment is whole, and holds every answer that was acknowledged before it."""
    journal = file.open()
    for n in range(10):
        waiting(journal, f"r{n}")
        assert journal.settle(f"r{n}:1", 0, yes(f"r{n}:1"))
        source, target = sqlite3.connect(file.path), sqlite3.connect(tmp_path / f"copy{n}.db")
        source.backup(target)
        source.close()
        target.close()
        with SQLiteJournal(tmp_path / f"copy{n}.db") as copied:
            assert [r.status for m in range(n + 1) for r in copied.load(f"r{m}").requests] == ["answered"] * (n + 1)
            assert copied.record.verify().ok


# ---------------------------------------------------------------- what was written earlier


def test_journal_of_version_1_is_read_when_it_was_written_by_its_convagent(tmp_path: Path) -> None:
    """A journal as the first version wrote it goes on: what it holds is as it was, and its run is moved on."""
    path = tmp_path / "runs.db"
    connection = sqlite3.connect(path)
    connection.executescript((GOLDEN / "journal-1.sql").read_text(encoding="utf-8"))
    connection.close()
    with SQLiteJournal(path) as journal:
        journal.confirm_clock()
        done, waits = journal.load("done"), journal.load("waits")
        assert [(r.run, r.seq, r.key, r.fence, r.body["value"]) for r in done.rows] == [
            ("done", 1, "1/say#1", 1, "hello"),
            ("done/in", 1, "1/say#1", 1, "hello"),
            ("done", 2, "1/say#2", 1, "hello"),
        ]
        assert (done.info.status, done.info.reason, done.info.agents) == ("done", "all said", ("bot", "user@2"))
        assert done.turns == {"done": 1, "done/in": 0}
        assert [(r.status, r.decision_id, [v.by for v in r.votes]) for r in done.requests] == [
            ("answered", "d1", ["ada"])
        ]
        assert [r.body["value"] for r in waits.rows] == ["é\x00"]
        assert [(r.status, r.request.level, r.history[0]["status"]) for r in waits.requests] == [("open", 1, "expired")]
        assert waits.timers == {("waits", "1/sleep"): 4e9}
        assert [(c.action, c.text) for c in waits.controls] == [("say", "hello")]
        assert [m.id for m in journal.claim_messages()] == ["m1"]
        assert journal.record.verify(head=journal.record.verify().head).ok
        assert Inbox(journal).decide("waits:1", approve, by="ada").status == "accepted"
        (claim,) = journal.claim_ready("w", {"bot"}, 30)
        assert journal.append(claim, Batch(rows=[row("waits", 2)], status="done"))


EVENTS = (GOLDEN / "events-1.jsonl").read_text(encoding="ascii").splitlines()


def test_row_is_read_as_it_was_when_it_was_written_by_an_earlier_convagent() -> None:
    """One row of each type of event, as version 1 wrote it, is read, and written again to the letter."""
    import json

    from convagent import events
    from convagent.events import Event

    bodies = [json.loads(line) for line in EVENTS]
    kinds = {kind.type for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)}
    missing = kinds - {body["type"] for body in bodies} - {"event"}
    assert not missing, "new: add `write_body` of one with the values of FULL in test_serde to golden/events-1.jsonl"
    for line, body in zip(EVENTS, bodies, strict=True):
        if body["type"] != "step":
            assert write_body(read_body(body)) == line
