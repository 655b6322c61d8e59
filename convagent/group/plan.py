"""Who is in the conversation of a pattern, and who hands over to whom: made anew where that has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..agents.conversable import ConversableAgent
from ..errors import ConfigError, nearest
from ..handoffs.conditions import OnCondition, OnContextCondition
from ..handoffs.handoffs import transfer_name
from ..handoffs.targets import (
    AgentNameTarget,
    AgentTarget,
    GroupManagerTarget,
    RandomAgentTarget,
    TransitionTarget,
)
from ..tools.rules import ToolRules
from ..tools.tool import Tool
from .executor import GroupToolExecutor
from .wrapping import stand_in

_NOBODY_JUDGES = ToolRules(asks=True)
"""A handover is judged as one, and not as a tool besides."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool by which an agent's model hands over."""

    condition: OnCondition
    name: str
    target: TransitionTarget


@dataclass(frozen=True, slots=True)
class Rule:
    """A handover that is made where its condition holds."""

    condition: OnContextCondition
    target: TransitionTarget


@dataclass(slots=True)
class Plan:
    """Who is in the conversation of a pattern, and who hands over to whom."""

    agents: Sequence[ConversableAgent]
    user: ConversableAgent | None
    executor: GroupToolExecutor
    hides_transit: bool
    wrapped: list[ConversableAgent] = field(default_factory=list[ConversableAgent])
    """Those who stand for conversations inside."""
    offers: dict[str, list[Offer]] = field(default_factory=dict[str, list[Offer]])
    rules: dict[str, list[Rule]] = field(default_factory=dict[str, list[Rule]])
    """Looked at before an agent does anything."""
    after_works: dict[str, list[Rule]] = field(default_factory=dict[str, list[Rule]])
    targets: list[TransitionTarget] = field(default_factory=list[TransitionTarget])
    """All that agents hand over to."""
    transit: frozenset[str] = frozenset()
    """The names of tools that only hand over, and are not shown; empty: they are."""
    workers: frozenset[str] = frozenset()
    """The names of all who work in the group: not the user, not the executor of tools."""

    @property
    def members(self) -> list[ConversableAgent]:
        """The group, in order."""
        everyone = [self.executor, *self.agents, *self.wrapped]
        return everyone if self.user is None or self.user in everyone else [*everyone, self.user]

    @property
    def choosable(self) -> list[ConversableAgent]:
        """Among whom a model or a person chooses."""
        return [one for one in self.members if one is not self.executor and one not in self.wrapped]

    def offered(self, agent: ConversableAgent, messages: list[Any]) -> tuple[Tool, ...]:
        """Return the tools by which an agent's model may hand over now."""
        return tuple(
            _transfer(one, one.condition.condition.get_prompt(agent, messages))
            for one in self.offers.get(agent.name, ())
            if one.condition.counts(agent, messages)
        )

    def executable(self, proposer: ConversableAgent) -> dict[str, Tool]:
        """Return the tools that can be executed for an agent: its own stand before those of others."""
        found: dict[str, Tool] = {}
        for agent in (*(one for one in self.members if one is not proposer), proposer):
            found |= {tool.name: tool for tool in agent.llm_tools} | agent.executable
            found |= {one.name: _transfer(one, one.name) for one in self.offers.get(agent.name, ())}
        return found

    def hands_over(self, proposer: ConversableAgent, tool: str) -> bool:
        """Return whether a tool of an agent only hands over."""
        return any(one.name == tool for one in self.offers.get(proposer.name, ()))


def make_plan(pattern: Any) -> Plan:
    """Return the plan of a pattern, by what its agents hand over to now.

    Raises:
        ConfigError: somebody hands over to an agent that is not in the group, and who.
    """
    plan = Plan(pattern.agents, pattern.user_agent, GroupToolExecutor(), pattern.exclude_transit_message)
    hiding: list[str] = []
    for agent in _handing(plan):
        given = agent.handoffs
        targets = _Targets(plan, agent)
        plan.offers[agent.name] = offers = [
            Offer(one, one.llm_function_name or transfer_name(target, number), target)
            for number, one in enumerate(given.llm_conditions, 1)
            for target in (targets.of(one.target, "a condition"),)
        ]
        plan.rules[agent.name] = [Rule(one, targets.of(one.target, "a condition")) for one in given.context_conditions]
        plan.after_works[agent.name] = [
            Rule(one, targets.of(one.target, "its after work")) for one in given.after_works
        ]
        hiding += [one.name for one in offers]
    for name, target in pattern.after_works().items():
        plan.after_works[name] = [Rule(OnContextCondition(target), target)]
    plan.targets.append(pattern.group_after_work)
    plan.workers = frozenset(one.name for one in (*plan.agents, *plan.wrapped))
    if plan.hides_transit:
        plan.transit = frozenset(hiding)
    _check(plan)
    return plan


def needs_model(plan: Plan) -> bool:
    """Return whether the manager's model has to choose at some time."""
    return any(isinstance(target, GroupManagerTarget) for target in plan.targets)


def signature(pattern: Any) -> tuple[Any, ...]:
    """Return what a plan depends on; one of other agents or handovers has another one."""
    found: list[Any] = [pattern.group_after_work, pattern.user_agent, pattern.exclude_transit_message]
    for agent in (*pattern.agents, *([pattern.user_agent] if pattern.user_agent else ())):
        found.append(agent)
        if agent.has_handoffs:
            given = agent.handoffs
            for one in (*given.llm_conditions, *given.context_conditions, *given.after_works):
                found += [one, one.target]
    return tuple(map(id, found))


def _handing(plan: Plan) -> Iterator[ConversableAgent]:
    everyone = plan.agents if plan.user is None or plan.user in plan.agents else [*plan.agents, plan.user]
    return (agent for agent in everyone if agent.has_handoffs)


class _Targets:
    """The targets of one agent, with an agent in the place of each conversation inside."""

    def __init__(self, plan: Plan, agent: ConversableAgent) -> None:
        self._plan, self._agent, self._count = plan, agent, 0

    def of(self, target: TransitionTarget, where: str) -> TransitionTarget:
        """Return the target that stands for a target.

        Raises:
            ConfigError: it is an agent that is not in the group.
        """
        if target.needs_agent_wrapper():
            self._count += 1
            made = stand_in(target, self._agent, self._count)
            self._plan.wrapped.append(made)
            back = AgentTarget(self._agent)
            self._plan.after_works[made.name] = [Rule(OnContextCondition(back), back)]
            target = AgentTarget(made)
        else:
            names = target.agent_names if isinstance(target, RandomAgentTarget) else ()
            for name in (target.agent_name,) if isinstance(target, AgentNameTarget) else names:
                _check_name(self._plan, name, f"{self._agent.name!r} hands over by {where}")
        self._plan.targets.append(target)
        return target


def _check(plan: Plan) -> None:
    for agent in plan.members:
        for guardrail in (*agent.input_guardrails, *agent.output_guardrails):
            plan.targets.append(guardrail.target)
            if isinstance(guardrail.target, AgentNameTarget):
                _check_name(plan, guardrail.target.agent_name, f"guardrail {guardrail.name!r} of {agent.name!r} leads")


def _check_name(plan: Plan, name: str, who: str) -> None:
    names = [agent.name for agent in plan.members]
    if name not in names:
        near = nearest(name, names)
        hint = f"; did you mean {near!r}?" if near else ""
        raise ConfigError(f"{who} to {name!r}, who is not in the group; it has {', '.join(names[1:])}{hint}")


def _transfer(offer: Offer, description: str) -> Tool:
    return Tool(
        partial(_target_of, offer.target), name=offer.name, description=description, parallel=False, effect="read",
        parameters=_NO_ARGUMENTS, classic=True, rules=_NOBODY_JUDGES,
    )  # fmt: skip


def _target_of(target: TransitionTarget, **arguments: Any) -> TransitionTarget:
    return target


_NO_ARGUMENTS: Mapping[str, Any] = {"type": "object", "properties": {}, "required": []}
