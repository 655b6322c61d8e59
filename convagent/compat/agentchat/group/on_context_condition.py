"""Mirror of `autogen.agentchat.group.on_context_condition`."""

from __future__ import annotations

from ....handoffs.conditions import OnContextCondition as OnContextCondition
from ...absent import no_more

__all__ = [
    "OnContextCondition",
]

__getattr__ = no_more(__name__)
