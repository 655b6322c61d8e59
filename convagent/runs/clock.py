"""Time, as a run sees it: the machine's, or a test's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Protocol, TypeVar

T = TypeVar("T")


class Handle(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Let it not happen."""
        ...


class Worked(Protocol):
    """What is told that something is being done."""

    def busy(self, by: int) -> None:
        """Be told that a step begins (1) or ends (-1)."""
        ...


class Clock(Worked, Protocol):
    """What time it is, and how to wait."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    def call_later(self, seconds: float, call: Callable[[], object]) -> Handle:
        """Call a function on the running loop after a time."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        ...

    def busy(self, by: int) -> None:
        """Be told that a step begins (1) or ends (-1): a clock that jumps waits for it."""
        ...


class MachineClock:
    """The machine's clock. Waiting is by the loop's monotonic time, which no change of the date moves."""

    now = staticmethod(time.time)  # itself: each event asks for the time

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, call: Callable[[], object]) -> Handle:
        """Call a function on the running loop after a time."""
        return asyncio.get_running_loop().call_later(seconds, call)

    def busy(self, by: int) -> None:
        """Nothing depends on it."""


MACHINE: Clock = MachineClock()
"""The one machine clock; it has no state."""


# ---------------------------------------------------------------- a clock that jumps


async def at_work(told: Worked, fn: Callable[[], Awaitable[T]]) -> T:
    """Do a step, and say so: a clock that jumps stands still meanwhile, a run that can park does not."""
    step = _Step(told)
    token = _STEPS.set((*_STEPS.get(), step))
    told.busy(1)
    try:
        return await fn()
    finally:
        told.busy(-1)
        _STEPS.reset(token)


async def idle(waiting: Awaitable[T]) -> T:
    """Await a person, or a time. The steps around it, such as a tool that asks, do not hold up the clock meanwhile."""
    steps = _STEPS.get()
    for step in steps:
        step.waits(1)
    try:
        return await waiting
    finally:
        for step in steps:
            step.waits(-1)


def inside_steps() -> bool:
    """Return whether there are steps around the code that runs, which are to be told that it waits."""
    return bool(_STEPS.get())


class _Step:
    __slots__ = ("_told", "_waits")

    def __init__(self, told: Worked) -> None:
        self._told, self._waits = told, 0

    def waits(self, by: int) -> None:
        """Be told that something in it begins (1) or ends (-1) to wait."""
        before, self._waits = self._waits, self._waits + by
        if bool(before) != bool(self._waits):
            self._told.busy(-by)


_STEPS: ContextVar[tuple[_Step, ...]] = ContextVar("convagent_steps", default=())
"""The steps that the code which runs is inside of."""
