"""Mirror of `autogen.agentchat.group.patterns.auto`."""

from __future__ import annotations

from .....group.patterns import AutoPattern as AutoPattern
from ....absent import no_more

__all__ = [
    "AutoPattern",
]

__getattr__ = no_more(__name__)
