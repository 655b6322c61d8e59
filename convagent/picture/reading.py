"""From what is kept of runs, or was told of them, to their picture."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from ..audit.lines import event_of
from ..audit.log import AuditLog
from ..audit.of_journal import is_journal, rows_in
from ..audit.reading import Source
from ..audit.redact import Redactor
from ..audit.rows import Row, rows_of
from ..errors import AuditError, ConfigError
from ..events import ErrorEvent, Event, RunCompletionEvent
from ..serde import Record, read_body
from .fold import Fold
from .value import Picture, Run

if TYPE_CHECKING:
    from ..journal import Journal


def picture_of(source: Source | Journal, run: str = "") -> Picture:
    """Return the picture of a run, or of all runs, that a log, a journal, rows or events tell of.

    Args:
        source: the path of a log or of a journal, its address, an open one, an `AuditLog`, rows, or events.
        run: which one, by its id, or outside of journals the beginning of it; empty: all of them.

    Raises:
        AuditError: the log cannot be read, or there is no such run in it.
        JournalError: the journal cannot be read, or there is no such run in it.
        ConfigError: the source is none, or more than one run's id begins so.
    """
    fold = Fold()
    for event in _events(source, run):
        fold.add(event)
    return fold.picture if not run else Picture([_chosen(fold.picture.runs, run)])


def _chosen(runs: Sequence[Run], id: str) -> Run:
    inner = [found for root in runs for found in root.walk()]
    exact = [run for run in inner if run.id == id]
    begins = exact or [run for run in runs if run.id.startswith(id)]
    if len(begins) == 1:
        return begins[0]
    if begins:
        raise ConfigError(f"run={id!r}: {len(begins)} runs begin so: {', '.join(run.id for run in begins[:3])}")
    known = ", ".join(run.id for run in runs[:3])
    raise AuditError(f"there is no run {id!r} in it; {f'there are {known}' if known else 'it has none'}")


def _events(source: Source | Journal, run: str) -> Iterator[Event]:
    """Return events as they may be shown; of a journal only those of one run and what is around it."""
    path = source.path if isinstance(source, AuditLog) else source
    if isinstance(path, (str, PathLike)):
        with _journal(path) as journal:
            yield from _of_rows(rows_of(path) if journal is None else rows_in(journal, run))
        return
    if _is_open(path):
        yield from _of_rows(rows_in(path, run))
        return
    given: list[Any] = list(cast("Iterable[Any]", path))
    if all(isinstance(one, Row) for one in given):
        yield from _of_rows(given)
        return
    wrong = next((one for one in given if not isinstance(one, Event)), None)
    if wrong is not None:
        raise ConfigError(f"{wrong!r} is no event; expected the path of an audit log, an AuditLog, rows or events")
    yield from hidden(given)


@contextmanager
def _journal(path: str | PathLike[str]) -> Generator[Journal | None]:
    """Open a journal to look into it; None: the path is that of a log."""
    if not is_journal(path):
        yield None
        return
    from ..journal import open_journal

    journal = open_journal(path, create=False)
    try:
        yield journal
    finally:
        journal.close()


def _is_open(source: object) -> TypeGuard[Journal]:
    return callable(getattr(source, "load", None)) and hasattr(source, "record")


def _of_rows(rows: Iterable[Row]) -> Iterator[Event]:
    for row in rows:
        event = event_of(row) if row.body.get("type") != "step" else None
        if event is not None:
            yield event


def hidden(events: Sequence[Event]) -> Iterator[Event]:
    """Return events without their secrets, as a log keeps them; what a later one marks is hidden before it, too."""
    lasting = [event for event in events if not event.transient]
    redactor = Redactor()
    for event in lasting:
        if not isinstance(event, (RunCompletionEvent, ErrorEvent)):  # with it all that is known of a run is forgotten
            redactor.body(event)
    for event in lasting:
        body = json.loads(redactor.body(event))
        kind = event.kind if isinstance(event, Record) else event.type
        yield read_body({**body, "type": kind}, event.run_id, event.seq, event.at)
