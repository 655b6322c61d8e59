"""A journal in a file, by the SQLite of the standard library: for one machine, and as many processes as it has."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Container, Generator, Iterable, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Literal
from urllib.parse import quote

from ..errors import JournalError, JournalUnavailable, one_of
from . import asking, claims
from .base import Claim
from .clock import Clock, Moment
from .schema import SQLITE, VERSION, migrations, tables
from .store import DatabaseJournal
from .tx import SQLValue, Tx
from .watching import Watchers

BUSY = 100
"""Milliseconds that a call waits for others to end their transaction."""
OPENING = 5000
"""The same, where the file is opened for the first time, or after the machine was started, or written anew."""
LOOK = 0.02
"""Seconds between two looks at whether another process has written."""
REMEMBER = 60.0
"""Seconds after which the clocks are noted anew."""

Path = str | os.PathLike[str]


class SQLiteJournal(DatabaseJournal):
    """Keeps runs in a file, in WAL mode. The file is made if it is not there, for its owner alone.

        journal = SQLiteJournal("runs.db")

    Leases end by the time since the machine was started, so that setting the clock takes none away. If the clock on
    the wall is seen to jump by more than a minute, no deadline passes until `confirm_clock` is called.

    Args:
        path: the file. It must not be on a network drive.
        synchronous: `FULL`: what was written survives a loss of power; `NORMAL`: only the end of the process, and
            a loss of power may take the last transactions, all of a kind, none in part.
        clock: the clocks of this machine.

    Raises:
        JournalError: the file cannot be used: it is something else, damaged, or of a later convagent.
    """

    quick = True

    def __init__(
        self, path: Path, *, synchronous: Literal["FULL", "NORMAL"] = "FULL", clock: Clock | None = None
    ) -> None:
        super().__init__()
        if synchronous not in ("FULL", "NORMAL"):
            raise one_of("synchronous", synchronous, ("FULL", "NORMAL"))
        self.path = os.fspath(path)
        self._synchronous, self._clock = synchronous, clock or Clock()
        self._abandoned: list[object] = []
        """Connections of the process that this one was forked from: to close them here would disturb it."""
        self._connect()

    @property
    def url(self) -> str:
        """Its path."""
        return self.path

    def close(self) -> None:
        """Let go of the file and the thread that watches it."""
        self._ended.set()
        self.heart.close()
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        if getattr(self, "_connection", None) is not None and self._pid == os.getpid():
            self.close()

    # ------------------------------------------------------------ the file

    def _connect(self) -> None:
        self._pid, self._lock = os.getpid(), Lock()
        self._noted, self._told, self._watching = float("-inf"), 0, False
        self._connection: sqlite3.Connection | None = None
        with self._said():
            _make(self.path)
            connection = self._open()
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        self._connection, self._opened = connection, self._file()

    def _open(self) -> sqlite3.Connection:
        found = sqlite3.connect(
            f"file:{quote(self.path)}?mode=rw", uri=True, timeout=BUSY / 1000, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
        found.execute(f"PRAGMA synchronous = {self._synchronous}")
        found.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
        return found

    def _file(self) -> tuple[int, int]:
        """Return which file it is that is found under the path now."""
        try:
            found = os.stat(self.path)
        except OSError as error:
            raise JournalError(f"{self.path}: the journal is gone: {error.strerror or error}; put it back") from None
        return found.st_dev, found.st_ino

    def _check_file(self) -> None:
        if self._file() != self._opened:
            raise JournalError(f"{self.path}: another file was put in the journal's place; open it anew")

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables, or bring them up to date, and end leases of before the machine was started."""
        names = _tables_of(connection)
        if names and "meta" not in names:
            raise JournalError(f"{self.path}: this is a database of something else; name another file")
        connection.execute(f"PRAGMA busy_timeout = {OPENING}")
        (found,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if found != "wal":
            raise JournalError(f"{self.path}: this place cannot hold a journal (no WAL mode); use a local disk")
        if not self._is_ready(connection):
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._migrate(connection)
                self._after_start(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        connection.execute(f"PRAGMA busy_timeout = {BUSY}")

    def _is_ready(self, connection: sqlite3.Connection) -> bool:
        """Return whether there is nothing to do: then it is opened while others write."""
        if "meta" not in _tables_of(connection):
            return False
        known = dict(connection.execute("SELECT name, value FROM meta WHERE name IN ('version', 'start')").fetchall())
        same = Moment.read(known["start"]).same_start(Moment.of(self._clock)) if "start" in known else False
        return known.get("version") == str(VERSION) and same

    def _migrate(self, connection: sqlite3.Connection) -> None:
        if "meta" not in _tables_of(connection):
            for statement in tables(SQLITE):
                connection.execute(statement)
            now = str(Moment.of(self._clock))
            rows = [("version", str(VERSION)), ("changes", "0"), ("clock", now), ("start", now)]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
            return
        (version,) = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone() or ("",)
        for statement in migrations(version, self.path, SQLITE):
            connection.execute(statement)
        if version != str(VERSION):
            connection.execute("UPDATE meta SET value = ? WHERE name = 'version'", (str(VERSION),))

    def _after_start(self, connection: sqlite3.Connection) -> None:
        now = Moment.of(self._clock)
        (text,) = connection.execute("SELECT value FROM meta WHERE name = 'start'").fetchone()
        if not Moment.read(text).same_start(now):
            connection.execute("UPDATE runs SET lease = 0 WHERE worker IS NOT NULL")
            connection.execute("UPDATE meta SET value = ? WHERE name = 'start'", (str(now),))

    # ------------------------------------------------------------ transactions

    @contextmanager
    def write(self) -> Generator[Tx]:
        """Begin a transaction; what it did counts when the block ends."""
        with self._transaction("BEGIN IMMEDIATE") as tx:
            self._check_file()
            if tx.ticks() - self._noted > REMEMBER:
                self._note(tx)
            yield tx
            count = 0
            if tx.told:
                tx.run("UPDATE meta SET value = value + 1 WHERE name = 'changes'")
                count = tx.changes() if self._watchers else 0
        if count:
            self._tell(count, tx.told)

    def _tell(self, count: int, roots: set[int]) -> None:
        if count == self._told + 1:
            self._told = count  # so that the thread that looks does not tell it again
        self._watchers.tell(roots)

    @contextmanager
    def read(self) -> Generator[Tx]:
        """Begin a transaction that sees everything as it stands at one moment."""
        with self._transaction("BEGIN") as tx:
            yield tx

    @contextmanager
    def _transaction(self, begin: str) -> Generator[_SQLiteTx]:
        if self._pid != os.getpid():
            self._abandoned.append(self._connection)
            self._held.clear()
            self._watchers = Watchers()
            self._connect()
        with self._lock:
            connection = self._connection
            if connection is None:
                raise JournalError(f"{self.path}: the journal is closed")
            try:
                connection.execute(begin)
                yield _SQLiteTx(self.path, connection, self._clock)
                connection.execute("COMMIT")
            except BaseException as error:
                with self._said():
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._error(error) from error
                raise

    @contextmanager
    def _said(self) -> Generator[None]:
        """Let what SQLite raises be said as what can be done about it."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _error(self, error: sqlite3.Error) -> JournalError:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")):
            return JournalUnavailable(f"{self.path}: another process is writing the journal ({error})")
        for start, told in _FAULTS.items():
            if name.startswith(start):
                return JournalError(f"{self.path}: {told} ({error})")
        return JournalError(f"{self.path}: the journal cannot be used: {error}")

    # Only one process writes at a time: whoever but looks for work is not to hold the others up.

    def claim_ready(self, worker: str, knows: Container[str], lease: float, limit: int = 1) -> list[Claim]:
        """Claim runs that are to be moved on; see `Journal.claim_ready`."""
        if self._finds_nothing(lambda tx: claims.any_ready(tx, knows)):
            return []
        return super().claim_ready(worker, knows, lease, limit)

    def expire(self, id: str = "", level: int = 0, *, force: bool = False, by: str = "") -> list[str]:
        """Let the time of open requests be up; see `Journal.expire`."""
        if not id and self._finds_nothing(asking.any_due):
            return []
        return super().expire(id, level, force=force, by=by)

    def _finds_nothing(self, look: Callable[[Tx], bool]) -> bool:
        """Return whether there is nothing to write. Now and then there is: how the clocks stand to each other."""
        if self._clock.ticks() - self._noted > REMEMBER:
            return False
        with self.read() as tx:
            found = look(tx)
        if not found:
            self._check_file()  # else whoever writes does
        return not found

    def shred(self) -> None:
        """Let what was deleted be gone from the files: also from the log that is written before them."""
        with self._patiently() as connection:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise JournalUnavailable(
                f"{self.path}: it is deleted, but another process has been reading for so long that the log beside the "
                "journal still holds it; do it again when that has ended"
            )

    def rewrite(self) -> None:
        """Write the file anew: pieces of rows stay between others where SQLite moved those about."""
        with self._patiently() as connection:
            connection.execute("VACUUM")

    @contextmanager
    def _patiently(self) -> Generator[sqlite3.Connection]:
        with self._lock, self._said():
            connection = self._connection
            if connection is None:
                raise JournalError(f"{self.path}: the journal is closed")
            connection.execute(f"PRAGMA busy_timeout = {OPENING}")
            try:
                yield connection
            finally:
                connection.execute(f"PRAGMA busy_timeout = {BUSY}")

    # ------------------------------------------------------------ time

    def now(self) -> float:
        """Return the time in seconds since the epoch, as this machine's clock has it."""
        return self._clock.wall()

    def _note(self, tx: _SQLiteTx) -> None:
        """Remember how the clocks stand to each other, as long as they can be trusted."""
        self._noted = tx.ticks()
        if tx.trusted():
            tx.run("UPDATE meta SET value = ? WHERE name = 'clock'", (str(Moment.of(self._clock)),))

    def clock_problem(self) -> str:
        """Say how the clock was set to another time; empty: it was not. While it is so, no deadline passes."""
        with self._transaction("BEGIN") as tx:
            return tx.problem()

    def confirm_clock(self) -> None:
        """Say that the clock is right as it is now: deadlines pass again."""
        with self._transaction("BEGIN IMMEDIATE") as tx:
            tx.run("UPDATE meta SET value = ? WHERE name = 'clock'", (str(Moment.of(self._clock)),))
            tx.run("UPDATE meta SET value = value + 1 WHERE name = 'changes'")

    # ------------------------------------------------------------ watching

    def _follow(self) -> None:
        """Look whether another process has written, as long as anybody wants to know."""
        seen = -1
        connection: sqlite3.Connection | None = None
        try:
            while self._is_watched():
                try:
                    connection = connection or self._open()
                    seen = self._look(connection, seen)
                except (sqlite3.Error, JournalError):
                    seen = -1  # it is told by whoever needs the file; here it is looked at again
                time.sleep(LOOK)  # `Event.wait` takes three times as much of the processor
        finally:
            if connection is not None:
                connection.close()

    def _look(self, connection: sqlite3.Connection, seen: int) -> int:
        """Tell whoever watches if something was written since the file was seen last; return how it is seen now."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version != seen:
            (count,) = connection.execute("SELECT value FROM meta WHERE name = 'changes'").fetchone()
            changed, self._told = int(count) != self._told, int(count)
            if changed:
                self._watchers.tell()
        return version


def _make(path: str) -> None:
    """Make an empty file for its owner alone, if there is none.

    It gets its name once it is closed: to close a descriptor of a file that SQLite has open drops the locks of this
    process on it (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    if os.path.exists(path):
        return
    aside = f"{path}.{os.urandom(4).hex()}"
    try:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            os.link(aside, path)
        except FileExistsError:
            pass  # another was faster
        finally:
            os.unlink(aside)
    except OSError as error:
        raise JournalError(f"{path}: the journal cannot be made: {error.strerror or error}") from None


def _tables_of(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


_FAULTS = {
    "SQLITE_FULL": "the disk is full; make room, and go on with the runs that it stopped",
    "SQLITE_READONLY": "the journal cannot be written by this user; check who owns the file and its folder",
    "SQLITE_CANTOPEN": "the journal cannot be opened; check that its folder is there and may be written",
    "SQLITE_CORRUPT": "the journal is damaged; restore a copy, or save what can be read with `sqlite3 FILE .recover`",
    "SQLITE_NOTADB": "this is no journal, or its beginning is damaged; name another file, or restore a copy",
    "SQLITE_IOERR": "the disk failed to read or write the journal",
}
"""How names of SQLite's errors begin, and what is said instead."""


class _SQLiteTx:
    """A transaction. Nobody else writes meanwhile, so nothing has to be locked by itself."""

    lock = ""
    skip = ""

    def __init__(self, url: str, connection: sqlite3.Connection, clock: Clock) -> None:
        self.url = url
        self.told: set[int] = set()
        self._execute, self._executemany = connection.execute, connection.executemany
        self._clock = clock
        self.now, self.ticks = clock.wall, clock.ticks

    def one(self, sql: str, values: Sequence[SQLValue] = ()) -> Any:
        return self._execute(sql, values).fetchone()

    def all(self, sql: str, values: Sequence[SQLValue] = ()) -> list[Any]:
        return self._execute(sql, values).fetchall()

    def run(self, sql: str, values: Sequence[SQLValue] = ()) -> int:
        return self._execute(sql, values).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[SQLValue]]) -> None:
        self._executemany(sql, rows)

    def insert(self, table: str, key: str, values: dict[str, SQLValue]) -> int:
        marks = ", ".join("?" * len(values))
        done = self._execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
        return done.lastrowid or 0

    def trusted(self) -> bool:
        return not self.problem()

    def problem(self) -> str:
        """Say how the clock was set; empty: it was not."""
        (text,) = self._execute("SELECT value FROM meta WHERE name = 'clock'").fetchone()
        return Moment.read(text).jumped(Moment.of(self._clock))

    def alone(self, table: str) -> None: ...

    def changed(self, root: int) -> None:
        self.told.add(root)

    def changes(self) -> int:
        """Return how often something has changed."""
        return int(self._execute("SELECT value FROM meta WHERE name = 'changes'").fetchone()[0])
