"""Who speaks next in a group pattern: by what was handed over, and by what comes after an agent's work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from ..agent import Agent, Participant, Transfer
from ..agents.conversable import ConversableAgent
from ..conversation.context import RunContext
from ..conversation.group import GroupState
from ..conversation.pattern import NOTHING_LENT, Lent
from ..errors import NoEligibleSpeakerError
from ..events import AfterWorksTransitionEvent
from ..handoffs.functions import FunctionTarget
from ..handoffs.targets import (
    AgentNameTarget,
    AskUserTarget,
    GroupManagerTarget,
    RandomAgentTarget,
    TransitionTarget,
    read_target,
)
from ..patterns.by_model import chosen_by_model
from ..patterns.group_chat import Chooser, GroupChatPattern, Manager
from ..patterns.roster import Members
from .called import called
from .judging import Route, routed
from .plan import Plan
from .seat import Seat, conditions_first
from .state import PatternState


class HandoverPattern(GroupChatPattern):
    """Gives the word by handovers. Holds nothing that could not be found out again.

    Args:
        group: the group.
        manager: its manager.
        plan: who is in it, and who hands over to whom.
        after_work: what happens where nobody says what comes after an agent's work.
        initial: who speaks first.
    """

    def __init__(
        self, group: Chooser, manager: Manager, plan: Plan, after_work: TransitionTarget, initial: Any
    ) -> None:
        super().__init__(group, manager)
        self.plan, self._after_work, self._initial = plan, after_work, initial

    def _limit_reached(self, state: GroupState) -> str:
        """Name the limit of what is said, if it is reached; empty: it is not."""
        assert isinstance(state, PatternState)
        return f"Maximum rounds ({state.max_rounds}) reached" if state.said_in_round >= state.max_rounds else ""

    # ------------------------------------------------------------ the next one

    async def _selected(self, run: RunContext, state: GroupState) -> Participant | None:
        assert isinstance(state, PatternState)
        state.refused = ""
        run.lent = NOTHING_LENT
        if state.last.get("tool_calls"):
            return self.plan.executor
        try:
            speaker = await self._next(run, state)
        except NoEligibleSpeakerError:
            return None
        return None if speaker is None else self._seated(run, state, cast(ConversableAgent, speaker))

    async def _next(self, run: RunContext, state: PatternState) -> Participant | None:
        worker = state.worker or self._initial
        if state.handed is not None:  # which was judged where its tool returned
            found = self.roster.by_name(state.handed.target)
            return None if found is None else await self._as_speaker(run, found) or worker
        if state.wanted is not None:
            target = read_target(state.wanted, self.plan.targets)
            found = await self._handed_over(run, state, worker, target)
            return worker if state.refused else found
        if state.said_in_round == 1:
            return await self._as_speaker(run, self._initial)
        if state.speaker is self.plan.executor:
            return worker
        if state.speaker is self.plan.user:
            if not self.plan.after_works.get(cast(Agent, state.speaker).name):
                return worker
            worker = state.speaker
        return await self._after(run, state, worker)

    async def _after(self, run: RunContext, state: PatternState, agent: Any) -> Participant | None:
        """Return who comes after an agent's work; None: nobody."""
        for target, its_own in self._after_works(state, agent):
            state.refused = ""
            found = await self._handed_over(run, state, agent, target, its_own)
            if not state.refused:
                return found
        return None

    def _after_works(self, state: PatternState, agent: Any) -> Iterator[tuple[TransitionTarget, bool]]:
        """Give what an agent says of who comes after its work, then what the group says."""
        for rule in self.plan.after_works.get(agent.name, ()):
            if rule.condition.holds(agent, cast(Any, state.history())):
                yield rule.target, True
        yield self._after_work, False

    # ------------------------------------------------------------ what a target comes to

    async def _handed_over(
        self, run: RunContext, state: PatternState, source: Any, target: TransitionTarget, after_work: bool = False
    ) -> Participant | None:
        """Return who goes on; None: it is over, or `state.refused` names whom it was not handed over to."""
        found = await self._resolved(run, state, source, target)
        if after_work:
            shown = found.name if isinstance(target, RandomAgentTarget) and found else target.display_name()
            event = AfterWorksTransitionEvent(
                source_agent=source.name,
                transition_target=shown,
                target=target.as_json(),
                silent=run.silent,
                agent=source.name,
            )
            run.emit(event)
        if found is None or found is source or isinstance(target, (AskUserTarget, GroupManagerTarget)):
            return found
        if not run.policies and not self.manager.policies and not source.policies:
            return found
        route = await self._routed(run, source, found.name, state.wanted_by or "after its work")
        allowed = await self._as_speaker(run, cast(Participant, self.roster.by_name(route.to))) if route.to else None
        if allowed is None:
            state.refused = found.name
            run.say(f"{source.name} did not hand over to {found.name}: {_refusal(route)}.", "oversight")
        return allowed

    async def _resolved(
        self, run: RunContext, state: PatternState, source: Any, target: TransitionTarget
    ) -> Participant | None:
        match target:
            case AgentNameTarget():
                return self.roster.by_name(target.agent_name)
            case RandomAgentTarget():
                return self.roster.by_name(run.runtime.rng.choice(target.among(source.name)))
            case FunctionTarget():
                return await self._resolved(run, state, source, await called(run, state, source, target))
            case GroupManagerTarget():
                return await self._chosen(run, "auto", source, target)
            case _:
                result = target.resolve(self.group, source, self.plan.user)
                found = result.get_speaker_selection_result(self.group)
                return await self._chosen(run, found, source) if isinstance(found, str) else found

    async def _chosen(
        self, run: RunContext, method: str, last: Any, target: GroupManagerTarget | None = None
    ) -> Participant | None:
        """Return whom a model or a person chooses, or chance, and policies let speak."""
        refused: list[Participant] = []
        while True:
            if target is not None and target.selection_message is not None:
                found = await self._by_model(run, last, target, self._among(run, last, refused))
            else:
                found = await self._by_word(run, method, last, refused, not self._has_model)
            if found is None:
                return None
            allowed = await self._as_speaker(run, found)
            if allowed is not None:
                return allowed
            refused.append(found)

    async def _by_model(self, run: RunContext, last: Any, target: GroupManagerTarget, among: Members) -> Participant:
        """Return whom the manager's model chooses, told in other words."""
        if len(among) == 1:
            return among[0]
        client, counted = self.group.selecting_model(self.manager)
        texts: Any = _Worded(self.group, target, last)
        named = await chosen_by_model(run, self.manager, texts, client, counted, among)
        return named or self.roster.following(last, among)

    @property
    def _has_model(self) -> bool:
        return bool(cast(Any, self.manager).llm_config)

    def _among(self, run: RunContext, last: Agent, refused: Sequence[Agent]) -> Members:
        left = [agent for agent in self.plan.choosable if agent not in refused]
        if not left:
            raise NoEligibleSpeakerError("everybody who may speak was refused")
        return left

    # ------------------------------------------------------------ whom policies let speak

    async def _as_speaker(self, run: RunContext, speaker: Participant) -> Participant | None:
        """Return who may speak; None: not this one."""
        return await self._judge(run, speaker) if self._is_judged(run) else speaker

    async def _routed(self, run: RunContext, source: Any, to: str, reason: str) -> Route:
        """Return where a handover of an agent goes."""
        names = [agent.name for agent in self.plan.members if agent is not self.plan.executor]
        return await routed(run, source, to, reason, names, (*self.manager.policies, *source.policies))

    async def route(self, run: RunContext, source: Agent, wanted: Transfer) -> Transfer | str:
        """Return to whom an agent hands over by a tool that it executes itself; or why it does not."""
        if self.roster.by_name(wanted.to) is None or wanted.to == self.plan.executor.name:
            return f"Error: {wanted.to} is not in the group"
        route = await self._routed(run, source, wanted.to, wanted.reason or "a tool returned it")
        if not route.to:
            return f"Not handed over to {wanted.to}: {_refusal(route)}. Go on yourself."
        return Transfer(route.to, wanted.reason, route.by)

    # ------------------------------------------------------------ what the speaker is given

    def _seated(self, run: RunContext, state: PatternState, agent: ConversableAgent) -> Participant:
        """Lend a speaker what it needs for this turn: its handovers, and the conversation without their traces."""
        run.lent = Lent(
            offers=self.plan.offered(agent, state.view_for(agent)) if agent.name in self.plan.offers else (),
            view=state.view_for if state.has_transit else None,
            first=conditions_first if self.plan.rules.get(agent.name) else None,
            hands_over=bool(agent.own_tools),
            route=self.route,
        )
        return Seat(agent) if agent.input_guardrails or agent.output_guardrails else agent


class _Worded:
    """The texts of a group, with another one below the conversation for the model that chooses."""

    def __init__(self, group: Any, target: GroupManagerTarget, last: Any) -> None:
        assert target.selection_message is not None
        self._group, self._text = group, target.selection_message.get_message(last)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._group, name)

    def select_speaker_prompt(self, agents: Sequence[Agent]) -> str | None:
        """Return what stands below the conversation; None: nothing."""
        return self._text.replace("{agentlist}", str([agent.name for agent in agents])) or None


def _refusal(route: Route) -> str:
    """Say that a handover was refused, by whom and why."""
    return f"refused{f' by {route.by}' if route.by else ''}{f': {route.why}' if route.why else ''}"
