"""The members of a group in their order: who may follow whom, who is next, whom a text means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from ..agent import Agent, Participant
from ..errors import ConfigError, NoEligibleSpeakerError, UndefinedNextAgentError
from ..messages import Message
from .eligibility import AgentEligibilityPolicy, SelectionContext, eligible

Members = Sequence[Participant]
METHODS = ("auto", "manual", "random", "round_robin")


class Group(Protocol):
    """What the choice of a speaker asks of a group chat."""

    agents: list[Any]
    func_call_filter: bool
    allow_repeat_speaker: bool | Sequence[Any] | None
    allowed_speaker_transitions_dict: dict[Any, Sequence[Any]]
    eligibility_policies: list[AgentEligibilityPolicy]


class Roster:
    """The members while a conversation lasts. What it found out once it does not find out again."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.members: tuple[Participant, ...] = tuple(group.agents)
        self._places = {member.name: place for place, member in enumerate(self.members)}
        self._allowed: dict[Agent, tuple[Participant, ...]] = {}
        self._next: dict[Agent, Participant] = {}

    def candidates(self, last: Agent, said: Message, count: Callable[[], int]) -> Members:
        """Return those who may speak next.

        Args:
            last: who spoke last.
            said: what they said.
            count: returns how many messages there are; asked only where it matters.

        Raises:
            NoEligibleSpeakerError: nobody may.
            ConfigError: the group is too small to choose from, or none of it executes a call that was proposed.
        """
        if len(self.members) < 2:
            raise ConfigError(
                f"GroupChat is underpopulated with {len(self.members)} agents; expected two or more to choose from. "
                "Add agents, or hold a chat of two"
            )
        rules = self.group.eligibility_policies
        calls = _called(said) if self.group.func_call_filter else ()
        if not calls and not rules:
            return self._always(last)
        able: Members = self._executing(calls) if calls else self.members
        if not rules:
            return self._following(last, able) or self._not_again(last, able)
        names = tuple(self._places)
        able = cast("Members", eligible(able, rules, SelectionContext(count(), last.name, names)))
        found = self._following(last, able)
        if not found and (last in self.members or last in self.group.allowed_speaker_transitions_dict):
            raise NoEligibleSpeakerError(f"nobody whom the eligibility policies allow may follow {last.name}")
        return found or able

    def following(self, last: Agent, among: Members) -> Participant:
        """Return whoever is next in the order of the group, of those who may be.

        Raises:
            UndefinedNextAgentError: none of them is in the group.
        """
        known = self._allowed.get(last)
        if known is among and last in self._next:
            return self._next[last]
        place = self._places.get(last.name, -1) + 1
        wanted = {id(agent) for agent in among}
        for offset in range(len(self.members)):
            member = self.members[(place + offset) % len(self.members)]
            if id(member) in wanted:
                if known is among:
                    self._next[last] = member
                return member
        raise UndefinedNextAgentError()

    def by_name(self, name: str) -> Participant | None:
        """Return the member of a name."""
        place = self._places.get(name)
        return None if place is None else self.members[place]

    def executor(self, names: Sequence[str]) -> Agent | None:
        """Return the member who executes all of these calls; None: none does."""
        return executor_of(self.members, names)

    def _always(self, last: Agent) -> Members:
        """Return those who may follow, whatever is said."""
        found = self._allowed.get(last)
        if found is None:
            able = self._following(last, self.members) or self._not_again(last, self.members)
            found = self._allowed[last] = tuple(able)
        return found

    def _following(self, last: Agent, able: Members) -> Members:
        """Return those of the able ones whom the transitions allow; none: nobody, or the last one is from outside."""
        allowed = self.group.allowed_speaker_transitions_dict
        if last not in allowed:
            if last in self.members:
                raise NoEligibleSpeakerError(f"the transitions say nothing of what follows {last.name}")
            return ()
        wanted = {id(agent) for agent in allowed[last]}
        return [agent for agent in self._not_again(last, able) if id(agent) in wanted]

    def _not_again(self, last: Agent, able: Members) -> Members:
        repeat = self.group.allow_repeat_speaker
        if repeat is None or repeat is True or (repeat is not False and last in repeat):
            return able
        return [agent for agent in able if agent is not last]

    def _executing(self, calls: Sequence[str]) -> Members:
        """Return who executes all of these, or else who executes anything."""
        agents = cast("Sequence[Any]", self.members)
        found = [agent for agent in agents if agent.can_execute_function(list(calls))]
        found = found or [agent for agent in agents if agent.executable]
        if not found:
            raise ConfigError(
                f"no agent of the group executes {', '.join(calls)}; register it with one of them: "
                "register_for_execution(), function_map= or register_function()"
            )
        return found


def executor_of(agents: Sequence[Agent], names: Sequence[str]) -> Agent | None:
    """Return the first of some agents who executes all of these calls; None: none of them does."""
    able = cast("Sequence[Any]", agents)
    return next((agent for agent in able if agent.can_execute_function(list(names))), None)


def _called(message: Message) -> Sequence[str]:
    """Return the names of the functions that a message calls."""
    calls, call = message.get("tool_calls") or (), message.get("function_call")
    if not calls and not call:
        return ()
    names = [call.get("name", "")] if call else []
    return names + [(c.get("function") or {}).get("name", "") for c in calls if c.get("type") == "function"]


def mentioned(text: str, agents: Sequence[Agent]) -> dict[str, int]:
    """Return how often a text names each of some agents, in their order; those that it does not name are left out.

    A name is found as a word of its own, in its case; its underscores may be escaped, or be spaces.
    """
    padded = f" {text} "
    found: dict[str, int] = {}
    for agent in agents:
        name = agent.name
        forms = "|".join(re.escape(form) for form in (name, name.replace("_", " "), name.replace("_", r"\_")))
        count = len(re.findall(rf"(?<=\W)(?:{forms})(?=\W)", padded))
        if count:
            found[name] = count
    return found
