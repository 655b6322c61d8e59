"""One connection to a server, from its opening to its end, held by a task of its own."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import cast

from ..._sync import hold_on
from ...errors import MCPError, MCPTimeout, MCPUnavailable, MissingExtra, ToolError
from .client import Listed, Lost, Refusal, Session, connected, in_our_context, load
from .heard import Heard
from .ways import Way, hidden


@dataclass(frozen=True, slots=True)
class Terms:
    """What its users call a server, and how long they wait for it."""

    name: str
    start_timeout: float
    timeout: float


class Connection:
    """A connection that is being opened, stands, or has ended. Only for the loop on which it was made.

    Args:
        way: how the server is reached.
        terms: of whoever is first.
    """

    def __init__(self, way: Way, terms: Terms) -> None:
        self.loop = asyncio.get_running_loop()
        self.process = os.getpid()
        self.listed: tuple[Listed, ...] = ()
        self.stale = False
        """Whether the server has said that its list has changed."""
        self._way, self._terms = way, terms
        self._heard = Heard()
        self._session: Session | None = None
        self._error: BaseException | None = None
        self._late = False
        self._settled, self._closing = asyncio.Event(), asyncio.Event()
        self.task = hold_on(self.loop.create_task(self._live(), context=in_our_context()))
        """Holds it; done when it has ended and nothing of it is left."""

    @property
    def stands(self) -> bool:
        """Whether it is being opened, or can be used."""
        return not self._closing.is_set() and not self.task.done()

    async def session(self) -> Session:
        """Return what to speak through, once it is open.

        Raises:
            MCPError: it could not be opened.
        """
        await self._settled.wait()
        if self._session is None:
            raise self.explained(self._terms, self._error or Lost(), "did not start", done=False)
        return self._session

    def end(self) -> None:
        """Begin to close it."""
        self._closing.set()
        if self._session is None:
            self.task.cancel()

    async def close(self) -> None:
        """Close it; a program that was started has ended then."""
        self.end()
        await asyncio.wait([self.task])

    async def cause(self) -> BaseException:
        """Return why it has ended, once it has."""
        await self.close()
        return self._error or Lost()

    # ------------------------------------------------------------ its life

    async def _live(self) -> None:
        timer: asyncio.TimerHandle | None = None
        try:
            await load()
            timer = self.loop.call_later(self._terms.start_timeout, self._give_up)
            async with connected(self._way, self._heard, self._changed, self._closing.set) as session:
                self.listed = await session.tools()
                timer.cancel()
                self._session = session
                self._settled.set()
                watching = hold_on(self.loop.create_task(session.watch(self._changed)))
                try:
                    await self._closing.wait()
                finally:
                    watching.cancel()
        except asyncio.CancelledError:
            self._error = TimeoutError() if self._late else Lost()
            if not self._late:
                raise
        except Exception as error:  # noqa: BLE001 - it is told to whoever waits for the connection
            self._error = _first(error)
        finally:
            if timer is not None:
                timer.cancel()
            self._closing.set()
            self._settled.set()

    def _give_up(self) -> None:
        self._late = True
        self.task.cancel()

    def _changed(self) -> None:
        self.stale = True

    # ------------------------------------------------------------ what went wrong

    def explained(self, terms: Terms, error: BaseException, what: str, *, done: bool) -> Exception:
        """Return the error for those who use the server.

        Args:
            terms: theirs.
            error: what happened.
            what: what did not work, after the server's name.
            done: whether something may have been done.
        """
        if isinstance(error, MissingExtra):
            return error
        kind, why = _kind(error)
        more = self._heard.words(of_starting=not done)
        text = f"MCP server {terms.name!r} ({self._way.shown}) {what}{why}{f'; {more}' if more else ''}"
        return kind(hidden(self._way, text, all=True), server=terms.name, retryable=not done)


def _kind(error: BaseException) -> tuple[type[MCPError], str]:
    """Return the class of the error, and how the sentence ends that tells of it."""
    match error:
        case TimeoutError():
            return MCPTimeout, " in time"
        case Lost():
            return MCPUnavailable, ": the connection has ended"
        case Refusal():
            return MCPError, f": {error}"
        case OSError():
            where = f": {error.filename!r}" if error.filename else ""
            return MCPUnavailable, f": {error.strerror or type(error).__name__}{where}"
        case ToolError():
            return MCPUnavailable, f": {error}"
        case _:
            return MCPUnavailable, f": {str(error) or type(error).__name__}"


def _first(error: BaseException) -> BaseException:
    """Return what went wrong first, out of the groups in which tasks raise it."""
    while isinstance(error, BaseExceptionGroup):
        found = cast("BaseExceptionGroup[BaseException]", error).exceptions
        error = next((e for e in found if not isinstance(e, (Lost, Refusal))), found[0])
    return error
