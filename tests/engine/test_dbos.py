"""What only DBOS has: segments enqueued by the database, limits, lanes, an application's own instance."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from convagent.errors import ConfigError
from convagent.journal import PostgresJournal
from convagent.journal.base import Batch, Claim
from convagent.journal.dispatch import Dispatch, Target
from convagent.testing.engine import Kit
from tests.durable.places import PostgresPlace
from tests.durable.postgres import Server

pytest.importorskip("dbos")
Make = Callable[..., Any]


@pytest.fixture
def place(postgres: Server) -> Iterator[PostgresPlace]:
    with PostgresPlace(postgres) as found:
        found.change("DROP SCHEMA IF EXISTS dbos CASCADE")
        yield found


def engine(**more: Any) -> Make:
    from convagent.engine.dbos import DbosEngine

    return lambda *given: DbosEngine(*given, **{"poll": 0.05, "sweep": 0.3, **more})


async def over(claim: Claim, number: int) -> Batch:
    return Batch(status="done")


async def waits(claim: Claim, number: int) -> Batch:
    return Batch(status="waiting") if number == 1 else Batch(status="done")


def queued(place: PostgresPlace) -> list[tuple[Any, ...]]:
    """Return the segments that DBOS has to begin, and how they stand."""
    return place.look(
        "SELECT workflow_uuid, status FROM dbos.workflow_status WHERE status IN ('ENQUEUED', 'DELAYED') ORDER BY 1"
    )


# ---------------------------------------------------------------- enqueued by the database


def test_decision_enqueues_without_an_engine_beside_it(place: PostgresPlace) -> None:
    """Whoever decides has no DBOS: the trigger enqueues, in the transaction of the decision."""
    kit = Kit(place.open(), engine())
    kit.begin("run")
    asyncio.run(kit.once(waits))
    assert queued(place) == []
    assert place.open().steer("run", "unpause")
    assert queued(place) == [("run/3", "ENQUEUED")]


def test_nothing_is_enqueued_when_the_decision_is_rolled_back(place: PostgresPlace) -> None:
    """One transaction: in it the segment stands already, after it neither is there."""
    journal = place.open()
    kit = Kit(journal, engine())
    kit.begin("run")
    asyncio.run(kit.once(waits))
    with suppress(ZeroDivisionError), journal.write() as tx:
        tx.run("UPDATE runs SET status = 0, wake = 0 WHERE id = 'run'")
        assert tx.one("SELECT count(*) FROM dbos.workflow_status WHERE status = 'ENQUEUED'") == (1,)
        raise ZeroDivisionError
    assert (queued(place), kit.status("run")) == ([], "waiting")


def test_decision_counts_when_the_tables_of_dbos_are_gone(place: PostgresPlace) -> None:
    """The database warns, the run is ready, and a worker that comes finds it."""
    kit = Kit(place.open(), engine())
    kit.begin("run")
    asyncio.run(kit.once(waits))
    place.change("DROP SCHEMA dbos CASCADE")
    assert kit.journal.steer("run", "unpause")
    assert kit.status("run") == "ready"
    asyncio.run(kit.once(waits))
    assert (kit.status("run"), kit.moved) == ("done", ["run", "run"])


def test_deadline_is_a_segment_with_a_delay(place: PostgresPlace) -> None:
    """It stands in the queue from the pause on, for its time, and takes no slot."""

    async def wait_long(claim: Claim, number: int) -> Batch:
        return Batch(status="waiting", wake=await asyncio.to_thread(kit.journal.now) + 3600)

    kit = Kit(place.open(), engine())
    kit.begin("run")
    asyncio.run(kit.once(wait_long))
    ((id, status),) = [one for one in queued(place) if "@" in one[0]]
    assert (id.partition("@")[0], status) == ("run/3", "DELAYED")
    assert place.look(
        "SELECT abs(delay_until_epoch_ms / 1000.0 - wake) < 0.01 FROM dbos.workflow_status, runs "
        "WHERE runs.id = 'run' AND dbos.workflow_status.status = 'DELAYED'"
    ) == [(True,)]


def test_run_is_moved_once_however_often_it_is_enqueued(place: PostgresPlace) -> None:
    """Many segments of one run begin at the same moment, in one process: one claims it."""
    kit = Kit(place.open(), engine())
    kit.begin("first")
    asyncio.run(kit.once(over))
    kit.begin("run")
    dispatch = Dispatch(kit.journal, Target())
    (found,) = dispatch.startable()
    for number in range(20):
        dispatch.enqueue(found, f"-{number}")
    asyncio.run(kit.once(over))
    assert kit.moved == ["first", "run"]


def test_run_for_others_is_offered_some_times_at_once_and_then_with_pauses(place: PostgresPlace) -> None:
    """Each of the two workers may have looked three times; when nobody takes it then, it does not go in circles."""
    kit = Kit(place.open(), engine(sweep=60.0))
    kit.begin("first")
    asyncio.run(kit.once(over))
    kit.journal.attend("another machine", ("somebody else",))
    kit.begin("foreign", ("somebody else",))
    offers = (
        "SELECT workflow_uuid, delay_until_epoch_ms IS NULL FROM dbos.workflow_status "
        "WHERE workflow_uuid LIKE 'foreign/%' ORDER BY created_at"
    )

    async def check() -> None:
        async with kit.engine(over):
            await kit.until(lambda: False in [soon for _, soon in place.look(offers)], "one has a pause")

    asyncio.run(check())
    found = place.look(offers)
    assert [id for id, soon in found if soon] == ["foreign/2", *(f"foreign/2+{n}" for n in range(1, 7))]
    assert kit.moved == ["first"]


def test_worker_that_has_ended_is_not_offered_anything(place: PostgresPlace) -> None:
    """It says so when it ends: nobody takes it for one that lives, nor for one that died."""
    kit = Kit(place.open(), engine())

    async def check() -> None:
        async with kit.engine(over):
            await kit.until(lambda: len(kit.journal.workers()) == 1, "it is there")

    asyncio.run(check())
    assert kit.journal.workers() == []


def test_once_returns_although_others_are_to_move_a_run(place: PostgresPlace) -> None:
    """A run whose agents are not known here is no reason to stay."""
    kit = Kit(place.open(), engine())
    kit.journal.attend("another machine", ("somebody else",))
    kit.begin("foreign", ("somebody else",))
    kit.begin("own")
    asyncio.run(kit.once(over))
    assert (kit.moved, kit.status("foreign")) == (["own"], "ready")


def test_segments_that_were_moved_long_ago_are_deleted(place: PostgresPlace) -> None:
    """Else one row would stay for each segment that ever was."""
    kit = Kit(place.open(), engine())
    kit.begin("old")
    asyncio.run(kit.once(over))
    place.change("UPDATE dbos.workflow_status SET completed_at = 1000, created_at = 1000")
    kit.begin("new")

    async def check() -> None:
        async with kit.engine(over):
            gone = "SELECT 1 FROM dbos.workflow_status WHERE workflow_uuid LIKE 'old/%'"
            await kit.until(lambda: place.look(gone) == [], "the old segment was deleted")

    asyncio.run(check())


# ---------------------------------------------------------------- limits


def test_one_slot_for_all_is_enough_behind_fifty_that_wait(place: PostgresPlace) -> None:
    """A queue of size 1: those in front wait for people, with deadlines, and hold nothing."""

    async def move(claim: Claim, number: int) -> Batch:
        if claim.run == "ready":
            return Batch(status="done")
        return Batch(status="waiting", wake=await asyncio.to_thread(kit.journal.now) + 3600)

    kit = Kit(place.open(), engine(concurrency=1))
    for number in range(50):
        kit.begin(f"waits{number}")
    kit.begin("ready")

    async def check() -> None:
        async with kit.engine(move):
            await kit.until(lambda: kit.status("ready") == "done", "the last one was moved")

    asyncio.run(check())


def test_lane_at_its_limit_holds_up_no_other(place: PostgresPlace) -> None:
    """Two runs of one tenant share one place; that of another tenant goes past them."""
    go_on = asyncio.Event()

    async def move(claim: Claim, number: int) -> Batch:
        if claim.run.startswith("slow"):
            await go_on.wait()
        return Batch(status="done")

    kit = Kit(place.open(), engine(lane_concurrency=1))
    for run, lane in (("slow1", "acme"), ("slow2", "acme"), ("quick", "globex"), ("plain", None)):
        kit.journal.begin(run, {"v": 1, **({"lane": lane} if lane else {})}, ("bot",), "", 0.0, "ready")

    async def check() -> None:
        async with kit.engine(move):
            for run in ("quick", "plain"):
                await kit.until(lambda run=run: kit.status(run) == "done", f"{run} was moved")
            assert [run for run in kit.moved if run.startswith("slow")] == kit.now
            assert len(kit.now) == 1
            go_on.set()
            await kit.until(lambda: {kit.status("slow1"), kit.status("slow2")} == {"done"}, "both are done")

    asyncio.run(check())


def test_what_was_enqueued_without_lanes_goes_on_with_them(place: PostgresPlace) -> None:
    """A worker is started again with a limit for lanes: what stood in the queue is not stranded."""
    kit = Kit(place.open(), engine())
    kit.begin("first")
    asyncio.run(kit.once(over))
    kit.begin("run")
    assert queued(place) == [("run/2", "ENQUEUED")]
    with_lanes = Kit(kit.journal, engine(lane_concurrency=1, sweep=60.0))
    asyncio.run(with_lanes.once(over))
    assert with_lanes.moved == ["run"]


def test_segment_that_an_earlier_engine_of_this_process_left_takes_no_slot(place: PostgresPlace) -> None:
    """DBOS could not write that it was over; the process lives, and has another DBOS now."""
    kit = Kit(place.open(), engine(lane_concurrency=1))
    kit.begin("first")
    asyncio.run(kit.once(over))
    place.change("UPDATE dbos.workflow_status SET status = 'PENDING'")
    kit.begin("second")
    asyncio.run(asyncio.wait_for(kit.once(over), 20))
    assert kit.moved == ["first", "second"]


def test_rate_holds_over_all(place: PostgresPlace) -> None:
    """Two in 1.5 s: the third begins no sooner than that after the first."""
    began: list[float] = []

    async def move(claim: Claim, number: int) -> Batch:
        began.append(await asyncio.to_thread(kit.journal.now))
        return Batch(status="done")

    kit = Kit(place.open(), engine(rate=(2, 1.5)))
    for number in range(3):
        kit.begin(f"r{number}")
    asyncio.run(kit.once(move))
    assert len(began) == 3
    assert began[2] - began[0] > 1.2


# ---------------------------------------------------------------- an application's own DBOS


@asynccontextmanager
async def launched(journal: PostgresJournal, **config: Any) -> AsyncGenerator[Any]:
    """Launch a DBOS as an application does."""
    from dbos import DBOS

    named = {"name": "shop", "executor_id": "shop-1", "application_version": "7", "console_log_level": "ERROR"}
    given: Any = {**named, "system_database_url": journal.address, **config}
    made = DBOS(config=given)
    await asyncio.to_thread(DBOS.launch)
    try:
        yield made
    finally:
        await asyncio.to_thread(DBOS.destroy)


def run_with(place: PostgresPlace, check: Callable[[Any], Awaitable[None]], **config: Any) -> None:
    async def run() -> None:
        async with launched(place.open(), **config) as dbos:
            await check(dbos)

    asyncio.run(run())


def test_dbos_of_the_application_is_adopted(place: PostgresPlace) -> None:
    """Runs are moved by it, and it is there when the engine has ended."""

    async def check(dbos: Any) -> None:
        kit = Kit(place.open(), engine(dbos=dbos))
        kit.begin("run")
        async with kit.engine(waits):
            await kit.until(lambda: kit.status("run") == "waiting", "it waits")
            assert await asyncio.to_thread(kit.journal.steer, "run", "unpause")
            await kit.until(lambda: kit.status("run") == "done", "it was moved")
        assert kit.moved == ["run", "run"]
        found = await dbos.list_workflows_async(name="convagent.segment")
        assert {one.executor_id for one in found} == {"shop-1"}

    run_with(place, check)


def test_second_dbos_is_refused(place: PostgresPlace) -> None:
    """There is one in a process: it is left as it is, and the error says how to hand it over."""

    async def check(dbos: Any) -> None:
        kit = Kit(place.open(), engine())
        with pytest.raises(ConfigError, match=r"has a DBOS already.*DbosEngine\(dbos=\.\.\.\)"):
            await kit.once(over)
        assert dbos.executor_id == "shop-1"
        assert await dbos.list_workflows_async() == []

    run_with(place, check)


def test_executor_that_may_be_anybody_is_refused(place: PostgresPlace) -> None:
    """A dead one would not be told from a living one."""

    async def check(dbos: Any) -> None:
        with pytest.raises(ConfigError, match="has the executor id 'local'"):
            await Kit(place.open(), engine(dbos=dbos)).once(over)

    run_with(place, check, executor_id=None)


def test_dbos_with_its_tables_elsewhere_is_refused(place: PostgresPlace, postgres: Server) -> None:
    """A decision and what wakes its run could not be one transaction."""
    with PostgresPlace(postgres) as other:

        async def check(dbos: Any) -> None:
            with pytest.raises(ConfigError, match="the tables of DBOS are not here"):
                await Kit(place.open(), engine(dbos=dbos)).once(over)

        run_with(other, check)


def test_no_enterprise_package_is_needed(place: PostgresPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever would import it fails."""
    monkeypatch.setitem(sys.modules, "dbos_enterprise", None)
    kit = Kit(place.open(), engine())
    kit.begin("run")
    asyncio.run(kit.once(over))
    assert kit.status("run") == "done"
