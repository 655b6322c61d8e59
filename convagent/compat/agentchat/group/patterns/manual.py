"""Mirror of `autogen.agentchat.group.patterns.manual`."""

from __future__ import annotations

from .....group.patterns import ManualPattern as ManualPattern
from ....absent import no_more

__all__ = [
    "ManualPattern",
]

__getattr__ = no_more(__name__)
