"""Who consumes a conversation when nobody said: the current IOStream."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from .._screen import is_tty
from .._sync import LoopHost
from ..events import Event, InputRequestEvent


class LoopConsole(LoopHost):
    """A host in the caller's loop that prints events and asks the person at the terminal.

    A question is asked in a task of its own, so that the loop goes on while somebody types.
    """

    def __init__(self) -> None:
        super().__init__()
        self._processor: Any = None
        self._asking: list[asyncio.Task[None]] = []

    def deliver(self, event: Event) -> None:
        """Print an event, or start to ask."""
        if self._processor is None:
            from ..observers.console import AsyncConsoleEventProcessor

            self._processor = AsyncConsoleEventProcessor()
        if isinstance(event, InputRequestEvent):
            task = asyncio.get_running_loop().create_task(self._ask(event))
            self._asking.append(task)
            task.add_done_callback(self._asking.remove)
        else:
            self._processor.show(event)

    async def _ask(self, event: InputRequestEvent) -> None:
        try:
            await self._processor.process_event(event)
        except asyncio.CancelledError:
            raise
        except KeyboardInterrupt as ctrl_c:
            if event.request.moment != "interrupt" and is_tty(sys.stdin):
                event.interrupt()
            else:
                event.fail(ctrl_c)
        except BaseException as error:  # noqa: BLE001 - it belongs to the run that waits for the answer
            event.fail(error)


class SilentHost(LoopHost):
    """A host in the caller's loop whose events only observers see."""
