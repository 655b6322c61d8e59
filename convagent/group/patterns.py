"""The patterns of the classic: who is in a group, and who comes after whom where nobody hands over."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from ..agents.conversable import ConversableAgent
from ..agents.variables import ContextVariables
from ..errors import ConfigError, UsageError
from ..handoffs.targets import (
    AgentTarget,
    AskUserTarget,
    GroupManagerSelectionMessage,
    GroupManagerTarget,
    RandomAgentTarget,
    TerminateTarget,
    TransitionTarget,
)
from .manager import PatternManager

_PREPARING = (
    "a pattern prepares its group itself, and changes no agent; hold its conversation by "
    "initiate_group_chat(pattern, ...), and say who comes after whom by overriding after_works()"
)
Summary = str | Callable[..., Any] | None


class Pattern:
    """Agents that hand over to each other, and what happens where none of them does.

    It holds no conversation, and changes no agent: a pattern and its agents may serve several at once.
    """

    def __init__(
        self,
        initial_agent: ConversableAgent,
        agents: Sequence[ConversableAgent],
        user_agent: ConversableAgent | None = None,
        group_manager_args: Mapping[str, Any] | None = None,
        context_variables: ContextVariables | Mapping[str, Any] | None = None,
        group_after_work: TransitionTarget | None = None,
        exclude_transit_message: bool = True,
        summary_method: Summary = "last_msg",
    ) -> None:
        """Make a pattern.

        Args:
            initial_agent: who speaks first after the opening message.
            agents: who works in the group.
            user_agent: stands for the user: it says the opening message, and `RevertToUserTarget` leads to it.
            group_manager_args: more for `GroupChatManager`: `llm_config` chooses speakers, `is_termination_msg` ends.
            context_variables: what all share; a run begins with a copy, and what has become of it is here when it
                has ended.
            group_after_work: who comes after an agent that says nothing about it; None: the conversation ends.
            exclude_transit_message: whether models are not shown the calls that only hand over.
            summary_method: as for `initiate_chat`.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        _check(self, agents, initial_agent, user_agent, group_after_work)
        self.initial_agent, self.agents, self.user_agent = initial_agent, list(agents), user_agent
        self.group_manager_args = dict(group_manager_args or {})
        given = context_variables
        self.context_variables = given if isinstance(given, ContextVariables) else ContextVariables(given)
        self.group_after_work: TransitionTarget = group_after_work or TerminateTarget()
        self.exclude_transit_message, self.summary_method = exclude_transit_message, summary_method

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "prepare_group_chat" in vars(cls):
            warnings.warn(f"nothing calls {cls.__name__}.prepare_group_chat: {_PREPARING}", UserWarning, stacklevel=2)

    def prepare_group_chat(self, max_rounds: int, messages: Any) -> Any:
        """Refuse: the classic's thirteen values are made by nobody.

        Raises:
            UsageError: always; it says what to do instead.
        """
        raise UsageError(_PREPARING)

    @cached_property
    def manager(self) -> PatternManager:
        """The agent behind which the group stands; it may take a seat in any other conversation."""
        return PatternManager(self, **self.group_manager_args)

    def after_works(self) -> Mapping[str, TransitionTarget]:
        """Return who comes after whom, by name, in the place of what these agents say of that themselves."""
        return {}

    @classmethod
    def create_default(
        cls,
        initial_agent: ConversableAgent,
        agents: Sequence[ConversableAgent],
        user_agent: ConversableAgent | None = None,
        group_manager_args: Mapping[str, Any] | None = None,
        context_variables: ContextVariables | Mapping[str, Any] | None = None,
        exclude_transit_message: bool = True,
        summary_method: Summary = "last_msg",
    ) -> DefaultPattern:
        """Make a `DefaultPattern`."""
        return DefaultPattern(
            initial_agent, agents, user_agent, group_manager_args, context_variables,
            exclude_transit_message=exclude_transit_message, summary_method=summary_method,
        )  # fmt: skip


class DefaultPattern(Pattern):
    """Agents hand over to each other; where none does, `group_after_work` says what happens."""


class RoundRobinPattern(Pattern):
    """Each speaks in turn: the initial agent, the others in their order, the user."""

    def after_works(self) -> Mapping[str, TransitionTarget]:
        """Return who comes after whom: the next in turn."""
        others = [agent for agent in self.agents if agent not in (self.initial_agent, self.user_agent)]
        turns = [self.initial_agent, *others, *_listed(self.user_agent)]
        return {one.name: AgentTarget(after) for one, after in zip(turns, [*turns[1:], turns[0]], strict=True)}


class RandomPattern(Pattern):
    """After each, one of the others speaks, by chance."""

    def after_works(self) -> Mapping[str, TransitionTarget]:
        """Return who comes after whom: any other one."""
        everyone = [*self.agents, *_listed(self.user_agent)]
        others = {one.name: [other for other in everyone if other is not one] for one in everyone}
        return {name: RandomAgentTarget(found) for name, found in others.items() if found}


class AutoPattern(Pattern):
    """Where no agent hands over, the manager's model chooses who speaks next."""

    def __init__(
        self,
        initial_agent: ConversableAgent,
        agents: Sequence[ConversableAgent],
        user_agent: ConversableAgent | None = None,
        group_manager_args: Mapping[str, Any] | None = None,
        context_variables: ContextVariables | Mapping[str, Any] | None = None,
        selection_message: GroupManagerSelectionMessage | None = None,
        exclude_transit_message: bool = True,
        summary_method: Summary = "last_msg",
    ) -> None:
        """Make a pattern; see `Pattern`.

        Args:
            initial_agent: who speaks first after the opening message.
            agents: who works in the group; the model is told their descriptions.
            user_agent: stands for the user.
            group_manager_args: ``llm_config`` is needed: it chooses.
            context_variables: what all share.
            selection_message: what the model is told below the conversation; None: what a `GroupChat` tells it.
            exclude_transit_message: whether models are not shown the calls that only hand over.
            summary_method: as for `initiate_chat`.
        """
        self.selection_message = selection_message
        super().__init__(
            initial_agent, agents, user_agent, group_manager_args, context_variables,
            GroupManagerTarget(selection_message), exclude_transit_message, summary_method,
        )  # fmt: skip


class ManualPattern(Pattern):
    """Where no agent hands over, a person chooses who speaks next."""

    def __init__(
        self,
        initial_agent: ConversableAgent,
        agents: Sequence[ConversableAgent],
        user_agent: ConversableAgent | None = None,
        group_manager_args: Mapping[str, Any] | None = None,
        context_variables: ContextVariables | Mapping[str, Any] | None = None,
        exclude_transit_message: bool = True,
        summary_method: Summary = "last_msg",
    ) -> None:
        """Make a pattern; see `Pattern`."""
        super().__init__(
            initial_agent, agents, user_agent, group_manager_args, context_variables, AskUserTarget(),
            exclude_transit_message, summary_method,
        )  # fmt: skip


def _listed(agent: ConversableAgent | None) -> list[ConversableAgent]:
    return [] if agent is None else [agent]


def _check(pattern: Pattern, agents: Any, initial: Any, user: Any, after_work: Any) -> None:
    kind = type(pattern).__name__
    if not isinstance(agents, Sequence) or not agents:
        raise ConfigError(f"{kind}: agents={agents!r}; expected a list of agents, the initial one among them")
    for one in (*cast("Sequence[Any]", agents), initial, *_listed(user)):
        if not isinstance(one, ConversableAgent):
            raise ConfigError(f"{kind}: {one!r} is a {type(one).__name__}; expected a ConversableAgent")
    if initial not in agents and initial is not user:
        names = ", ".join(agent.name for agent in cast("Sequence[ConversableAgent]", agents))
        raise ConfigError(f"{kind}: initial_agent {initial.name!r} is not among the agents: {names}")
    if after_work is not None and not isinstance(after_work, TransitionTarget):
        raise ConfigError(
            f"{kind}: group_after_work={after_work!r} is a {type(after_work).__name__}; expected a target"
        )
