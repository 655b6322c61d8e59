"""Many machines: DBOS on PostgreSQL decides which worker wakes for which run.

One workflow, `convagent.segment(run, n)`, moves a run from one input to its next pause. It is enqueued by the database
itself, in the transaction that made the run ready (`journal/dispatch.py`). The journal holds the truth: a segment that
comes twice, late, or after its run was taken over finds nothing to claim. No fault of a database ends a workflow as
failed, and a worker that is gone is noticed by its heartbeat; what DBOS sells for that (Conductor) is not needed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from typing import Any, TypeVar, cast

from .._sync import in_worker
from ..errors import ConfigError, JournalError, JournalUnavailable, MissingExtra
from ..journal.addresses import link
from ..journal.base import Batch, Claim, Journal
from ..journal.dispatch import Dispatch, Startable, Target, segment_id
from ..journal.presence import Presence
from .base import Segment
from .sweep import EVERY, Sweep

try:
    from dbos import DBOS
    from dbos import error as faults
except ImportError as error:
    raise MissingExtra("the engine dbos", "dbos") from error

T = TypeVar("T")
Rate = tuple[int, float]
"""So many in so many seconds."""

POLL = 0.2
"""Seconds between two looks of DBOS at its queue."""
RETRY = 1.0
"""Seconds until a journal that could not be reached is tried again, or a run that is for others is offered again."""
OFFERS = 3
"""How many times for each worker that lives a run is offered to the others without a pause: some looks at the queue."""
DRAIN = 600
"""Seconds at most in which a worker that was told to stop finishes what it moves."""
POOL = 8
"""How many connections DBOS has at most; the journal has as many of its own."""
MOMENT = 0.02
MOMENTS = 100
"""For how long, and how often, a worker that ends looks whether DBOS has done with its segments."""
ANYBODY = "local"
"""What DBOS calls an executor to which nobody gave a name."""

log = logging.getLogger(__name__)


class DbosEngine:
    """Moves the runs of a journal on that DBOS dispatches to this process; see `Engine`.

    What limits more than this worker is kept in the database: the worker that starts last says it for all.

    Args:
        journal: whose runs: one in PostgreSQL.
        segment: moves one on.
        knows: the agents that are known here.
        slots: how many runs a worker moves at once.
        concurrency: how many all workers move at once; None: as many as they can.
        rate: so many segments begin in so many seconds, over all workers, at most: ``(100, 1.0)``.
        lane_concurrency: how many of one lane, over all workers; see `enqueue`; None: as many as of all.
        lane_rate: so many segments of one lane begin in so many seconds, at most.
        poll: seconds between two looks at the queue: what a decision waits for at most, and what an idle worker costs.
        sweep: seconds between two looks for what was missed; a worker that is silent for three of them is gone.
        dbos: the application's own DBOS, launched under an executor id that no other process has, with its tables in
            the journal's database, in the schema ``dbos``; None: one is made, and ended with this engine.

    Raises:
        ConfigError: the journal is not in PostgreSQL, or that DBOS cannot be used.
    """

    def __init__(
        self, journal: Journal, segment: Segment, knows: Container[str], slots: int = 100, *,
        concurrency: int | None = None, rate: Rate | None = None, lane_concurrency: int | None = None,
        lane_rate: Rate | None = None, poll: float = POLL, sweep: float = EVERY, dbos: Any = None,
    ) -> None:  # fmt: skip
        target = Target(lanes=lane_concurrency is not None or lane_rate is not None)
        self._own = dbos is None
        name = journal.heart.worker
        if not self._own:
            if DBOS.executor_id == ANYBODY:
                raise ConfigError(
                    f"the DBOS of this process has the executor id {ANYBODY!r}, as any other may; launch it with one "
                    "that no other process has, or a dead worker is not told from a living one"
                )
            name = DBOS.executor_id
            target = replace(target, version=DBOS.application_version, application=None)
        self._dispatch = Dispatch(journal, target)
        self._journal, self._segment, self._knows, self._target = journal, segment, knows, target
        self._limits: dict[str, Any] = {
            "worker_concurrency": slots if concurrency is None else min(slots, concurrency),
            "global_concurrency": concurrency,
            "limiter": _limiter(rate),
            "partition_concurrency": lane_concurrency,
            "partition_limiter": _limiter(lane_rate),
            "polling_interval_sec": poll,
        }
        self._poll = poll
        self._presence = Presence(journal, name, cast("Any", knows))
        self._sweep = Sweep(self._dispatch, journal, knows, self._presence, sweep, DBOS)
        self._tasks: set[asyncio.Task[Any]] = set()
        """The segments that are here, from the first look at their run to its pause."""
        self._changed = asyncio.Event()
        self._stopping = False
        self._ending: asyncio.Future[None] | None = None
        """The end of our own DBOS, once it was asked for."""
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Begin nothing more; `work` returns when what is being moved has come to a pause. On the loop."""
        self._stopping = True
        self._changed.set()

    async def work(self, *, once: bool = False) -> None:
        """Move runs on until `stop`.

        Args:
            once: return as soon as nothing can go on by itself.
        """
        self._loop = asyncio.get_running_loop()
        await in_worker(self._launch, (), {})
        try:
            await self._work(once)
            await self._end(DRAIN)
        except BaseException:  # told to end at once, or the journal is away
            await self._break_off()
            await self._end(0)
            raise
        finally:
            await self._call(self._presence.leave)

    async def _work(self, once: bool) -> None:
        await self._call(self._dispatch.install)
        await self._unblock()
        await self._call(self._presence.attend)  # from here on a database that is away is waited for
        sweeping = asyncio.create_task(self._sweep.go_on())
        try:
            while not self._stopping and not (once and await self._is_idle()):
                self._changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll if once else None):
                        await self._changed.wait()
        finally:
            self._stopping = True
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)

    # ------------------------------------------------------------ DBOS

    def _launch(self) -> None:
        """Have DBOS give this process segments."""
        if self._own:
            self._make()
        try:
            DBOS.workflow(name=self._target.workflow, max_recovery_attempts=None)(self._workflow())
            if self._own:
                DBOS.launch()
            DBOS.register_queue(self._target.queue, on_conflict="always_update", **self._limits)
            self._dispatch.check()
        except Exception as error:
            if self._own:
                DBOS.destroy()
            if isinstance(error, (ConfigError, JournalError)):
                raise
            self._journal.now()  # raises what is to be waited for where the database is away
            # What it says may name the address, and so the password.
            raise JournalError(
                f"{self._journal.url}: DBOS cannot be used there: {type(error).__name__}; it makes tables in the "
                f"schema {self._target.schema!r}, for which it needs the right, and a database that answers"
            ) from None

    def _make(self) -> None:
        journal = cast(Any, self._journal)
        # No other process has had this id, nor this one before: DBOS has nothing to recover when it is launched.
        name = f"{self._presence.worker}~{token_hex(4)}"
        DBOS(
            config={
                "name": self._target.application or "",
                "system_database_url": journal.address,
                "application_version": self._target.version,
                "executor_id": name,
                "console_log_level": "ERROR",
                "dbos_system_schema": self._target.schema,
                "sys_db_pool_size": POOL,
                # One whose other end is gone is noticed as soon as the journal's are.
                "db_engine_kwargs": {"connect_args": {"application_name": "dbos_transact", **link(journal.address)}},
            }
        )
        logging.getLogger("dbos").addFilter(_is_news)
        if DBOS.executor_id != name:  # it is the one that there was
            raise ConfigError(
                "this process has a DBOS already, and can have one only: launch it with its tables in the database of "
                "the journal, and hand it over by DbosEngine(dbos=...)"
            )

    def _workflow(self) -> Callable[[str, int], Awaitable[None]]:
        engine = self

        async def segment(run: str, number: int) -> None:
            """Move a run on, from one input to its next pause."""
            loop = engine._loop
            if loop is None or loop.is_closed():
                return  # the application's DBOS outlives the engine; other workers find the run
            id = DBOS.workflow_id or ""
            engine._sweep.here.add(id)
            try:
                with suppress(asyncio.CancelledError):  # the worker ends, and has let go of the run
                    moving = asyncio.run_coroutine_threadsafe(engine._move(run, id), loop)
                    await asyncio.shield(asyncio.wrap_future(moving))  # it is the engine that breaks it off
            finally:
                engine._sweep.here.discard(id)

        return segment

    async def _break_off(self) -> None:
        """Let go of what is being moved."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _end(self, patience: int) -> None:
        """Take no more segments, and let those that go on come to their pause, for so many seconds at most."""
        if self._own and self._ending is None:
            if patience:
                await self._written()
            given = {"workflow_completion_timeout_sec": patience if self._tasks else 0}
            self._ending = asyncio.ensure_future(in_worker(DBOS.destroy, (), given))
        if self._ending is not None:
            await asyncio.shield(self._ending)
        while self._tasks:
            self._changed.clear()
            await self._changed.wait()

    async def _written(self) -> None:
        """Give DBOS a moment to write that segments are over: else they keep their slots until others end them."""
        try:
            for _ in range(MOMENTS):
                if self._tasks or not await self._call(self._sweep.pending, DBOS.executor_id):
                    return
                await asyncio.sleep(MOMENT)
        except Exception as error:  # noqa: BLE001 - DBOS's own errors, of a database that is away
            log.info("what was moved last may count as moving for a while: %s", type(error).__name__)

    # ------------------------------------------------------------ segments

    async def _move(self, run: str, id: str) -> None:
        """Move a run on, if it can go on and nobody else moves it. Whatever happens, the workflow has done its part."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._tasks.add(task)
        try:
            claim = await self._claimed(run, id)
            if claim is not None:
                await self._segment(claim)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - one run's end is not the worker's, nor a fault of the engine
            log.warning("run %s: %s: %s", run, type(error).__name__, error)
        finally:
            self._tasks.discard(task)
            self._changed.set()

    async def _claimed(self, run: str, id: str) -> Claim | None:
        while True:
            try:
                found = await self._call(self._dispatch.startable, 0.0, 1, run)
                if not found:
                    return None  # another segment was sooner, or it waits again
                if self._stopping or not self._sweep.knows_all(found[0]):
                    await self._pass_on(found[0], id)
                    return None
                claim = await self._call(self._dispatch.claim, run)
                if claim is None or not self._stopping:
                    return claim
                await self._call(self._journal.append, claim, Batch(status="ready"))  # told to stop meanwhile
                return None
            except JournalUnavailable as error:
                if self._stopping:
                    return None
                log.warning("%s", error)
                await asyncio.sleep(RETRY)

    async def _pass_on(self, found: Startable, id: str) -> None:
        """Offer a segment to the others, if there is one that may take it; else a worker that comes finds it.

        At once at first: each looks at the queue once in a while, and this one has just done so. If that does not
        help, the one that may take it has no slot free, or is about to be taken for gone: then with pauses.
        """
        mark = id.removeprefix(segment_id(found))
        alive = await self._call(self._sweep.alive)
        able = {worker.name for worker in alive if set(found.agents) <= set(worker.agents)}
        if mark == id or not able - {self._presence.worker}:  # another segment comes next, and was enqueued by itself
            return
        first, _, offers = mark.partition("+")
        offered = int(offers or 0)
        if offered < OFFERS * len(alive):
            await self._call(self._dispatch.enqueue, found, f"{first}+{offered + 1}")
        else:
            time = int(await self._call(self._journal.now) / RETRY)
            await self._call(self._dispatch.enqueue, found, f"+{time}", RETRY)

    # ------------------------------------------------------------ how it stands

    async def _is_idle(self) -> bool:
        return not self._tasks and not any(map(self._sweep.knows_all, await self._call(self._dispatch.startable)))

    async def _unblock(self) -> None:
        """Try again what could not go on by the code of an earlier worker."""
        for run in await self._call(self._journal.runs, ("blocked",), 1000):
            if all(agent in self._knows for agent in run.agents):
                await self._call(self._journal.release, run.id, "ready", "")

    async def _call(self, method: Callable[..., T], *args: object) -> T:
        return await in_worker(method, args, {})


def _limiter(rate: Rate | None) -> Any:
    return None if rate is None else {"limit": rate[0], "period": rate[1]}


def _is_news(record: logging.LogRecord) -> bool:
    """Return whether what DBOS logs is to be said: not that a segment was ended while its worker was taken for gone."""
    return record.exc_info is None or not isinstance(record.exc_info[1], faults.DBOSAwaitedWorkflowCancelledError)
