"""Mirror of `autogen.agentchat.group.handoffs`."""

from __future__ import annotations

from ....handoffs.handoffs import Handoffs as Handoffs
from ...absent import no_more

__all__ = [
    "Handoffs",
]

__getattr__ = no_more(__name__)
