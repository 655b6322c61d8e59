"""Mirror of `autogen.agentchat.group.available_condition`."""

from __future__ import annotations

from ....handoffs.conditions import AvailableCondition as AvailableCondition
from ....handoffs.conditions import ExpressionAvailableCondition as ExpressionAvailableCondition
from ....handoffs.conditions import StringAvailableCondition as StringAvailableCondition
from ...absent import no_more

__all__ = [
    "AvailableCondition",
    "ExpressionAvailableCondition",
    "StringAvailableCondition",
]

__getattr__ = no_more(__name__)
