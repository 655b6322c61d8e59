"""One event loop thread a process, on which the conversations of synchronous callers run.

It starts with the first such conversation, is a daemon, is closed at exit (whatever was
abandoned is cancelled there) and is forgotten in a forked child, which has no such thread.
It holds no state of any conversation.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Coroutine
from concurrent.futures import Future, wait
from contextvars import Context
from typing import Any, TypeVar

from ..errors import RunCancelled
from .fork import end_child

T = TypeVar("T")

LAST_SECONDS = 1.0
"""How long at exit cancelled conversations may take to clean up."""


class Boxed(BaseException):
    """Carries a KeyboardInterrupt or SystemExit through tasks, which would tear the loop down with it."""

    def __init__(self, inner: BaseException) -> None:
        super().__init__(inner)
        self.inner = inner


async def boxing(coro: Coroutine[Any, Any, T]) -> T:
    """Await, boxing a KeyboardInterrupt or SystemExit."""
    try:
        return await coro
    except (KeyboardInterrupt, SystemExit) as stop:
        raise Boxed(stop) from None


async def unboxing(awaitable: Awaitable[T]) -> T:
    """Await, raising a boxed KeyboardInterrupt or SystemExit as itself."""
    try:
        return await awaitable
    except Boxed as box:
        raise box.inner from None


def unbox(done: Future[T]) -> T:
    """Return a future's result, raising a boxed KeyboardInterrupt or SystemExit as itself."""
    try:
        return done.result()
    except Boxed as box:
        raise box.inner from None


# ---------------------------------------------------------------- coroutines on another thread's loop


_held: set[asyncio.Task[Any]] = set()
"""Tasks under way: an event loop itself holds them only weakly, and lets the collector take them."""


def hold_on(task: asyncio.Task[T]) -> asyncio.Task[T]:
    """Keep a task alive until it is done."""
    _held.add(task)
    task.add_done_callback(_held.discard)
    return task


class Started(Future[T]):
    """A coroutine that runs on another thread's loop. Done when it has come to its end, not before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, T]) -> None:
        super().__init__()
        self._loop, self._coro = loop, coro
        self._task: asyncio.Task[T] | None = None

    def cancel(self) -> bool:
        """Ask it to end; then it raises `RunCancelled`. From any thread."""
        if self.done():
            return False
        try:
            self._loop.call_soon_threadsafe(self._cancel_task)
        except RuntimeError:  # the loop is closed: what ran there will never end by itself
            self._settle(error=RunCancelled("the event loop of the conversation is closed"))
        return True

    def begin(self, context: Context) -> None:
        """Start; for the loop's own thread."""
        self._task = hold_on(self._loop.create_task(boxing(self._coro), context=context))
        self._task.add_done_callback(self._ended)

    def wait_here(self) -> None:
        """Block this thread until it is done, or its loop was closed before it began."""
        while not wait([self], timeout=LAST_SECONDS).done:
            if self._loop.is_closed() and self._task is None:
                self._coro.close()
                self._settle(error=RunCancelled("the event loop of the conversation is closed"))

    def _cancel_task(self) -> None:
        # Soon, for then it has made its first step, and whatever it is to undo at its end is undone.
        if self._task is not None:
            self._loop.call_soon(self._task.cancel)

    def _ended(self, task: asyncio.Task[T]) -> None:
        self._coro.close()  # cancelled before its first step it would complain that nobody awaited it
        if task.cancelled():
            self._settle(error=RunCancelled("the run was cancelled"))
        elif (error := task.exception()) is not None:
            self._settle(error=error)
        elif not self.done():
            self.set_result(task.result())

    def _settle(self, error: BaseException) -> None:
        if not self.done():
            self.set_exception(error)


def submit(loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, T], context: Context) -> Started[T]:
    """Start a coroutine on another thread's loop, in a context.

    Raises:
        RunCancelled: that loop is closed.
    """
    started = Started(loop, coro)
    try:
        loop.call_soon_threadsafe(started.begin, context)
    except RuntimeError:
        coro.close()
        raise RunCancelled("the event loop of the conversation is closed") from None
    return started


# ---------------------------------------------------------------- the portal


class Portal:
    """A daemon thread with an event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="convagent-loop", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        # Connections of model clients are closed by async generators that end here.
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def close(self) -> None:
        """Cancel what runs and stop the loop. A run abandoned by its caller ends here."""
        if self.loop.is_closed() or not self.thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), self.loop)
        self.thread.join(timeout=2 * LAST_SECONDS)


async def _cancel_all() -> None:
    loop = asyncio.get_running_loop()
    tasks = [t for t in asyncio.all_tasks(loop) if t is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=LAST_SECONDS)
    loop.stop()


class _Portals:
    """Holds the process's portal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._portal: Portal | None = None
        self._parents: list[Portal] = []
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def get(self) -> Portal:
        """Return the portal, started on first use."""
        with self._lock:
            if self._portal is None or not self._portal.thread.is_alive():
                self._portal = Portal()
            return self._portal

    def is_portal_thread(self) -> bool:
        """Return whether this code runs on the portal's thread."""
        portal = self._portal
        return portal is not None and threading.get_ident() == portal.thread.ident

    def close(self) -> None:
        """Close the portal, if there is one; the next use starts another."""
        with self._lock:
            portal, self._portal = self._portal, None
        if portal is not None:
            portal.close()

    def _forget(self) -> None:
        # A child of fork has no loop thread, and another thread may have held the lock. The parent's
        # loop shares its selector with ours: it must be neither used nor closed, so it is kept.
        self._lock = threading.Lock()
        if self._portal is not None:
            self._parents.append(self._portal)
            if threading.get_ident() == self._portal.thread.ident:
                # The very loop forked, in an async tool: it would run on with nobody who waits for it.
                self._portal.loop.call_soon(end_child)
        self._portal = None


portals = _Portals()
"""The one portal of this process: a script, a notebook and a server share one path through it."""
