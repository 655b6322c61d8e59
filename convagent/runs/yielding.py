"""How a run leaves the loop to others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sized
from time import monotonic
from typing import Any

MOMENT = 0.001
"""Seconds for which a run may keep the loop while nothing is ready there: sockets and timers can wait so long."""


class Yielding:
    """Yields where somebody else is ready to run, and now and then for what only the loop finds out.

    To yield costs more than all else that a short turn does, and mostly nobody is there to yield to.
    """

    __slots__ = ("_loop", "_ready", "_since")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready: Sized | None = None
        """What is ready on the loop; None: it does not say."""
        self._since = 0.0

    def soon(self) -> Awaitable[None]:
        """Yield, unless nobody would use it."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._ready = getattr(self._loop, "_ready", None)
        now = monotonic()
        if self._ready is None or self._ready or now - self._since > MOMENT:
            self._since = now
            return asyncio.sleep(0)
        return _AT_ONCE


class _AtOnce:
    def __await__(self) -> Any:
        return iter(())


_AT_ONCE = _AtOnce()
