"""The manager of a pattern: the agent behind which its group stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ..agents.conversable import ConversableAgent
from ..agents.groupchat import GroupChat
from ..agents.manager import GroupChatManager
from ..agents.taking_turns import Held
from ..agents.variables import ContextVariables
from ..conversation.context import current_run
from ..errors import ConfigError
from .choosing import HandoverPattern
from .plan import Plan, make_plan, needs_model, signature
from .state import PatternState

if TYPE_CHECKING:
    from .patterns import Pattern

OPENER = "_User"
"""Under which name the opening message of nobody in particular stands in requests to models."""
MAX_ROUNDS = 20


class PatternManager(GroupChatManager):
    """An agent behind which the group of a pattern stands; ``max_turns`` of a chat with it counts messages."""

    heard_outside: ClassVar[bool] = True

    def __init__(self, pattern: Pattern, **given: Any) -> None:
        if "groupchat" in given:
            raise ConfigError("group_manager_args names a groupchat, which is the pattern's own; leave it out")
        self.pattern = pattern
        self._planned: tuple[Any, Plan] = signature(pattern), make_plan(pattern)
        super().__init__(GroupChat(self._planned[1].members, max_round=MAX_ROUNDS), **given)
        self.opener = ConversableAgent(OPENER, llm_config=False, human_input_mode="NEVER")
        """Says the opening message, where the pattern has no user and nobody is named."""

    def plan(self) -> Plan:
        """Return who is in the group now, and who hands over to whom.

        Raises:
            ConfigError: somebody hands over to an agent that is not in the group; or a model has to choose, and
                there is none.
        """
        now = signature(self.pattern)
        if now != self._planned[0]:
            self._planned = (now, make_plan(self.pattern))
            self.groupchat.agents = self._planned[1].members
        plan = self._planned[1]
        if needs_model(plan) and not self.llm_config:
            raise ConfigError(
                "a model has to choose speakers in this pattern, and its manager has none; pass "
                "group_manager_args={'llm_config': ...}"
            )
        return plan

    # ------------------------------------------------------------ its conversation

    def conversation(self, sender: ConversableAgent, clear: bool, max_turns: int | None) -> Held:
        """Return the conversation of the group that somebody begins."""
        plan, pattern, group = self.plan(), self.pattern, self.groupchat
        members = tuple(plan.members)
        state = PatternState(
            sender, self, self._thread(sender, members, clear), members=members, group=group, plan=plan,
            variables=self._variables(), max_rounds=max_turns or MAX_ROUNDS,
        )  # fmt: skip
        return state, HandoverPattern(group, self, plan, pattern.group_after_work, pattern.initial_agent)

    def _variables(self) -> ContextVariables:
        """Return the variables of a new conversation: the pattern's; where it has none, those of the group outside."""
        run = current_run.get()
        if run is not None and isinstance(run.state, PatternState) and not self.pattern.context_variables:
            plan = run.state.plan
            if plan is not None and any(one.name == run.agent_name for one in plan.wrapped):
                return cast(ContextVariables, run.state.variables)
        return ContextVariables(self.pattern.context_variables)

    def shares(self) -> Mapping[str, Any]:
        """Return the context variables with which a conversation of the group begins."""
        return self.pattern.context_variables.to_dict()

    def brings(self) -> Sequence[ConversableAgent]:
        """Return the members of the group, and who says the opening message where there is no user."""
        members = self.plan().members
        return members if self.pattern.user_agent is not None else [*members, self.opener]

    def company(self, sender: ConversableAgent) -> tuple[ConversableAgent, ...]:
        """Return all who take part in a conversation that a sender begins, each at its side."""
        return (sender, self, *(agent for agent in self.plan().members if agent is not sender))
