"""Mirror of `autogen.io.processors.base`."""

from __future__ import annotations

from ....runs.response import EventProcessor as AsyncEventProcessorProtocol
from ....runs.response import EventProcessor as EventProcessorProtocol
from ...absent import no_more

__all__ = [
    "AsyncEventProcessorProtocol",
    "EventProcessorProtocol",
]

__getattr__ = no_more(__name__)
