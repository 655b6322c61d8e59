"""Mirror of `autogen.agentchat.group.on_condition`."""

from __future__ import annotations

from ....handoffs.conditions import OnCondition as OnCondition
from ...absent import no_more

__all__ = [
    "OnCondition",
]

__getattr__ = no_more(__name__)
