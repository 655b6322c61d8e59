"""Who consumes a conversation when nobody said: the current IOStream."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Collection, Coroutine
from typing import TYPE_CHECKING, Any

from .._screen import is_tty
from .._sync import QUIET, LoopHost, hold_on
from ..events import Event, InputRequestEvent
from ..human import Seat

if TYPE_CHECKING:
    from ..observers.console import AsyncConsoleEventProcessor


def whoever_sits_here() -> Seat:
    """Return the seat of a bare terminal: the operating-system user, one person, in every role."""
    from .._reader import os_user  # what reads a line is loaded where a person is asked

    return Seat(os_user() or "terminal")


class LoopConsole(LoopHost):
    """A host in the caller's loop that prints events and asks the person at the terminal.

    A question is asked in a task of its own, so that the loop goes on while somebody types. While
    decisions stand, what else comes is shown between two keys: the prompt makes room for it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._console: AsyncConsoleEventProcessor | None = None
        self._standing: dict[asyncio.Task[None], None] = {}  # an empty set takes 200 bytes in each waiting chat
        """The classic questions that stand."""
        self._sitting: dict[asyncio.AbstractEventLoop, _Sitting] = {}
        """The decisions that stand; by their loop, for a plain function may hold a chat in one of its own."""
        self._seat: Seat | None = None

    @property
    def seat(self) -> Seat:
        """Who is asked at the terminal."""
        if self._seat is None:
            self._seat = whoever_sits_here()
        return self._seat

    def deliver(self, event: Event) -> None:
        """Print an event, or start to ask."""
        if self._console is None:
            from ..observers.console import AsyncConsoleEventProcessor

            self._console = AsyncConsoleEventProcessor()
        # Which loop runs is a system call of Python 3.11, and most events meet no decision that stands.
        sitting = self._sitting.get(asyncio.get_running_loop()) if self._sitting else None
        if sitting is not None:
            sitting.put(event)
        elif isinstance(event, InputRequestEvent) and event.seat is not None and event.request.decisions:
            loop = asyncio.get_running_loop()
            sitting = self._sitting[loop] = _Sitting(self._console, self._handle, self._standing)
            sitting.put(event)
            hold_on(loop.create_task(sitting.hold(lambda: self._sitting.pop(loop))))
        elif isinstance(event, InputRequestEvent):
            self._handle(event)
        else:
            self._console.show(event)

    def _handle(self, event: Event) -> None:
        console = self._console
        assert console is not None  # made before the first event is handled
        if not isinstance(event, InputRequestEvent) or event.seat is None:  # nobody is asked here
            console.show(event)
            return
        task = hold_on(asyncio.get_running_loop().create_task(_asking(console.process_event(event), [event])))
        self._standing[task] = None
        task.add_done_callback(self._standing.pop)


class _Sitting:
    """The events of a loop while decisions stand: they are shown, and the decisions asked, in turns."""

    def __init__(
        self,
        console: AsyncConsoleEventProcessor,
        handle: Callable[[Event], None],
        standing: Collection[asyncio.Task[None]],
    ) -> None:
        from ..observers.desk import Desk

        self._console, self._handle, self._standing = console, handle, standing
        self._desk = Desk()
        self._events: deque[Event] = deque()
        self._busy = False
        """Whether a question stands on the screen."""
        self._filled: Callable[[], None] | None = None

    def put(self, event: Event) -> None:
        """Show an event, or lay it on the desk; a prompt that stands makes room first."""
        if self._busy:
            self._events.append(event)
            if self._filled is not None:
                self._filled()
        elif not self._console.collect(event, self._desk):
            self._handle(event)

    def _when_filled(self, call: Callable[[], None]) -> None:
        self._filled = call
        if self._events:
            call()

    async def hold(self, over: Callable[[], object]) -> None:
        """Ask until no decision stands any more."""
        try:
            while self._desk.open:
                await asyncio.sleep(QUIET)  # what belongs together comes closer
                await self._classic_ones()
                if self._desk.open:
                    self._busy = True
                    await _asking(self._console.decide(self._desk, self._when_filled), list(self._desk.open.values()))
                self._make_room()
        finally:
            self._make_room()
            over()

    async def _classic_ones(self) -> None:
        """Let the classic questions come first: one of them may be an interruption."""
        loop = asyncio.get_running_loop()
        while before := [task for task in self._standing if task.get_loop() is loop]:
            self._busy = True
            await asyncio.wait(before)
            self._make_room()

    def _make_room(self) -> None:
        """Show what came while a question stood."""
        self._busy, self._filled = False, None
        while self._events:
            self.put(self._events.popleft())


async def _asking(ask: Coroutine[Any, Any, None], events: list[InputRequestEvent]) -> None:
    """Ask; what goes wrong belongs to the runs that wait for the answers."""
    try:
        await ask
    except asyncio.CancelledError:
        raise
    except KeyboardInterrupt as ctrl_c:
        asked = events[0]
        waits_as_well_without_us = bool(asked.kept_in and asked.request.decisions)
        if asked.request.moment == "interrupt" or waits_as_well_without_us or not is_tty(sys.stdin):
            asked.fail(ctrl_c)
        else:
            asked.interrupt()
    except BaseException as error:  # noqa: BLE001 - it belongs to the run that waits for the answer
        for event in events:
            event.fail(error)


class SilentHost(LoopHost):
    """A host in the caller's loop whose events only observers see."""
