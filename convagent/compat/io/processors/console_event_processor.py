"""Mirror of `autogen.io.processors.console_event_processor`."""

from __future__ import annotations

from ....observers.console import AsyncConsoleEventProcessor as AsyncConsoleEventProcessor
from ....observers.console import ConsoleEventProcessor as ConsoleEventProcessor
from ...absent import no_more

__all__ = [
    "AsyncConsoleEventProcessor",
    "ConsoleEventProcessor",
]

__getattr__ = no_more(__name__)
