"""A clock that jumps: hours of waiting in milliseconds."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

QUIET = 30
"""Rounds of the loop in which nothing must have happened before time jumps."""


class VirtualClock:
    """Time that stands still while anything is done, and jumps to the next appointment when all wait.

    A run on it takes no longer than its work: a deadline of three days passes at once, in order.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._due: list[tuple[float, int, _Appointment]] = []
        self._number = count()
        self._busy = 0
        self._seen = 0
        self._looking = False

    def now(self) -> float:
        """Return the virtual time in seconds since the epoch."""
        self._seen += 1  # whoever asks for the time is doing something
        return self._now

    def busy(self, by: int) -> None:
        """Be told that a step begins (1) or ends (-1)."""
        self._busy += by
        self._seen += 1
        self._look_soon()

    def call_later(self, seconds: float, call: Callable[[], object]) -> _Appointment:
        """Call a function on the running loop after a time."""
        appointment = _Appointment(call, asyncio.get_running_loop())
        heapq.heappush(self._due, (self._now + seconds, next(self._number), appointment))
        self._seen += 1
        self._look_soon()
        return appointment

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        appointment = self.call_later(seconds, lambda: woken.done() or woken.set_result(None))
        try:
            await woken
        finally:
            appointment.cancel()

    def _look_soon(self) -> None:
        if not self._looking and self._due and not self._busy:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._look, self._seen, QUIET)

    def _look(self, seen: int, rounds: int) -> None:
        """Jump, if nothing has happened for some rounds; else look again."""
        self._looking = False
        while self._due and self._due[0][2].cancelled:
            heapq.heappop(self._due)
        if seen == self._seen and rounds and self._due and not self._busy:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._look, seen, rounds - 1)
            return
        if seen == self._seen and self._due and not self._busy:
            at, _, appointment = heapq.heappop(self._due)
            self._now = max(self._now, at)
            self._seen += 1
            appointment.meet()
        self._look_soon()


class _Appointment:
    __slots__ = ("_call", "_loop", "cancelled")

    def __init__(self, call: Callable[[], object], loop: asyncio.AbstractEventLoop) -> None:
        self._call, self._loop = call, loop
        self.cancelled = False

    def cancel(self) -> None:
        """Let it not happen."""
        self.cancelled = True

    def meet(self) -> None:
        """Let it happen, on its own loop."""
        if not self.cancelled:
            self.cancelled = True
            self._loop.call_soon_threadsafe(self._call)
