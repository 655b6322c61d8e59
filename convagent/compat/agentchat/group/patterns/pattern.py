"""Mirror of `autogen.agentchat.group.patterns.pattern`."""

from __future__ import annotations

from .....group.patterns import DefaultPattern as DefaultPattern
from .....group.patterns import Pattern as Pattern
from ....absent import no_more

__all__ = [
    "DefaultPattern",
    "Pattern",
]

__getattr__ = no_more(__name__)
