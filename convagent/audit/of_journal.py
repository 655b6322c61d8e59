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

from ..errors import ConfigError
from ..events import InputRequestEvent, stamp

if TYPE_CHECKING:
    from ..journal import Inbox, Journal
    from ..journal.record import Verdict
    from .redact import Redactor
    from .rows import Row

_SQLITE = b"SQLite format 3\0"
_STEP = "step"


def is_journal(path: str | PathLike[str]) -> bool:
    """Return whether a place is an address of a journal, or the file of one."""
    place = fspath(path)
    if "://" in place:
        return True
    with suppress(OSError), open(place, "rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
    return False


def verify(path: str | PathLike[str], head: str) -> Verdict:
    """Compute the chains of a journal again; see `Inbox.verify`."""
    with _opened(path) as inbox:
        return inbox.verify(head=head)


def head(path: str | PathLike[str]) -> str:
    """Return one text that covers all chains of a journal; see `Inbox.head`."""
    with _opened(path) as inbox:
        return inbox.head()


def lines_of(path: str | PathLike[str]) -> Iterator[tuple[int, str]]:
    """Read the rows of a journal as lines of a log, numbered from 1, as they stand, secrets included."""
    with _opened(path) as inbox:
        for number, line in enumerate(inbox.export(), 1):
            yield number, line.removesuffix("\n")


def rows_of(path: str | PathLike[str]) -> Iterator[Row]:
    """Read the rows of a journal, run by run, their secrets hidden."""
    with _opened(path) as inbox:
        yield from rows_in(inbox.journal)


def rows_in(journal: Journal, run: str = "") -> Iterator[Row]:
    """Read the rows of an open journal, run by run, their secrets hidden.

    Args:
        journal: where they are.
        run: only those of this run, of the one around it and of those inside; empty: all.

    Raises:
        JournalError: there is no such run, or what is kept of one is damaged.
    """
    from .redact import Redactor
    from .rows import row_of

    redactor, known = Redactor(), ""
    for number, line in enumerate(journal.record.export(run), 1):
        row = row_of(line.removesuffix("\n"), number)
        root = row.run.partition("/")[0]
        if root != known:
            known = root
            _learn_secrets(redactor, journal, root)
        yield _hidden(row, redactor)


def _learn_secrets(redactor: Redactor, journal: Journal, run: str) -> None:
    """Let what the questions of a run mark as secret be hidden wherever else it stands, before them, too."""
    for stored in journal.load(run).requests:
        event = InputRequestEvent(request=stored.request)
        stamp(event, stored.run, 1, stored.asked)
        redactor.body(event)


def _hidden(row: Row, redactor: Redactor) -> Row:
    if row.body.get("type") == _STEP:  # what a step returned, such as a model's reply, is in the events that follow
        return replace(row, body={name: value for name, value in row.body.items() if name != "value"})
    try:
        event = row.event
    except ConfigError:
        return row
    if event is None:
        return row
    return replace(row, body={**json.loads(redactor.body(event)), "type": row.body["type"]})


@contextmanager
def _opened(path: str | PathLike[str]) -> Generator[Inbox]:
    from ..journal import Inbox, open_journal

    journal = open_journal(path, create=False)
    try:
        yield Inbox(journal)
    finally:
        journal.close()
