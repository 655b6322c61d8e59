"""A journal from where it is."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from ..errors import ConfigError, JournalError
from .addresses import POSTGRES, expect_address

if TYPE_CHECKING:
    from .base import Journal

_SQLITE = "sqlite:///"


def open_journal(target: Journal | str | os.PathLike[str], *, create: bool = True) -> Journal:
    """Return the journal at a place: a path, ``sqlite:///path``, ``postgresql://...``, or a journal itself.

    Args:
        target: where it is.
        create: whether a file that is not there is made. A database of PostgreSQL has to be there.

    Raises:
        ConfigError: it is no place of a journal.
        JournalError: the journal cannot be used, or is not there.
        JournalUnavailable: it cannot be reached just now.
    """
    if hasattr(target, "claim_ready"):
        return cast("Journal", target)
    if not isinstance(target, (str, os.PathLike)) or not os.fspath(target):
        raise ConfigError(f"journal={target!r}: expected a path, a postgresql:// address, or a journal")
    place = os.fspath(target)
    expect_address(place)
    if place.startswith(POSTGRES):
        from .postgres import PostgresJournal

        return PostgresJournal(place)
    if "://" in place and not place.startswith(_SQLITE):
        scheme = place.partition("://")[0]
        raise ConfigError(f"a journal cannot be kept at {scheme}://...; expected a path, sqlite:/// or postgresql://")
    path = unquote(place.removeprefix(_SQLITE)) if place.startswith(_SQLITE) else place
    if not create and not os.path.exists(path):
        raise JournalError(f"{path}: there is no journal; check the path")
    from .sqlite import SQLiteJournal

    return SQLiteJournal(path)


@contextmanager
def opened(target: Journal | str | os.PathLike[str], *, create: bool = True) -> Generator[Journal]:
    """Give the journal at a place, and let go of it at the end, unless it is a journal itself; see `open_journal`."""
    journal = open_journal(target, create=create)
    try:
        yield journal
    finally:
        if journal is not target:
            journal.close()
