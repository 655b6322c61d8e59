"""The agent of a group pattern that executes what the models of the others propose."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ..agent import Next, Reply
from ..agents.builtin import execution
from ..agents.conversable import ConversableAgent
from ..conversation.context import RunContext
from ..conversation.execution import run_tools
from ..events import OnConditionLLMTransitionEvent, ReplyResultTransitionEvent
from ..handoffs.targets import AgentNameTarget, TransitionTarget, read_target
from ..messages import Message, content_text
from ..runtime import strand

if TYPE_CHECKING:
    from .plan import Plan
    from .state import PatternState

NAME = "_Group_Tool_Executor"


class GroupToolExecutor(ConversableAgent):
    """Executes the calls of a message one after another, so that each finds what the one before set."""

    def __init__(self) -> None:
        super().__init__(
            NAME, "Tool Execution, do not use this agent directly.", human_input_mode="NEVER", llm_config=False
        )

    async def take_turn(self, run: RunContext) -> Next:
        """Reply with the results of the last message's calls."""
        state = cast("PatternState", run.state)
        assert state.plan is not None
        proposer = cast(ConversableAgent, state.speaker)
        how = execution(self, run, proposer, state.plan.executable(proposer))
        results: list[Message] = []
        base = run.enter_strand(strand.get())
        for number, call in enumerate(state.last.get("tool_calls") or ()):
            run.enter_strand(f"{base}call{number}.")
            name = (call.get("function") or {}).get("name") or ""
            how.heard = partial(self._heard, run, state.plan, proposer, name)
            results += await run_tools(run, [call], how)
        run.enter_strand(base)
        texts = [content_text(result.get("content")) for result in results]
        return Reply({"role": "tool", "tool_responses": results, "content": "\n".join(texts)}, state.recipient)

    def _heard(
        self, run: RunContext, plan: Plan, proposer: ConversableAgent, tool: str, position: int,
        signal: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Tell to whom a tool hands over; the last one counts."""
        target = _target(signal, plan)
        by_model = plan.hands_over(proposer, tool)
        event = OnConditionLLMTransitionEvent if by_model else ReplyResultTransitionEvent
        run.emit(
            event(
                source_agent=proposer.name, transition_target=target.display_name(), target=target.as_json(),
                silent=run.silent, agent=self.name,
            )
        )  # fmt: skip


def _target(signal: Mapping[str, Any], plan: Plan) -> TransitionTarget:
    if "target" not in signal:
        return AgentNameTarget(str(signal["handoff"]))
    return read_target(signal["target"], plan.targets)
