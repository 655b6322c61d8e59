"""What DBOS does not see: runs that nothing enqueued, and segments of workers that are gone.

Each worker looks every few seconds. It says that it lives while it does, which is how others know when it does no more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Container
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

from .._sync import in_worker
from ..errors import JournalError
from ..journal.base import Journal, WorkerInfo
from ..journal.dispatch import Dispatch, Startable, segment_id
from ..journal.presence import Presence
from ..journal.worker import is_gone

T = TypeVar("T")

EVERY = 5.0
"""Seconds between two looks."""
MOMENT = 0.2
"""Part of that time for which who lives is not asked anew."""
MISSED = 3
"""How many looks a worker may say nothing until it is taken for gone."""
LATELY = 4
"""For how many of these times a segment that was enqueued anew is looked for before that is done once more."""
KEEP = 24 * 3600.0
"""Seconds for which DBOS keeps that a segment was moved: nobody asks, but who looks into a fault."""
TIDY = 60.0
"""Seconds between two times that older ones are deleted."""
MANY = 5000
"""How many at most each time."""

log = logging.getLogger(__name__)


class Sweep:
    """Ends what is overdue, wakes what was missed, and makes up for workers that are gone.

    Args:
        dispatch: over the runs of the journal.
        journal: that journal.
        knows: the agents that are known here.
        presence: by which other workers see that this one lives.
        every: seconds between two looks.
        dbos: launched, in this process.
    """

    def __init__(
        self, dispatch: Dispatch, journal: Journal, knows: Container[str], presence: Presence, every: float, dbos: Any
    ) -> None:
        self._dispatch, self._journal, self._knows, self._presence = dispatch, journal, knows, presence
        self._target, self._dbos = dispatch.target, dbos
        self._every, self._gone = every, MISSED * every
        self.here: set[str] = set()
        """The segments that this process moves, as DBOS calls them."""
        self._over: set[str] = set()
        """Those that DBOS thought it moves at the last look, and that were over."""
        self._patience = 0.0
        """For how many seconds something has to have been ready to be taken for missed; at the first look, any."""
        self._alive: tuple[float, list[WorkerInfo]] = float("-inf"), []
        """When it was asked who lives, and who did."""
        self._tidied = 0.0
        self._looked = self._since = 0.0
        """When it last looked, and since when it has done so without missing a time."""

    async def go_on(self) -> None:
        """Look again and again, until it is cancelled; a database that is away is waited for."""
        random = Random()
        while True:
            try:
                await self._look()
            except JournalError as error:
                self._looked = 0.0
                log.warning("%s", error)
            except Exception as error:  # noqa: BLE001 - DBOS's own errors, of a database that is away
                self._looked = 0.0
                log.warning("looking for runs that were not woken: %s: %s", type(error).__name__, error)
            await asyncio.sleep(self._every * random.uniform(0.7, 1.3))

    async def _look(self) -> None:
        await _call(self._presence.attend)
        now = await _call(self._journal.now)
        if now - self._looked > self._gone:
            self._since = now
        self._looked = now
        await _call(self._journal.expire)
        await _call(self._dispatch.desert)
        await _call(self._wake_missed)
        await _call(self._free_slots)
        await _call(self._tidy)

    # ------------------------------------------------------------ who is there

    def alive(self) -> list[WorkerInfo]:
        """Return the workers that live, this one among them, as it was a moment ago: it is asked for many runs."""
        at, found = self._alive
        if time.monotonic() - at > self._every * MOMENT:
            since = self._journal.now() - self._gone
            found = [worker for worker in self._journal.workers() if worker.seen >= since]
            self._alive = time.monotonic(), found
        return [worker for worker in found if not is_gone(worker.name)]

    def knows_all(self, found: Startable) -> bool:
        """Return whether this worker knows every agent that a run needs."""
        return all(name in self._knows for name in found.agents)

    def pending(self, executor: str | None = None) -> list[Any]:
        """Return the segments that DBOS takes for being moved, by anybody or by one executor."""
        return list(
            self._dbos.list_workflows(
                status="PENDING", name=self._target.workflow, queue_name=self._target.queue, executor_id=executor,
                load_input=False, load_output=False,
            )
        )  # fmt: skip

    # ------------------------------------------------------------ what was missed

    def _wake_missed(self) -> None:
        """Enqueue anew what can go on and is in no queue: its worker is gone, or nothing enqueued it."""
        found = filter(self.knows_all, self._dispatch.startable(self._patience))
        self._patience = self._every
        missed = {segment_id(one): one for one in found}
        if not missed:
            return
        number = int(self._journal.now() / self._gone)
        marks = ("", *(f"~{number - ago}" for ago in range(LATELY)))
        known = {f"{id}{mark}": id for id in missed for mark in marks}
        queued = self._dbos.list_workflows(
            workflow_ids=list(known), status=["ENQUEUED", "DELAYED", "PENDING"], app_version=self._target.version,
            load_input=False, load_output=False,
        )  # fmt: skip
        for id in missed.keys() - {known[one.workflow_id] for one in queued}:
            self._dispatch.enqueue(missed[id], marks[1])

    def _free_slots(self) -> None:
        """Cancel segments that take a slot for nothing; their runs are found by `_wake_missed`.

        They are those of workers that are gone, and those that are over here, which a database that was away did not
        let DBOS write. After such a time nobody is taken for gone until all have had time to say that they live.
        """
        alive = {worker.name for worker in self.alive()}
        pending = [one for one in self.pending() if one.executor_id]
        over = {one.workflow_id for one in pending if one.executor_id == self._dbos.executor_id} - self.here
        ended, self._over = over & self._over, over
        ended |= {one.workflow_id for one in pending if self._is_gone(one.executor_id, alive)}
        if ended:
            log.warning("%d segments that nobody moves any more are ended", len(ended))
            self._dbos.cancel_workflows(list(ended))

    def _is_gone(self, executor: str, alive: Container[str]) -> bool:
        worker = executor.rpartition("~")[0]  # a DBOS of our own adds a mark to the worker's name
        if worker == self._presence.worker and executor != self._dbos.executor_id:
            return True  # a process has one DBOS at a time, and this one had another before
        silent = worker not in alive and executor not in alive
        return is_gone(worker) or (silent and self._looked - self._since >= self._gone)

    def _tidy(self) -> None:
        """Delete what DBOS remembers of segments that were moved long ago."""
        now = self._journal.now()
        if now - self._tidied < TIDY:
            return
        self._tidied = now
        old = self._dbos.list_workflows(
            status=["SUCCESS", "CANCELLED"], name=self._target.workflow, limit=MANY, load_input=False,
            load_output=False, completed_before=datetime.fromtimestamp(now - KEEP, UTC).isoformat(),
        )  # fmt: skip
        if old:
            self._dbos.delete_workflows([one.workflow_id for one in old])


async def _call(method: Callable[[], T]) -> T:
    return await in_worker(method, (), {})
