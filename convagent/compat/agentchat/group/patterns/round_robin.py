"""Mirror of `autogen.agentchat.group.patterns.round_robin`."""

from __future__ import annotations

from .....group.patterns import RoundRobinPattern as RoundRobinPattern
from ....absent import no_more

__all__ = [
    "RoundRobinPattern",
]

__getattr__ = no_more(__name__)
