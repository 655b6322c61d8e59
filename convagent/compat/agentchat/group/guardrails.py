"""Mirror of `autogen.agentchat.group.guardrails`."""

from __future__ import annotations

from ....handoffs.guardrails import Guardrail as Guardrail
from ....handoffs.guardrails import GuardrailResult as GuardrailResult
from ....handoffs.guardrails import LLMGuardrail as LLMGuardrail
from ....handoffs.guardrails import RegexGuardrail as RegexGuardrail
from ...absent import no_more

__all__ = [
    "Guardrail",
    "GuardrailResult",
    "LLMGuardrail",
    "RegexGuardrail",
]

__getattr__ = no_more(__name__)
