"""The clocks of one machine, and what shows that the one on the wall was set to another time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..duration import spoken

JUMP = 60.0
"""Seconds by which the wall clock may move against the time since boot before nobody trusts it."""


class Clock:
    """The clocks of this machine."""

    def wall(self) -> float:
        """Return the time in seconds since the epoch: what people and deadlines mean, and what can be set."""
        return time.time()

    def ticks(self) -> float:
        """Return seconds since the machine was started, sleep included: what nobody can set."""
        return _ticks()

    def boot(self) -> str:
        """Return what this start of the machine is known by; empty where the system does not say."""
        return _boot()


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


if hasattr(time, "CLOCK_BOOTTIME"):

    def _ticks() -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
else:  # macOS, Windows: their monotonic clock counts from the start of the machine, too
    _ticks = time.monotonic


@dataclass(frozen=True, slots=True)
class Moment:
    """Both clocks at one moment."""

    wall: float
    ticks: float
    boot: str

    def __str__(self) -> str:
        return f"{self.wall!r} {self.ticks!r} {self.boot}"

    @classmethod
    def of(cls, clock: Clock) -> Moment:
        """Return what the clocks say now."""
        return cls(clock.wall(), clock.ticks(), clock.boot())

    @classmethod
    def read(cls, text: str) -> Moment:
        """Return the moment that was written."""
        wall, ticks, boot = text.split(" ", 2)
        return cls(float(wall), float(ticks), boot)

    def same_start(self, now: Moment) -> bool:
        """Return whether the machine has not been started again since."""
        return self.boot == now.boot and self.ticks <= now.ticks

    def jumped(self, now: Moment) -> str:
        """Say how the wall clock was set since; empty: it was not, as far as can be seen."""
        if self.same_start(now):
            by = (now.wall - self.wall) - (now.ticks - self.ticks)
        else:  # how long the machine was off is not known; time does not run backwards
            by = min(now.wall - self.wall, 0.0)
        if abs(by) <= JUMP:
            return ""
        return f"the clock of this machine was set {'ahead' if by > 0 else 'back'} by {spoken(round(abs(by)))}"
