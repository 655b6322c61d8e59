"""Mirror of `autogen.agentchat.group.context_str`."""

from __future__ import annotations

from ....handoffs.conditions import ContextStr as ContextStr
from ...absent import no_more

__all__ = [
    "ContextStr",
]

__getattr__ = no_more(__name__)
