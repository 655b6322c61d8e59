"""Journals for the tests of teams. That they behave alike on both databases is shown in `tests/durable`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from convagent.journal.base import Journal
from tests.durable.places import SQLitePlace


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SQLitePlace]:
    """Return where a journal is, in a file."""
    with SQLitePlace(tmp_path / "runs.db") as found:
        yield found


@pytest.fixture
def journal(file: SQLitePlace) -> Journal:
    """Return a journal in a file."""
    return file.open()
