"""A journal in PostgreSQL: for as many machines as reach it. Its clock is the one that counts."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import islice
from threading import Lock, Semaphore
from typing import Any, LiteralString, cast

from ..errors import JournalError, JournalUnavailable, MissingExtra
from .addresses import ESCAPED, expect_address, link, passwords, without_password
from .condition import Condition, condition
from .schema import POSTGRES, VERSION, migrations, tables
from .store import DatabaseJournal
from .tx import SQLValue, Tx
from .watching import Watchers

try:
    import psycopg
    from psycopg import errors
except ImportError as error:
    raise MissingExtra("a journal in PostgreSQL", "postgres") from error

SCHEMA = "convagent"
"""The schema in which its tables are, beside those of the application; and the channel of its notifications."""
CONNECTIONS = 8
"""How many transactions of one process go on at once; further ones wait."""
_SESSION = (
    f"SET search_path TO {SCHEMA}; SET lock_timeout TO '2s'; SET idle_in_transaction_session_timeout TO '10s'; "
    # The server lets go of a machine that is no more.
    "SET tcp_keepalives_idle TO 15; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3; "
    "SET tcp_user_timeout TO '30s'; "
    # What was acknowledged must be there after a crash, whatever the server takes for enough.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
_TOGETHER = 0.02
"""Seconds: what is notified of sooner after another notification is told together."""
_AT_ONCE = 64
"""How many rows one statement adds."""
_NAMED = 300
"""How many runs one notification names; it has room for 8,000 bytes."""
_ENDED = ("25P03", "25P04")
"""Codes of errors: the server has ended a transaction in which nothing happened, or which took too long."""
_REFUSED = re.compile(
    "authentication failed|no password supplied|does not exist|no pg_hba.conf entry|permission denied for database|"
    "not permitted to log in|does not support SSL|certificate verify failed|connection is bad: invalid"
)
"""What libpq says where an address is wrong, in the words of a server that speaks English. It tells no code."""
_LISTENING = 0.5
"""Seconds after which the thread that listens looks whether anybody still wants to know."""


class PostgresJournal(DatabaseJournal):
    """Keeps runs in a database of PostgreSQL, in a schema of its own, which is made if it is not there.

        journal = PostgresJournal("postgresql://user@host/database")

    Args:
        url: the address, as libpq understands it. Its password is shown nowhere.

    Raises:
        JournalUnavailable: the database cannot be reached.
        JournalError: it lets nobody of this name or password in, or cannot be used: no right to make tables, or tables
            of a later convagent.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        expect_address(url)
        self._address, self._url = url, without_password(url)
        self._secrets = passwords(url)
        self._reached = False
        """Whether it was; what is refused after that may be let in again."""
        self._abandoned: list[object] = []
        """Connections of the process that this one was forked from."""
        self._begin_anew()
        try:
            with self.write() as tx:
                self._prepare(tx)
        except BaseException:
            self.close()
            raise
        self._reached = True

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._idle: list[psycopg.Connection[Any]] = []
        self._room, self._lock, self._watching = Semaphore(CONNECTIONS), Lock(), False

    @property
    def url(self) -> str:
        """Its address, without a password."""
        return self._url

    @property
    def address(self) -> str:
        """Its address with the password, for what shares its database. Not to be shown."""
        return self._address

    def close(self) -> None:
        """Let go of the connections."""
        self._ended.set()
        self.heart.close()
        self._let_go_of_idle()

    def _let_go_of_idle(self) -> None:
        with suppress(IndexError):  # another thread took the last one
            while self._idle:
                self._idle.pop().close()

    def _prepare(self, tx: Tx) -> None:
        tx.one("SELECT pg_advisory_xact_lock(hashtext(?))", (SCHEMA,))  # of several that begin, one makes the tables
        tx.run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        if tx.one("SELECT to_regclass(?)", (f"{SCHEMA}.meta",))[0] is None:
            if not tx.one("SELECT getdatabaseencoding() = 'UTF8'")[0]:
                raise JournalError(
                    f"{self.url}: the encoding of this database has no place for every text; make one that has: "
                    "createdb --encoding UTF8 --template template0 NAME"
                )
            for statement in tables(POSTGRES):
                tx.run(statement)
            tx.run("INSERT INTO meta (name, value) VALUES ('version', ?)", (str(VERSION),))
            return
        (version,) = tx.one("SELECT value FROM meta WHERE name = 'version'") or ("",)
        for statement in migrations(version, self.url, POSTGRES):
            tx.run(statement)
        if version != str(VERSION):
            tx.run("UPDATE meta SET value = ? WHERE name = 'version'", (str(VERSION),))

    # ------------------------------------------------------------ connections

    def _connect(self) -> psycopg.Connection[Any]:
        made = psycopg.connect(
            self._address, autocommit=True, connect_timeout=3, application_name="convagent", **link(self._address)
        )
        try:
            made.execute(_SESSION)
        except BaseException:
            made.close()
            raise
        return made

    @contextmanager
    def _connection(self, begin: LiteralString) -> Generator[psycopg.Connection[Any]]:
        """Begin a transaction on a connection that nobody uses. One that was lost meanwhile is replaced."""
        if self._pid != os.getpid():
            self._abandoned += self._idle
            self._held.clear()
            self._watchers = Watchers()
            self._begin_anew()
        if self._ended.is_set():
            raise JournalError(f"{self.url}: the journal is closed")
        with self._room:
            connection = self._begun(begin)
            try:
                yield connection
            except BaseException:
                _roll_back(connection)
                raise
            finally:
                self._put_back(connection)

    def _put_back(self, connection: psycopg.Connection[Any]) -> None:
        if connection.closed or self._ended.is_set():
            connection.close()
        else:
            self._idle.append(connection)

    def _begun(self, begin: LiteralString) -> psycopg.Connection[Any]:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread took it
                break
            try:
                connection.execute(begin)
                return connection
            except psycopg.OperationalError:
                # The server was started again, a proxy between has let go of it, or nothing comes through. To find that
                # out may have taken long, and of the others it is no less likely.
                connection.close()
                self._let_go_of_idle()
        connection = self._connect()
        try:
            connection.execute(begin)
        except BaseException:
            connection.close()
            raise
        return connection

    # ------------------------------------------------------------ transactions

    @contextmanager
    def write(self) -> Generator[Tx]:
        """Begin a transaction; what it did counts when the block ends."""
        with self._said(), self._connection("BEGIN") as connection:
            tx = _PostgresTx(self.url, connection, " FOR UPDATE")
            yield tx
            if tx.told:
                tx.one("SELECT pg_notify(?, ?)", (SCHEMA, _named(tx.told)))
            connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Generator[Tx]:
        """Begin a transaction that sees everything as it stands at one moment."""
        with self._said(), self._connection("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as connection:
            yield _PostgresTx(self.url, connection, "")
            connection.execute("COMMIT")

    @contextmanager
    def _said(self) -> Generator[None]:
        """Let what psycopg raises be said without a password, and as what can be done about it."""
        try:
            yield
        except psycopg.Error as error:
            raise self._error(error) from None

    def _error(self, error: psycopg.Error) -> JournalError:
        if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
            return JournalError(f"{self.url}: this address cannot be read; {ESCAPED}")
        text = str(error).strip().replace("\n", " ")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        if isinstance(error, errors.DiskFull):
            return JournalError(f"{self.url}: the disk of the database is full ({text}); make room there")
        if isinstance(error, errors.UniqueViolation):
            return JournalError(f"{self.url}: another process has written the same at this moment ({text})")
        if not self._reached and error.sqlstate is None and _REFUSED.search(text):
            return JournalError(f"{self.url}: the database refuses this address: {text}")
        if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) or error.sqlstate in _ENDED:
            return JournalUnavailable(f"{self.url}: the database cannot be reached, or is locked: {text}")
        return JournalError(f"{self.url}: the journal cannot be used: {text}")

    def now(self) -> float:
        """Return the time in seconds since the epoch, as the database has it."""
        with self.read() as tx:
            return tx.now()

    def condition(self) -> Condition:
        """Return how its server stands, for whoever looks after it."""
        with self.read() as tx:
            return condition(tx, SCHEMA)

    # ------------------------------------------------------------ watching

    def _follow(self) -> None:
        """Listen as long as anybody wants to know; when the connection is lost, again."""
        while self._is_watched():
            try:
                with self._connect() as connection:
                    self._listen(connection)
            except psycopg.Error:
                self._ended.wait(_LISTENING)  # it is told by whoever needs the database; here it is tried again

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(f"LISTEN {SCHEMA}")
        self._watchers.tell()  # of what was not heard
        while self._is_watched():
            if heard := list(connection.notifies(timeout=_LISTENING, stop_after=1)):
                self._watchers.tell(_roots(note.payload for note in heard))
                self._ended.wait(_TOGETHER)


def _named(roots: set[int]) -> str:
    """Return the numbers of runs as what a notification says; of many nothing, which means any."""
    return ",".join(map(str, sorted(roots))) if len(roots) <= _NAMED else ""


def _roots(said: Iterable[str]) -> set[int] | None:
    """Return the numbers of runs that notifications name; None: it may be any."""
    texts = [text for one in said for text in one.split(",")]
    return {int(text) for text in texts} if all(map(str.isdecimal, texts)) else None


def _roll_back(connection: psycopg.Connection[Any]) -> None:
    """End a transaction that failed; where even that fails, the connection is of no use any more."""
    try:
        if not connection.closed:
            connection.execute("ROLLBACK")
    except psycopg.Error:
        connection.close()


@cache
def _translated(sql: str) -> LiteralString:
    # What is put into statements is a word of ours or a row of marks; values stand beside them.
    return cast("LiteralString", sql.replace("?", "%s"))


class _PostgresTx:
    """A transaction. Rows are locked one by one; time is that of the database."""

    def __init__(self, url: str, connection: psycopg.Connection[Any], lock: str) -> None:
        self.url, self.lock = url, lock
        self.skip = f"{lock} SKIP LOCKED" if lock else ""
        self.told: set[int] = set()
        self._connection = connection

    def _execute(self, sql: str, values: Sequence[SQLValue]) -> psycopg.Cursor[Any]:
        return self._connection.execute(_translated(sql), values or None)

    def one(self, sql: str, values: Sequence[SQLValue] = ()) -> Any:
        return self._execute(sql, values).fetchone()

    def all(self, sql: str, values: Sequence[SQLValue] = ()) -> list[Any]:
        return self._execute(sql, values).fetchall()

    def run(self, sql: str, values: Sequence[SQLValue] = ()) -> int:
        return self._execute(sql, values).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[SQLValue]]) -> None:
        # Not by `executemany`: its pipeline ends with a message after which the server's limit for idle transactions
        # does not count, and a process that is frozen there would hold its locks until it goes on.
        head, mark, values = sql.rpartition("VALUES ")
        left = iter(rows)
        while some := list(islice(left, _AT_ONCE)):
            sql = f"{head}{mark}{', '.join([values] * len(some))}"
            self._execute(sql, [value for row in some for value in row])

    def insert(self, table: str, key: str, values: dict[str, SQLValue]) -> int:
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks}) RETURNING {key}"
        return int(self.one(sql, tuple(values.values()))[0])

    def now(self) -> float:
        return float(self.one("SELECT extract(epoch FROM clock_timestamp())::float8")[0])

    ticks = now

    def trusted(self) -> bool:
        return True

    def alone(self, table: str) -> None:
        self.run(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")

    def changed(self, root: int) -> None:
        self.told.add(root)
