"""What `convagent doctor` says of the database of a journal: that it is whole, and that its clock is right."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..errors import JournalError
from ..journal import SQLiteJournal
from ..journal.base import Journal
from ..journal.clock import JUMP
from .journals import every_run
from .tables import span

if TYPE_CHECKING:
    from ..journal.condition import Condition, Idle
    from ..journal.postgres import PostgresJournal

SHOWN = 10
"""How many of a kind are named one by one."""
WRONG = "WRONG: "
IDLE = 5.0
"""Seconds after which a transaction that does nothing is said to hold others up."""
SAMPLE = 3.0
"""For how many seconds the rows of runs are read, to see that they are what was written."""


def some(found: Sequence[str]) -> Iterator[str]:
    """Give the first of many, and how many more there are."""
    yield from found[:SHOWN]
    if len(found) > SHOWN:
        yield f"{WRONG}and {len(found) - SHOWN} more like these"


def database(journal: Journal) -> Iterator[str]:
    """Say how the database is, of either kind."""
    if isinstance(journal, SQLiteJournal):
        yield from _file(journal)
    elif (server := _server(journal)) is not None:
        yield from _said_of(journal.url, server.condition())


def _server(journal: Journal) -> PostgresJournal | None:
    if not journal.url.startswith("postgres"):
        return None
    from ..journal import PostgresJournal

    return journal if isinstance(journal, PostgresJournal) else None


# ---------------------------------------------------------------- a file


def _file(journal: SQLiteJournal) -> Iterator[str]:
    wal = _size(f"{journal.path}-wal")
    yield f"{journal.path}: {_bytes(_size(journal.path))}, and {_bytes(wal)} not yet taken over (WAL)"
    problem = _integrity(journal.path)
    yield f"{WRONG}the file is damaged: {problem}; restore a copy" if problem else "the file is whole (integrity_check)"
    if clock := journal.clock_problem():
        yield (
            f"{WRONG}{clock}, so that no deadline passes. If it is right now: "
            f"convagent doctor --confirm-clock --journal {journal.url}"
        )


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _bytes(size: float) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"


def _integrity(path: str) -> str:
    """Return what SQLite finds wrong in a file; empty: nothing."""
    connection = sqlite3.connect(path, timeout=10)
    try:
        found = [str(text) for (text,) in connection.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        return str(error)
    finally:
        connection.close()
    return "" if found == ["ok"] else "; ".join(found)


def confirm_clock(journal: Journal) -> None:
    """Say that the clock of this machine is right, where deadlines go by it."""
    if isinstance(journal, SQLiteJournal):
        journal.confirm_clock()


# ---------------------------------------------------------------- a server


def _said_of(url: str, server: Condition) -> Iterator[str]:
    yield f"{url}: PostgreSQL {server.version}, tables of version {server.tables}, {_bytes(server.size)}"
    if not server.syncs:
        yield f"{WRONG}fsync is off: a loss of power takes what was acknowledged, or all; turn it on"
    yield _clock(server.ahead)
    yield from some([_idle(one) for one in server.idle if one.since >= IDLE or one.waiting])


def _clock(ahead: float) -> str:
    if abs(ahead) < 1.0:
        return "its clock agrees with this machine's"
    differs = f"its clock is {span(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} this machine's"
    if abs(ahead) <= JUMP:
        return differs
    return f"{WRONG}{differs}; deadlines go by its clock, signatures and links by this one: set the one that is wrong"


def _idle(one: Idle) -> str:
    held_up = f", and {one.waiting} wait for it" if one.waiting else ""
    return (
        f"{WRONG}process {one.pid} of the server ({one.who}) has a transaction open in which nothing has happened for "
        f"{span(one.since)}{held_up}; end it there, or by SELECT pg_terminate_backend({one.pid})"
    )


# ---------------------------------------------------------------- rows


def rows(journal: Journal) -> Iterator[str]:
    """Read the rows of runs, the latest first, as far as some seconds go, and say whether they are as written."""
    until, looked, wrong = time.monotonic() + SAMPLE, 0, list[str]()
    for info in every_run(journal, []):
        looked += 1
        if problem := _problem(journal, info.id):
            wrong.append(f"{WRONG}{problem}")
        if time.monotonic() > until:
            break
    yield from some(wrong)
    if looked and not wrong:
        runs = "run" if looked == 1 else f"{looked} runs"
        yield f"the rows of the latest {runs} are as they were written (checksums, chain)"


def _problem(journal: Journal, run: str) -> str:
    try:
        journal.load(run)
        return journal.record.verify(run).problem
    except JournalError as error:
        return "" if "there is no run" in str(error) else str(error)
