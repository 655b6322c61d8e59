"""What a group pattern does around the turn of an agent: conditions and guardrails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from ..agent import Agent, Next, Participant, Reply
from ..agents.conversable import ConversableAgent
from ..conversation.context import RunContext
from ..events import GuardrailTransitionEvent, OnContextConditionTransitionEvent
from ..handoffs.guardrails import Guardrail, GuardrailResult
from ..handoffs.targets import AgentNameTarget
from ..messages import Message
from .checking import checked
from .state import PatternState


async def conditions_first(run: RunContext, agent: Agent, messages: list[Message]) -> str | None:
    """Hand over where the context variables say so, before anything else makes a reply."""
    state = cast(PatternState, run.state)
    assert state.plan is not None
    for rule in state.plan.rules[agent.name]:
        refused = isinstance(rule.target, AgentNameTarget) and rule.target.agent_name == state.refused
        if refused or not rule.condition.holds(agent, cast("list[dict[str, Any]]", messages)):
            continue
        shown = rule.target.display_name()
        run.emit(OnContextConditionTransitionEvent(
            source_agent=agent.name, transition_target=shown, target=rule.target.as_json(), silent=run.silent,
            agent=agent.name,
        ))  # fmt: skip
        return f"[Handing off to {shown}]"
    return None


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent whose guardrails check what it hears and what it says, for one turn."""

    agent: ConversableAgent

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.agent.name

    @property
    def description(self) -> str:
        """The agent's description."""
        return self.agent.description

    async def take_turn(self, run: RunContext) -> Next:
        """Let the agent take its turn, unless a guardrail finds something in what it hears; or says."""
        state = cast(PatternState, run.state)
        heard = await self._found(run, self.agent.input_guardrails, state.thread.view(self.agent))
        if heard is not None:
            return Reply(heard, state.recipient)
        decided = await self.agent.take_turn(run)
        if not isinstance(decided, Reply):
            return decided
        said = await self._found(run, self.agent.output_guardrails, decided.message)
        return decided if said is None else replace(decided, message=said)

    async def hand_over(self, run: RunContext, message: Any, to: Participant) -> None:
        """Send what was decided, as the agent does."""
        await self.agent.hand_over(run, message, to)

    async def _found(self, run: RunContext, guardrails: Sequence[Guardrail], context: Any) -> str | None:
        """Return what is said in the place of a reply; None: no guardrail found anything."""
        for guardrail in guardrails:
            result: GuardrailResult = await checked(run, self.agent, guardrail, context)
            if result.activated:
                run.emit(GuardrailTransitionEvent(
                    source_agent=self.name, transition_target=guardrail.target.display_name(),
                    target=guardrail.target.as_json(), silent=run.silent, guardrail=guardrail.name, agent=self.name,
                ))  # fmt: skip
                return result.reply
        return None
