"""Mirror of `autogen.events.client_events`."""

from __future__ import annotations

from ...events import StreamEvent as StreamEvent
from ...events import UsageSummaryEvent as UsageSummaryEvent
from ..absent import no_more

__all__ = [
    "StreamEvent",
    "UsageSummaryEvent",
]

__getattr__ = no_more(__name__)
