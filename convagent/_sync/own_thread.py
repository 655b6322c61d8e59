"""One blocking call in a thread of its own, with the context variables of whoever calls."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


def join_thread(fn: Callable[..., T], *args: Any) -> T:
    """Call a function in a thread of its own and wait for it; what it raises is raised here."""
    box: list[Callable[[], T]] = []
    call = _in_this_context(fn, *args)
    thread = threading.Thread(target=lambda: box.append(_outcome(call)), daemon=True)
    thread.start()
    thread.join()
    return box[0]()


async def in_thread(fn: Callable[..., T], *args: Any) -> T:
    """Call a blocking function in a daemon thread.

    Not the loop's executor: that waits at exit for a person who never types.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Callable[[], T]] = loop.create_future()
    call = _in_this_context(fn, *args)

    def deliver(outcome: Callable[[], T]) -> None:
        if not done.done():
            done.set_result(outcome)

    def work() -> None:
        outcome = _outcome(call)
        with suppress(RuntimeError):  # the loop ended meanwhile: nobody waits
            loop.call_soon_threadsafe(deliver, outcome)

    threading.Thread(target=work, name="convagent-question", daemon=True).start()
    return (await done)()


def _in_this_context(fn: Callable[..., T], *args: Any) -> Callable[[], T]:
    context = contextvars.copy_context()
    return lambda: context.run(fn, *args)


def _outcome(fn: Callable[[], T]) -> Callable[[], T]:
    """Call a function and return another that gives back what it returned or raised."""
    try:
        value = fn()
    except BaseException as error:  # noqa: BLE001 - Ctrl-C too is carried to whoever waits
        return lambda error=error: _raise(error)
    return lambda: value


def _raise(error: BaseException) -> Any:
    raise error
