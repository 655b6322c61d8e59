"""Tell browsers that something changed, by server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from ...errors import JournalError

if TYPE_CHECKING:
    from ...journal.inbox import Inbox

_LOOK = 1.0
"""Seconds after which it is looked, though nobody said that something changed."""
_BEAT = 15.0
"""Seconds after which a silent stream says that it is there, and sees whether the session still is."""
_CALM = 0.2
"""Seconds between two looks at least."""
_SEEN = 100


class Live:
    """One look at the journal for all browsers that watch; none while nobody watches."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._watching: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def close(self) -> None:
        """Let every stream end."""
        self._closed = True
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for changed in self._watching:
            changed.set()

    async def stream(self, still: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Yield an event at the beginning, and one whenever something changed.

        Args:
            still: whether the session still counts.
        """
        changed = asyncio.Event()
        self._begin(changed)
        try:
            # Whoever is told to look now is told of all that changes afterwards.
            await self._begun.wait()
            yield b"retry: 3000\nevent: changed\ndata: first\n\n"
            while not self._closed:
                try:
                    await asyncio.wait_for(changed.wait(), _BEAT)
                except TimeoutError:
                    pass  # the beat: below
                if self._closed or not await asyncio.to_thread(still):
                    return
                yield b"event: changed\ndata: again\n\n" if changed.is_set() else b": here\n\n"
                changed.clear()
        finally:
            self._end(changed)

    def _begin(self, changed: asyncio.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._watching.add(changed)
        if self._task is None:
            self._begun = asyncio.Event()
            self._task = self._loop.create_task(self._look(self._begun))

    def _end(self, changed: asyncio.Event) -> None:
        self._watching.discard(changed)
        if not self._watching and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _look(self, begun: asyncio.Event) -> None:
        loop, poked = asyncio.get_running_loop(), asyncio.Event()

        def poke() -> None:
            try:
                loop.call_soon_threadsafe(poked.set)
            except RuntimeError:
                pass  # the loop is closed, and nobody watches

        stop = self._inbox.journal.watch(poke)
        try:
            seen = await asyncio.to_thread(self._state)
            begun.set()
            while True:
                try:
                    await asyncio.wait_for(poked.wait(), _LOOK)
                except TimeoutError:
                    pass  # looked at all the same
                poked.clear()
                state = await asyncio.to_thread(self._state)
                if state != seen:
                    seen = state
                    self._wake()
                await asyncio.sleep(_CALM)
        finally:
            begun.set()
            stop()

    def _state(self) -> object:
        journal = self._inbox.journal
        try:
            waiting = [(s.id, s.request.level, len(s.votes)) for s in journal.pending(limit=_SEEN)]
            runs = [(r.id, r.status, r.turn, r.updated) for r in journal.runs(limit=_SEEN)]
        except JournalError as error:  # it is tried again; meanwhile the pages themselves say so
            return str(error)
        return waiting, runs
