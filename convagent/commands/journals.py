"""Which journal a command is about, and what in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from ..errors import ConfigError, JournalError, JournalUnavailable, nearest
from ..journal import open_journal
from ..journal.addresses import expect_address
from ..journal.base import Journal, Loaded, RunInfo, RunStatus
from .parsers import JOURNAL

PAGE = 500
"""How many runs are read at once."""
_SOME = 1000
"""Among how many ids the one is looked for that was meant."""
PATIENCE = 10.0
"""Seconds for which a command tries again while a journal is locked by others or cannot be reached."""
AT_FIRST = 2.0
"""The same while it is opened: a server that is not there is said soon."""
PAUSE = 0.1
T = TypeVar("T")


def where(options: Any) -> str:
    """Return what the command, or else the environment, says of where the journal is; empty: nothing."""
    return getattr(options, "journal", "") or os.environ.get(JOURNAL, "")


def place_of(options: Any) -> str:
    """Return where the journal is.

    Raises:
        ConfigError: nobody says which.
    """
    place = where(options)
    if not place:
        raise ConfigError(f"which journal? Name it by --journal PATH|URL, or by the variable {JOURNAL}")
    return place


@contextmanager
def opened(options: Any, *, create: bool = False) -> Generator[Journal]:
    """Open the journal that a command is about.

    Args:
        options: what the parser read.
        create: whether a file that is not there is made, or else refused.

    Raises:
        ConfigError: nobody says which.
        JournalError: there is none.
    """
    place = place_of(options)
    if not create:
        check_there(place)
    journal = patiently(lambda: open_journal(place, create=create), AT_FIRST)
    try:
        yield journal
    finally:
        journal.close()


def patiently(call: Callable[[], T], patience: float = PATIENCE) -> T:
    """Call, and again while the journal is locked by others, for so many seconds.

    Raises:
        JournalUnavailable: it was so for too long.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return call()
        except JournalUnavailable:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)


def check_there(place: str) -> None:
    """See that there is a journal in a file, so that looking at one makes none.

    Raises:
        ConfigError: it was meant for an address of a database.
        JournalError: there is no such file, or it is something else.
    """
    expect_address(place)
    if "://" in place and not place.startswith("sqlite:"):
        return
    path = Path(unquote(place.removeprefix("sqlite:///")))
    if path.is_dir():
        raise JournalError(f"{place} is a folder; expected the file of a journal")
    if not path.exists():
        raise JournalError(f"{place}: there is no journal; a run that is begun with journal={place!r} makes one")
    if not path.stat().st_size:
        raise JournalError(f"{place} is empty; it is no journal yet")


def no_request(journal: Journal, id: str) -> str:
    """Say that there is no such question, with the id that was probably meant."""
    found = _meant(id, (r.id for r in journal.pending(limit=_SOME)))
    return f"{journal.url}: nobody asked {id!r}{found or '; `convagent inbox list` lists what is open'}"


def _meant(id: str, ids: Iterable[str]) -> str:
    known = list(ids)
    begins = [other for other in known if id and other.startswith(id)]
    near = begins[:3] or [found for found in [nearest(id, known)] if found]
    return f"; did you mean {' or '.join(near)}?" if near else ""


def load(journal: Journal, id: str) -> Loaded:
    """Return a run as it is kept; of one inside another, the one around it.

    Raises:
        JournalError: there is no such run, or it is damaged.
    """
    with suggesting(journal, id):
        return patiently(lambda: journal.load(id.partition("/")[0]))


def every_run(journal: Journal, status: list[RunStatus]) -> Iterator[RunInfo]:
    """Return the runs of a journal, the latest first; only those of some status, if any is named."""
    after = ""
    while True:
        page = patiently(lambda after=after: journal.runs(status, limit=PAGE, after=after))
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].id


@contextmanager
def suggesting(journal: Journal, id: str) -> Generator[None]:
    """Let the error for a run that is not there name the one that was probably meant."""
    try:
        yield
    except JournalError as error:
        meant = _meant(id, (run.id for run in journal.runs(limit=_SOME)))
        if "there is no run" not in str(error) or not meant:
            raise
        raise JournalError(f"{journal.url}: there is no run {id!r}{meant}") from None
