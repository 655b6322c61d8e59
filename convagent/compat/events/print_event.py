"""Mirror of `autogen.events.print_event`."""

from __future__ import annotations

from ...events import PrintEvent as PrintEvent
from ..absent import no_more

__all__ = [
    "PrintEvent",
]

__getattr__ = no_more(__name__)
