"""Mirror of `autogen.agentchat.group.context_condition`."""

from __future__ import annotations

from ....handoffs.conditions import ContextCondition as ContextCondition
from ....handoffs.conditions import ExpressionContextCondition as ExpressionContextCondition
from ....handoffs.conditions import StringContextCondition as StringContextCondition
from ...absent import no_more

__all__ = [
    "ContextCondition",
    "ExpressionContextCondition",
    "StringContextCondition",
]

__getattr__ = no_more(__name__)
