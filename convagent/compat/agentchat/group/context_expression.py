"""Mirror of `autogen.agentchat.group.context_expression`."""

from __future__ import annotations

from ....handoffs.expression import ContextExpression as ContextExpression
from ...absent import no_more

__all__ = [
    "ContextExpression",
]

__getattr__ = no_more(__name__)
