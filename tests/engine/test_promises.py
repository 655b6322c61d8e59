"""Every engine keeps every promise, each on every database that it can use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container
from typing import Any

import pytest

from convagent.engine import Segment, Worker
from convagent.errors import ConfigError
from convagent.journal.base import Journal
from convagent.testing.engine import CHECKS, Kit
from tests.durable.places import PostgresPlace, SQLitePlace
from tests.durable.postgres import Server

Check = Callable[[Kit], Awaitable[None]]
each = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@each
def test_local_keeps_it(check: Check, journal: Journal) -> None:
    """The local engine keeps its promises on both databases."""
    asyncio.run(checked(check, journal, Worker))


@each
def test_dbos_keeps_it(check: Check, postgres: Server) -> None:
    """DBOS keeps them on PostgreSQL."""
    pytest.importorskip("dbos")
    with PostgresPlace(postgres) as place:
        asyncio.run(checked(check, place.open(), dbos))


async def checked(check: Check, journal: Journal, make: Any) -> None:
    await check(Kit(journal, make))


def dbos(journal: Journal, segment: Segment, knows: Container[str], slots: int) -> Any:
    from convagent.engine.dbos import DbosEngine

    return DbosEngine(journal, segment, knows, slots, poll=0.05, sweep=0.3)


def test_dbos_refuses_a_journal_in_a_file(file: SQLitePlace) -> None:
    """Workers on many machines share no file: said at once."""
    pytest.importorskip("dbos")
    with pytest.raises(ConfigError, match="needs a journal in PostgreSQL"):
        dbos(file.open(), None, (), 1)  # type: ignore[arg-type]


@each
def test_dbos_with_lanes_keeps_it(check: Check, postgres: Server) -> None:
    """Limits for each lane change nothing of what is promised, and runs without a lane share one."""
    pytest.importorskip("dbos")

    def with_lanes(journal: Journal, segment: Segment, knows: Container[str], slots: int) -> Any:
        from convagent.engine.dbos import DbosEngine

        return DbosEngine(journal, segment, knows, slots, lane_concurrency=slots, poll=0.05, sweep=0.3)

    with PostgresPlace(postgres) as place:
        asyncio.run(checked(check, place.open(), with_lanes))
