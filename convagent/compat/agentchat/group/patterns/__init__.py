"""Mirror of `autogen.agentchat.group.patterns`."""

from __future__ import annotations

from .....group.patterns import AutoPattern as AutoPattern
from .....group.patterns import DefaultPattern as DefaultPattern
from .....group.patterns import ManualPattern as ManualPattern
from .....group.patterns import RandomPattern as RandomPattern
from .....group.patterns import RoundRobinPattern as RoundRobinPattern
from ....absent import no_more

__all__ = [
    "AutoPattern",
    "DefaultPattern",
    "ManualPattern",
    "RandomPattern",
    "RoundRobinPattern",
]

__getattr__ = no_more(__name__)
