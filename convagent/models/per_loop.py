"""Clients that hold connections, one for each event loop that uses them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary, finalize


class PerLoop:
    """One client for each event loop: connections belong to the loop in which they were opened.

    Args:
        make: makes a client, and says whether it is ours to close.
    """

    def __init__(self, make: Callable[[], tuple[Any, bool]]) -> None:
        self._make = make
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Opened] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def get(self) -> Any:
        """Return the running loop's client, made at its first use."""
        loop = asyncio.get_running_loop()
        found = self._clients.get(loop)
        if found is not None:
            return found[0]
        client, ours = self._make()
        closer = _close_at_shutdown(client, ours)
        with suppress(StopIteration):
            # Its first step has nothing to wait for; it makes the loop know the generator.
            closer.__anext__().send(None)
        with self._lock:
            for other in [known for known in self._clients if known.is_closed()]:
                self._clients.pop(other)[2].detach()
            # Keeps the client until it was closed: the collector would else take its open connections with it.
            forgotten = finalize(self, _close_soon, client, loop, ours)
            forgotten.atexit = False
            self._clients[loop] = (client, closer, forgotten)
        return client

    async def aclose(self) -> None:
        """Close the running loop's client, if there is one."""
        with self._lock:
            found = self._clients.pop(asyncio.get_running_loop(), None)
        if found is not None:
            found[2].detach()
            await found[1].aclose()


_Closer = AsyncGenerator[None, None]
_Opened = tuple[Any, _Closer, "finalize[..., Any]"]


def _close_soon(client: Any, loop: asyncio.AbstractEventLoop, ours: bool) -> None:
    """Close the client of an adapter that nobody holds any more."""
    if ours and not loop.is_closed():
        with suppress(RuntimeError):  # the loop was closed in between
            loop.call_soon_threadsafe(lambda: loop.create_task(client.close()))


async def _close_at_shutdown(client: Any, ours: bool) -> _Closer:
    """Close a client when its loop shuts down, which ends all asynchronous generators."""
    try:
        yield
    finally:
        if ours:
            await client.close()
