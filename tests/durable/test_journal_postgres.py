"""What only a journal in PostgreSQL has: connections that are lost, notifications, a password, its own clock."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from convagent.errors import ConfigError, JournalError, JournalUnavailable
from convagent.human import approve
from convagent.journal import Batch, Inbox, PostgresJournal, open_journal
from convagent.journal.schema import VERSION
from tests.durable.asking import asked, begin, row, waiting, yes
from tests.durable.mortal import wait_until
from tests.durable.places import PostgresPlace
from tests.durable.postgres import Server


@pytest.fixture
def there(postgres: Server) -> PostgresPlace:
    """Return a database of PostgreSQL."""
    with PostgresPlace(postgres) as found:
        yield found


def test_journal_goes_on_when_the_server_was_started_again(there: PostgresPlace) -> None:
    """While the server is gone each call says so; once it is back everything goes on, and watchers hear again."""
    journal, heard = there.open(), Event()
    journal.watch(heard.set)
    assert heard.wait(10)
    claim = begin(journal)
    journal.append(claim, Batch(rows=[row("r", 1)], requests=[asked("r:1")]))
    there.server.stop()
    heard.clear()
    try:
        for call in (
            lambda: journal.append(claim, Batch(rows=[row("r", 2)])),
            lambda: Inbox(journal).decide("r:1", approve, by="ada"),
            lambda: journal.load("r"),
            lambda: PostgresJournal(there.target),
        ):
            with pytest.raises(JournalUnavailable, match="cannot be reached"):
                call()
    finally:
        there.server.start()
    assert heard.wait(10)
    assert journal.append(claim, Batch(rows=[row("r", 2)]))
    assert Inbox(journal).decide("r:1", approve, by="ada").status == "accepted"
    assert [r.seq for r in journal.load("r").rows] == [1, 2]


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        ("28P01", 'password authentication failed for user "me"', JournalError),
        ("28000", 'no pg_hba.conf entry for host "10.0.0.7"', JournalError),
        ("57P03", "the database system is starting up", JournalUnavailable),
        ("53300", "sorry, too many clients already", JournalUnavailable),
    ],
)
def test_address_that_is_refused_is_told_from_a_server_that_is_away(
    code: str, text: str, kind: type[JournalError]
) -> None:
    """Whoever waits for a journal does so only where waiting may help."""
    with refusing(code, text) as port, pytest.raises(JournalError, match=text) as told:
        PostgresJournal(f"postgresql://me:granite@127.0.0.1:{port}/db")
    assert type(told.value) is kind
    assert "granite" not in str(told.value)


@contextmanager
def refusing(code: str, text: str) -> Generator[int]:
    """Answer as a PostgreSQL does that lets nobody in; return the port."""
    said = b"".join(kind + one.encode() + b"\0" for kind, one in ((b"S", "FATAL"), (b"C", code), (b"M", text))) + b"\0"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError):  # the test is over
                while True:
                    with server.accept()[0] as one:
                        while one.recv(1024)[4:8] in ENCRYPTED:
                            one.sendall(b"N")
                        one.sendall(b"E" + (len(said) + 4).to_bytes(4, "big") + said)

        answering = Thread(target=answer, daemon=True)
        answering.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        answering.join()


ENCRYPTED = ((80877103).to_bytes(4, "big"), (80877104).to_bytes(4, "big"))
"""What asks for TLS, and for GSSAPI."""


def test_call_goes_on_when_only_its_connection_was_lost(there: PostgresPlace) -> None:
    """A connection that nobody used and that a server or proxy has closed is replaced without a word."""
    journal = there.open()
    claim = begin(journal)
    there.look("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'convagent'")
    assert journal.append(claim, Batch(rows=[row("r", 1)]))


def test_watcher_hears_soon_when_another_process_decides(there: PostgresPlace) -> None:
    """The database itself tells what was decided, within moments."""
    journal, other, heard = there.open(), there.open(), Event()
    waiting(journal)
    end = journal.watch(heard.set)
    assert heard.wait(10)
    heard.clear()
    began = time.monotonic()
    other.settle("r:1", 0, yes("r:1"))
    assert heard.wait(10)
    assert time.monotonic() - began < 2
    end()


def test_watcher_of_a_run_hears_when_nobody_says_which_has_changed(there: PostgresPlace) -> None:
    """A convagent that names no runs in what it notifies of, and a connection that was lost, wake everybody."""
    journal, heard = there.open(), Event()
    begin(journal, "a")
    journal.watch(heard.set, "a")
    assert heard.wait(10)  # of what was not heard before it listened
    heard.clear()
    there.look("SELECT pg_notify('convagent', '')")
    assert heard.wait(10)
    heard.clear()
    there.look("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    assert heard.wait(10)


def test_watcher_of_a_run_hears_when_very_many_change_at_once(there: PostgresPlace) -> None:
    """What does not fit into one notification is told to everybody."""
    journal, other, heard = there.open(), there.open(), Event()
    journal.append(begin(journal, "a"), Batch(requests=[asked("a:1", deadline=1.0)]))
    for number in range(400):
        waiting(other, f"r{number}", deadline=1.0)
    journal.watch(heard.set, "a")
    assert heard.wait(10)
    heard.clear()
    assert len(other.expire()) == 401
    assert heard.wait(10)


def test_password_is_shown_nowhere_when_something_is_wrong(there: PostgresPlace) -> None:
    """Not in the url, not in the repr, not in errors."""
    with_password = there.target.replace("tests@", "tests:s3cr3t@")
    with PostgresJournal(with_password) as journal:
        assert "s3cr3t" not in journal.url + repr(journal)
        assert journal.url.startswith("postgresql://tests@/journal")
        with pytest.raises(JournalError) as caught:
            journal.load("nothing")
        assert "s3cr3t" not in str(caught.value)
    for wrong in (
        with_password.replace("/journal", "/nowhere"),
        "postgresql://u:s3cr3t@x:y@127.0.0.1:1/db",
        "postgresql://u:x@s3cr3t/y@127.0.0.1:1/db",
        "postgresql://u:x/s3cr3t@127.0.0.1:1/db",
        "postgresql://u:s3cr3t@[127.0.0.1/db",
        "postgresql://u:x#s3cr3t@127.0.0.1:1/db",
        "postgresql://127.0.0.1:1/db?password=s3cr3t&connect_timeout=1",
        "postgresql://u@h/db?bad=s3cr3t",
    ):
        with pytest.raises(JournalError) as caught:
            PostgresJournal(wrong)
        shown = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r} {caught.value.__suppress_context__}"
        assert "s3cr3t" not in shown.replace("bad=s3cr3t", "")


@pytest.mark.parametrize("place", ["host=127.0.0.1 password=s3cr3t dbname=db", "postgresql:/u:s3cr3t@127.0.0.1/db"])
def test_what_was_meant_for_an_address_is_no_name_of_a_file(place: str, tmp_path: Path) -> None:
    """A journal in a file of this name would show the password to whoever lists the folder."""
    with contextlib.chdir(tmp_path), pytest.raises(ConfigError, match="named by an address, postgresql://") as caught:
        open_journal(place)
    assert "s3cr3t" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_lock_of_another_is_not_waited_for_when_it_lasts(there: PostgresPlace) -> None:
    """A call gives up after some seconds, and says that trying again helps."""
    import psycopg

    journal = there.open()
    claim = begin(journal)
    with psycopg.connect(there.target, options="-c search_path=convagent") as other:
        other.execute("SELECT 1 FROM runs FOR UPDATE")
        with pytest.raises(JournalUnavailable, match="lock timeout"):
            journal.append(claim, Batch(rows=[row("r", 1)]))
    assert journal.append(claim, Batch(rows=[row("r", 1)]))


def test_tables_stand_beside_those_of_the_application(there: PostgresPlace) -> None:
    """An application's database may be used: the journal keeps to a schema of its own."""
    begin(there.open())
    found = there.look("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('runs', 'events', 'requests')")
    assert found == [("convagent",)]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_database_is_refused_when_its_encoding_cannot_keep_every_text(there: PostgresPlace, encoding: str) -> None:
    """Before anything is kept in it; what to do is said."""
    import psycopg

    made = f"{there.target.partition('?')[0].rpartition('/')[2]}_{encoding.lower()}"
    with psycopg.connect(there.target, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {made} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"  # type: ignore[call-overload]
        )
    with pytest.raises(JournalError, match="createdb --encoding UTF8"):
        PostgresJournal(there.server.url(made))


def test_journal_is_refused_when_a_later_convagent_has_written_it(there: PostgresPlace) -> None:
    """The text says what to do."""
    there.open()
    there.change("UPDATE meta SET value = '99' WHERE name = 'version'")
    try:
        with pytest.raises(JournalError, match="update convagent"):
            there.open()
    finally:
        there.change("UPDATE meta SET value = ? WHERE name = 'version'", str(VERSION))


def test_open_journal_opens_a_database_when_it_is_named(there: PostgresPlace) -> None:
    """postgresql:// and postgres:// name a database."""
    for target in (there.target, there.target.replace("postgresql://", "postgres://")):
        opened = open_journal(target)
        assert isinstance(opened, PostgresJournal)
        opened.close()
        with pytest.raises(JournalError, match="is closed"):
            opened.runs()


ABSENT = """
import sys
sys.modules["psycopg"] = None
from convagent.journal import open_journal
try:
    open_journal("postgresql://127.0.0.1/db")
except ImportError as error:
    print(error)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the options of sockets are those of Linux")
@pytest.mark.parametrize(("said", "seconds"), [("", 10), ("?tcp_user_timeout=60000", 60)], ids=["ours", "said"])
def test_connection_is_given_up_when_nothing_comes_over_it(said: str, seconds: int) -> None:
    """After seconds, not the quarter of an hour of the system; the address may say otherwise."""
    found: list[tuple[int, ...]] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def met() -> None:
            with server.accept()[0]:  # it never answers
                found.append(_options_towards(server.getsockname()))

        meeting = Thread(target=met)
        meeting.start()
        with pytest.raises(JournalUnavailable):
            PostgresJournal(f"postgresql://nobody@127.0.0.1:{server.getsockname()[1]}/none{said}")
        meeting.join()
    assert found == [(1, 5, 5, 2, 1000 * seconds)]


def _options_towards(address: tuple[str, int]) -> tuple[int, ...]:
    """Return how long this process's connection to an address waits for whom."""
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # one that was closed meanwhile, or is not connected
            if os.readlink(path).startswith("socket:"):
                with socket.socket(fileno=os.dup(int(path.name))) as one:
                    if one.getpeername() == address:
                        probes = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
                        kept = one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                        return (kept, *(one.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in probes))
    return ()


def test_extra_is_named_when_psycopg_is_not_installed(root: Path) -> None:
    """The text says what to install."""
    done = subprocess.run(
        [sys.executable, "-c", ABSENT], capture_output=True, text=True, timeout=50, check=False,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert "pip install 'convagent[postgres]'" in done.stdout, done.stderr


def test_transaction_ends_when_its_process_is_frozen_after_writing_rows(there: PostgresPlace) -> None:
    """The server ends it after the session's limit, whichever statement was the last, so that others can go on."""
    journal, other = there.open(), there.open()
    claim = begin(journal)

    def frozen() -> None:
        with journal.write() as tx:
            (process,) = tx.one("SELECT pg_backend_pid()")
            tx.run("SET LOCAL idle_in_transaction_session_timeout TO '200ms'")
            tx.one("SELECT 1 FROM runs WHERE id = 'r' FOR UPDATE")
            tx.many("INSERT INTO lists (names) VALUES (?)", [("one",), ("two",)])
            wait_until(lambda: not there.look(f"SELECT 1 FROM pg_stat_activity WHERE pid = {process}"))

    with pytest.raises(JournalUnavailable):
        frozen()
    assert other.claim(claim.run, claim.worker, 30).fence == 2


def test_rows_are_kept_when_very_many_are_written_at_once(there: PostgresPlace) -> None:
    """More than one statement has room for."""
    journal = there.open()
    assert journal.append(begin(journal), Batch(rows=[row("r", seq) for seq in range(1, 151)]))
    assert [found.seq for found in journal.load("r").rows] == [*range(1, 151)]
