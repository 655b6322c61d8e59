"""Ctrl-C while a thread waits for what others do.

A KeyboardInterrupt may be raised between any two steps of the waiting thread, for instance
after it took something out of its mailbox and before it looked at it, and what was lost there
would be waited for ever. So while this thread waits, Ctrl-C is a call; while it runs code of
the user or asks a person, Ctrl-C is raised there as always.
"""

from __future__ import annotations

import asyncio
import functools
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ctrl_c(call: Callable[[], bool]) -> Generator[None]:
    """Let Ctrl-C call a function while the block runs; it is raised only where that returns False.

    Changes nothing outside the main thread, and nothing where the program has a handler of its own.
    """
    before = signal.getsignal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else None
    if not _is_default(before):
        yield
        return

    handle = _Handler(call)
    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is handle:
            signal.signal(signal.SIGINT, before)


@contextmanager
def ctrl_c_later() -> Generator[None]:
    """Hold Ctrl-C back while the block runs, and raise it at its end: for what must not be left half made."""
    pressed = False

    def note() -> bool:
        nonlocal pressed
        pressed = True
        return True

    with ctrl_c(note):
        yield
    if pressed:
        raise KeyboardInterrupt


class _Handler:
    def __init__(self, call: Callable[[], bool]) -> None:
        self._call = call

    def __call__(self, number: int, frame: Any) -> None:
        if not self._call():
            raise KeyboardInterrupt


def _is_default(handler: Any) -> bool:
    """Say whether it is Python's own handler, one from here, or the one of `asyncio.run`.

    The last cancels the main task and raises nothing, which a blocked loop would never notice.
    """
    if handler is signal.default_int_handler or isinstance(handler, _Handler):
        return True
    return isinstance(handler, functools.partial) and isinstance(
        getattr(handler.func, "__self__", None), asyncio.Runner
    )
