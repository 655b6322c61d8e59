"""Mirror of `autogen.agentchat.group.patterns.random`."""

from __future__ import annotations

from .....group.patterns import RandomPattern as RandomPattern
from ....absent import no_more

__all__ = [
    "RandomPattern",
]

__getattr__ = no_more(__name__)
