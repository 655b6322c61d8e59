"""What an agent hands over by, and what is checked of what it hears and says, in the classic's group patterns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .core import AgentCore

if TYPE_CHECKING:
    from ..handoffs.conditions import OnCondition, OnContextCondition
    from ..handoffs.guardrails import Guardrail, GuardrailResult
    from ..handoffs.handoffs import Handoffs


class HandoffMethods(AgentCore):
    """Handovers and guardrails; they count where the agent speaks in a group pattern."""

    @property
    def handoffs(self) -> Handoffs:
        """To whom it hands over in a group pattern; see `docs/handoffs.md`."""
        if self._handoffs is None:
            from ..handoffs.handoffs import Handoffs

            self._handoffs = Handoffs()
        return self._handoffs

    @handoffs.setter
    def handoffs(self, handoffs: Handoffs) -> None:
        self._handoffs = handoffs

    @property
    def has_handoffs(self) -> bool:
        """Whether it was ever asked to whom it hands over."""
        return self._handoffs is not None

    def register_handoff(self, condition: OnContextCondition | OnCondition) -> None:
        """Add a handover."""
        self.handoffs.add(condition)

    def register_handoffs(self, conditions: Iterable[OnContextCondition | OnCondition]) -> None:
        """Add handovers."""
        self.handoffs.add_many(conditions)

    def register_input_guardrail(self, guardrail: Guardrail) -> None:
        """Have what the agent is about to reply to checked."""
        self.input_guardrails.append(guardrail)

    def register_input_guardrails(self, guardrails: Iterable[Guardrail]) -> None:
        """Have what the agent is about to reply to checked, by several."""
        self.input_guardrails.extend(guardrails)

    def register_output_guardrail(self, guardrail: Guardrail) -> None:
        """Have what the agent is about to say checked."""
        self.output_guardrails.append(guardrail)

    def register_output_guardrails(self, guardrails: Iterable[Guardrail]) -> None:
        """Have what the agent is about to say checked, by several."""
        self.output_guardrails.extend(guardrails)

    def run_input_guardrails(self, messages: list[dict[str, Any]] | None = None) -> GuardrailResult | None:
        """Return the result of the first guardrail that finds something in these messages; None: none does."""
        return _first(self.input_guardrails, messages or [])

    def run_output_guardrails(self, reply: str | dict[str, Any]) -> GuardrailResult | None:
        """Return the result of the first guardrail that finds something in this reply; None: none does."""
        return _first(self.output_guardrails, reply)


def _first(guardrails: Iterable[Guardrail], context: Any) -> GuardrailResult | None:
    found = (guardrail.check(context) for guardrail in guardrails)
    return next((result for result in found if result.activated), None)
