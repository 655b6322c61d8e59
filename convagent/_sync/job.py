"""Plain functions of the user, which a loop asks another thread to run, and their way back into that loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from threading import get_ident
from typing import Any, TypeVar

from .portal import Boxed, Started, submit, unbox
from .workers import workers

T = TypeVar("T")

_job: ContextVar[tuple[Job, int] | None] = ContextVar("convagent_job", default=None)
"""The plain function that this code runs in, and its thread: another thread that only inherited the
context has no way back into the conversation."""


def current_job() -> Job | None:
    """Return the plain function of a conversation that this thread runs, if it runs one."""
    found = _job.get()
    return found[0] if found is not None and found[1] == get_ident() else None


def forget_in_child(variable: ContextVar[Any]) -> None:
    """Set a variable to None in a forked child: the conversation it tells of goes on in the parent only."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: variable.set(None))


forget_in_child(_job)


class Job:
    """A plain function that a loop asked another thread to run, and its way back into that loop."""

    __slots__ = ("args", "context", "fn", "future", "hops", "kwargs", "loop", "wait")

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.fn, self.args, self.kwargs = fn, args, kwargs
        self.context = copy_context()
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.future.add_done_callback(self._ended)
        self.hops: list[Started[Any]] = []
        """What it waits for on the loop; the innermost last."""

    # ------------------------------------------------------------ the other thread's side

    def run(self, wait: Callable[[Started[Any]], None]) -> None:
        """Call the function, and hand its outcome to the loop.

        Args:
            wait: what the thread does until a coroutine has ended that the function waits for.
        """
        if self.future.done():  # cancelled before its turn came
            return
        self.wait = wait
        try:
            result, error = self.context.run(self._call), None
        except (KeyboardInterrupt, SystemExit) as stop:
            result, error = None, Boxed(stop)
        except StopIteration as stop:  # a future refuses it: it would end a generator
            result, error = None, RuntimeError(f"a plain function raised {stop!r}")
        except BaseException as raised:  # noqa: BLE001 - it belongs to the waiting coroutine
            result, error = None, raised
        try:
            self.loop.call_soon_threadsafe(self._finish, result, error)
        except RuntimeError:
            pass  # the loop is closed; nobody waits any more

    def _call(self) -> Any:
        _job.set((self, get_ident()))
        return self.fn(*self.args, **self.kwargs)

    def hop(self, coro: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop from inside the function, and wait for its result."""
        started = submit(self.loop, coro, copy_context())
        self.hops.append(started)
        if self.future.cancelled():
            started.cancel()
        try:
            self.wait(started)
        except BaseException:
            started.cancel()
            raise
        finally:
            self.hops.remove(started)
        return unbox(started)

    # ------------------------------------------------------------ the loop's side

    def _finish(self, result: Any, error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)

    def _ended(self, future: asyncio.Future[Any]) -> None:
        # The function itself cannot be stopped, but it must not wait for ever for what nobody wants.
        if future.cancelled():
            for started in tuple(self.hops):
                started.cancel()


async def in_worker(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run a plain function in a worker thread, from which it may call the synchronous API.

    A cancelled caller stops waiting; the function itself runs on to its end.
    """
    job = Job(fn, args, kwargs)
    workers.submit(lambda: job.run(lambda started: started.wait_here()))
    return await job.future
