"""Mirror of `autogen.io.processors`."""

from __future__ import annotations

from ....observers.console import AsyncConsoleEventProcessor as AsyncConsoleEventProcessor
from ....observers.console import ConsoleEventProcessor as ConsoleEventProcessor
from ....runs.response import EventProcessor as AsyncEventProcessorProtocol
from ....runs.response import EventProcessor as EventProcessorProtocol
from ...absent import no_more

__all__ = [
    "AsyncConsoleEventProcessor",
    "AsyncEventProcessorProtocol",
    "ConsoleEventProcessor",
    "EventProcessorProtocol",
]

__getattr__ = no_more(__name__)
