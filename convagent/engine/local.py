"""The local engine: workers of one machine, or of several on one database, that share the runs of a journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container
from typing import TypeVar

from .._sync import in_worker
from ..errors import JournalError
from ..journal.base import Batch, Claim, Journal
from .base import Segment

T = TypeVar("T")

LOOK = 1.0
"""Seconds after which a worker looks for runs although nobody told it of any."""
SLOTS = 100
"""How many runs a worker moves at once; one that waits for a person takes none."""

log = logging.getLogger(__name__)


class Worker:
    """Moves the runs of a journal on, until it is told to stop.

    Args:
        journal: whose runs.
        segment: moves one on.
        knows: the agents that are known here; only runs that need no other are claimed.
        slots: how many runs at once.
        poll: seconds between two looks for what nobody told of: times that have come, leases that have ended.
    """

    def __init__(
        self, journal: Journal, segment: Segment, knows: Container[str], slots: int = SLOTS, *, poll: float = LOOK
    ) -> None:
        self._journal, self._segment, self._knows, self._slots = journal, segment, knows, slots
        self._poll = poll
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """Claim nothing more; `work` returns when what is being moved has come to a pause. On the loop."""
        self._stopping = True
        self._changed.set()

    async def work(self, *, once: bool = False) -> None:
        """Move runs on until `stop`.

        Args:
            once: return as soon as nothing can go on by itself, for schedulers that start a worker now and then.
        """
        loop = asyncio.get_running_loop()

        def told() -> None:
            try:
                loop.call_soon_threadsafe(self._changed.set)
            except RuntimeError:
                pass  # the loop is closed, and the worker with it

        unwatch = self._journal.watch(told)
        try:
            await self._unblock()
            while not self._stopping:
                self._changed.clear()
                claimed = await self._claim()
                if once and not claimed and not self._tasks:
                    return
                if not claimed:
                    await self._rest()
            while self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            unwatch()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _unblock(self) -> None:
        """Try again what could not go on by the code of an earlier worker."""
        for run in await self._call(self._journal.runs, ("blocked",), 1000):
            if all(agent in self._knows for agent in run.agents):
                await self._call(self._journal.release, run.id, "ready", "")

    async def _claim(self) -> int:
        free = self._slots - len(self._tasks)
        if free <= 0:
            return 0
        journal = self._journal
        try:
            await self._call(journal.expire)
            claims = await self._call(journal.claim_ready, journal.heart.worker, self._knows, journal.lease, free)
        except JournalError as error:
            log.warning("%s: %s", journal.url, error)
            return 0
        if self._stopping:  # said while they were being claimed
            for claim in claims:
                await self._call(journal.append, claim, Batch(status="ready"))
            return 0
        for claim in claims:
            task = asyncio.get_running_loop().create_task(self._move(claim))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return len(claims)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()

    async def _move(self, claim: Claim) -> None:
        try:
            await self._segment(claim)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - one run's end is not the worker's
            log.warning("run %s: %s: %s", claim.run, type(error).__name__, error)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(
                self._poll
            ):  # `wait_for` of 3.11 loses a cancellation that comes with the change
                await self._changed.wait()
        except TimeoutError:
            pass

    async def _call(self, method: Callable[..., T], *args: object) -> T:
        if self._journal.quick:
            return method(*args)
        return await in_worker(method, args, {})
