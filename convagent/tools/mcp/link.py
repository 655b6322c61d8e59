"""The one connection of this process to a server: opened at first use, opened again once it is lost, closed at the end.

It stands on the portal's loop, on whichever loop a conversation runs. So a chat that is abandoned does not leave it
behind, and a loop that is closed does not take it along.
"""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary, finalize

from ..._sync.portal import Started, portals, submit
from ...errors import RunCancelled
from .client import Listed, Lost, Refusal, Tell, in_our_context
from .connection import Connection, Terms
from .ways import Way

T = TypeVar("T")
LAST_SECONDS = 8.0
"""How long a program is waited for at exit: its input is closed, after two seconds it is sent SIGTERM, and after two
more it is killed."""


class Link:
    """A server, as this process is connected to it. Its methods may be called from any loop.

    Args:
        way: how it is reached.
    """

    def __init__(self, way: Way) -> None:
        self._way = way
        self._held = _Held()
        finalize(self, self._held.let_go).atexit = False

    async def tools(self, terms: Terms) -> tuple[Listed, ...]:
        """Return what the server lists; the same tuple as long as nothing has changed.

        Raises:
            MCPError: it cannot be reached, or does not say.
        """
        return await asyncio.wrap_future(start(self._tools(terms)))

    async def call(self, terms: Terms, name: str, arguments: dict[str, Any], tell: Tell) -> tuple[str, bool]:
        """Call a tool; return what it says, and whether that is a result, not an error.

        A call that may have reached the server is not made again.

        Raises:
            MCPError: it was not made, or nobody knows what became of it.
        """
        return await asyncio.wrap_future(start(self._call(terms, name, arguments, tell)))

    async def a_close(self) -> None:
        """Close the connection, if there is one; its next use opens another."""
        await asyncio.wrap_future(start(self._held.close()))

    # ------------------------------------------------------------ on the portal's loop

    def _connection(self, terms: Terms) -> Connection:
        held = self._held.connection
        if held is None or held.loop is not asyncio.get_running_loop() or not held.stands:
            held = self._held.connection = Connection(self._way, terms)
            links.opened(held)
        return held

    async def _tools(self, terms: Terms) -> tuple[Listed, ...]:
        connection = self._connection(terms)
        session = await connection.session()
        if connection.stale:
            connection.stale = False
            try:
                async with asyncio.timeout(terms.start_timeout):
                    listed = await session.tools()
            except (Refusal, Lost, TimeoutError) as error:
                connection.stale = True
                raise connection.explained(terms, error, "did not list its tools", done=False) from None
            if listed != connection.listed:
                connection.listed = listed
        return connection.listed

    async def _call(self, terms: Terms, name: str, arguments: dict[str, Any], tell: Tell) -> tuple[str, bool]:
        for last in (False, True):
            connection = self._connection(terms)
            session = await connection.session()
            try:
                return await session.call(name, arguments, terms.timeout, tell)
            except (Refusal, Lost, TimeoutError) as error:
                if isinstance(error, Refusal) and error.gone and not last:
                    await connection.close()
                    continue
                # Whatever ended the connection may have happened to another call, so nothing is known of this one.
                cause = await connection.cause() if isinstance(error, Lost) else error
                raise connection.explained(terms, cause, f"{_FAILED[type(error)]} {name!r}", done=True) from None
        raise AssertionError("unreachable")


_FAILED: dict[type[Exception], str] = {
    Refusal: "refused",
    Lost: "went away during",
    TimeoutError: "did not answer",
}


class _Held:
    """The connection of a link; it is closed when the link is forgotten."""

    def __init__(self) -> None:
        self.connection: Connection | None = None

    async def close(self) -> None:
        """Close it, if there is one."""
        held, self.connection = self.connection, None
        if held is not None and held.loop is asyncio.get_running_loop():
            await held.close()

    def let_go(self) -> None:
        """Begin to close it; from any thread."""
        held = self.connection
        if held is not None and held.process == os.getpid():
            with suppress(RuntimeError):  # its loop is closed
                held.loop.call_soon_threadsafe(held.end)


def start(coro: Coroutine[Any, Any, T]) -> Started[T]:
    """Run a coroutine on the portal's loop."""
    return submit(portals.get().loop, coro, in_our_context())


class Links:
    """The links of this process: one for all that reach a server in the same way."""

    def __init__(self) -> None:
        self._by_way: WeakValueDictionary[Way, Link] = WeakValueDictionary()
        self._open: set[Connection] = set()
        self._parents: list[set[Connection]] = []
        self._registered = False

    def to(self, way: Way) -> Link:
        """Return the link to a server; it lives as long as somebody holds it."""
        return self._by_way.setdefault(way, Link(way))

    def opened(self, connection: Connection) -> None:
        """Have a connection closed when the program ends."""
        if not self._registered:
            atexit.register(self.close)  # after the portal was: so it comes before the portal is closed
            self._registered = True
        self._open.add(connection)
        connection.task.add_done_callback(lambda _: self._open.discard(connection))

    def close(self) -> None:
        """Close what is open, and wait until the programs that were started have ended."""
        if self._open:
            with suppress(TimeoutError, RunCancelled):
                start(self._close()).result(LAST_SECONDS)

    async def _close(self) -> None:
        await asyncio.gather(*(connection.close() for connection in tuple(self._open)))

    def forget(self) -> None:
        """Leave the connections to the parent, in a forked child."""
        parents = [*self._parents, self._open]  # what is collected would end the parent's programs
        self.__init__()
        self._parents = parents


links = Links()
"""Those of this process. A forked child opens its own."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=links.forget)
