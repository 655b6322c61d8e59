"""Journals for the tests: each test over a journal runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from convagent.journal.base import Journal
from tests.durable.places import Place, PostgresPlace, SQLitePlace
from tests.durable.postgres import Server, absent


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a PostgreSQL for this process of the tests, as a user without rights."""
    missing = absent()
    if missing:
        pytest.skip(f"PostgreSQL is not tested: {missing}")
    with Server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Return where a journal is, empty, on each of the databases."""
    with ExitStack() as closing:
        if request.param == "sqlite":
            yield closing.enter_context(SQLitePlace(tmp_path / "runs.db"))
        else:
            server: Server = request.getfixturevalue("postgres")
            yield closing.enter_context(PostgresPlace(server))


@pytest.fixture
def journal(place: Place) -> Journal:
    """Return a journal, on each of the databases."""
    return place.open()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SQLitePlace]:
    """Return where a journal in a file is, for what only such a one has."""
    with SQLitePlace(tmp_path / "runs.db") as found:
        yield found
