"""Worker threads for blocking calls.

asyncio's own pool has six threads on two cores, which makes twenty blocking tools wait for
each other, and its threads are joined at exit, so that one abandoned `input()` keeps the
interpreter alive. These are daemons, made as needed and reused.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from .fork import end_child

_MOST = 256


class Workers:
    """Daemon threads that run jobs. A job must not raise."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = 0
        self._threads = 0
        self._waiting = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Run a job in an idle thread, or a new one, or when one of the most becomes idle."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif self._threads < _MOST:
                self._threads += 1
                threading.Thread(target=self._work, args=(self._jobs,), name="convagent-worker", daemon=True).start()
            else:
                self._waiting += 1
            self._jobs.put(job)

    def _work(self, jobs: SimpleQueue[Callable[[], None]]) -> None:
        here = os.getpid()
        while True:
            job = jobs.get()
            job()
            del job
            if os.getpid() != here:
                end_child()
            with self._lock:
                if self._waiting:
                    self._waiting -= 1  # this thread is about to take one of the waiting jobs
                else:
                    self._idle += 1


workers = Workers()
"""The workers of this process. A forked child has none of its parent's threads and starts anew."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=workers.__init__)


async def run_in_worker(fn: Callable[[], Any]) -> Any:
    """Run a blocking function in a worker thread and return its result.

    A cancelled caller stops waiting; the function itself runs on to its end.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def finish(result: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        elif isinstance(error, StopIteration):  # a future refuses it: it would end a generator
            future.set_exception(RuntimeError("a function in a worker thread raised StopIteration"))
        else:
            future.set_exception(error)

    def job() -> None:
        try:
            result, error = fn(), None
        except BaseException as raised:  # noqa: BLE001 - it belongs to the waiting coroutine
            result, error = None, raised
        try:
            loop.call_soon_threadsafe(finish, result, error)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more

    workers.submit(job)
    return await future
