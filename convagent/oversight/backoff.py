"""How long to wait before a thing is tried again, as a value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

from ..duration import Duration, seconds, spoken
from ..errors import ConfigError


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays that grow by a factor up to a limit."""

    first: float
    """Seconds before the second attempt."""
    factor: float
    limit: float
    """Seconds at most."""

    def delay(self, attempts: int) -> float:
        """Return the seconds to wait after so many attempts."""
        try:
            return min(self.first * self.factor ** (attempts - 1), self.limit)
        except OverflowError:  # so many attempts that the limit was passed long ago
            return self.limit

    def __str__(self) -> str:
        if self.factor == 1 and self.limit == self.first:
            return f"constant({printed(self.first)})"
        return f"exponential({printed(self.first)}, factor={self.factor!r}, limit={printed(self.limit)})"


def exponential(first: Duration = "1s", factor: float = 2, limit: Duration = "1m") -> Backoff:
    """Wait longer each time: 1 s, 2 s, 4 s, ... up to a limit."""
    number = isinstance(cast(object, factor), (int, float)) and not isinstance(factor, bool)
    if not number or not 1 <= factor < math.inf:
        raise ConfigError(f"factor={factor!r}: expected a number from 1")
    return Backoff(seconds(first, "first"), float(factor), seconds(limit, "limit"))


def constant(delay: Duration = "1s") -> Backoff:
    """Wait equally long each time."""
    length = seconds(delay, "delay")
    return Backoff(length, 1.0, length)


def printed(length: float) -> str:
    """Return seconds as Python reads them, without loss: ``'10m'``, or ``90.5``."""
    text = spoken(length)
    try:
        same = seconds(text) == length
    except ConfigError:
        same = False
    return repr(text) if same else repr(length)
