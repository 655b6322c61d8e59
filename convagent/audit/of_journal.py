"""A journal, read where a log is expected: its rows, their events, and whether they are what was written.

A journal keeps what a run must be able to go on with, secrets included. They are hidden here as a log hides them
when it is written, so that what is shown of a journal is no more than what is shown of a log.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from os import PathLike, fspath
from typing import TYPE_CHECKING

from ..errors import ConfigError, JournalError
from ..events import Event, InputRequestEvent, stamp

if TYPE_CHECKING:
    from ..journal.record import Record, Verdict
    from ..journal.store import DatabaseJournal
    from .redact import Redactor
    from .rows import Row

_SQLITE = b"SQLite format 3\0"


def is_journal(path: str | PathLike[str]) -> bool:
    """Return whether a place is an address of a journal, or the file of one."""
    place = fspath(path)
    if "://" in place:
        return True
    with suppress(OSError), open(place, "rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
    return False


def verify(path: str | PathLike[str], head: str) -> Verdict:
    """Compute the chains of a journal again; see `Record.verify`."""
    with _record(path) as (_, record):
        return record.verify(head=head)


def head(path: str | PathLike[str]) -> str:
    """Return one text that covers all chains of a journal; see `Record.head`."""
    with _record(path) as (_, record):
        return record.head()


def lines_of(path: str | PathLike[str]) -> Iterator[tuple[int, str]]:
    """Read the rows of a journal as lines of a log, numbered from 1, as they stand, secrets included."""
    with _record(path) as (_, record):
        for number, line in enumerate(record.export(), 1):
            yield number, line.removesuffix("\n")


def rows_of(path: str | PathLike[str]) -> Iterator[Row]:
    """Read the rows of a journal, run by run, their secrets hidden."""
    from .redact import Redactor
    from .rows import row_of

    redactor, known = Redactor(), ""
    with _record(path) as (journal, record):
        for number, line in enumerate(record.export(), 1):
            row = row_of(line.removesuffix("\n"), number)
            root = row.run.partition("/")[0]
            if root != known:
                for event in _asked(journal, root):  # what a question marks as secret is hidden wherever else it stands
                    redactor.body(event)
                known = root
            yield _hidden(row, redactor)


def _hidden(row: Row, redactor: Redactor) -> Row:
    try:
        event = row.event
    except ConfigError:
        return row
    if event is None:
        return row
    return replace(row, body={**json.loads(redactor.body(event)), "type": row.body["type"]})


def _asked(journal: DatabaseJournal, root: str) -> Iterator[Event]:
    for stored in journal.load(root).requests:
        event = InputRequestEvent(request=stored.request)
        stamp(event, stored.run, 1, stored.asked)
        yield event


@contextmanager
def _record(path: str | PathLike[str]) -> Generator[tuple[DatabaseJournal, Record]]:
    from ..journal import open_journal
    from ..journal.record import Record
    from ..journal.store import DatabaseJournal

    journal = open_journal(path, create=False)
    try:
        if not isinstance(journal, DatabaseJournal):
            raise JournalError(f"{journal.url}: this kind of journal has no record that can be read")
        yield journal, Record(journal)
    finally:
        journal.close()
