"""Mirror of `autogen.agentchat.group.llm_condition`."""

from __future__ import annotations

from ....handoffs.conditions import ContextStrLLMCondition as ContextStrLLMCondition
from ....handoffs.conditions import LLMCondition as LLMCondition
from ....handoffs.conditions import StringLLMCondition as StringLLMCondition
from ...absent import no_more

__all__ = [
    "ContextStrLLMCondition",
    "LLMCondition",
    "StringLLMCondition",
]

__getattr__ = no_more(__name__)
