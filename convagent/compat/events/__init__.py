"""Mirror of `autogen.events`."""

from __future__ import annotations

from ...events import Event as BaseEvent
from ..absent import no_more

__all__ = [
    "BaseEvent",
]

__getattr__ = no_more(__name__)
