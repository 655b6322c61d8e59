"""To whom it is handed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, ClassVar, cast

from ..agent import Agent
from ..errors import ConfigError, UsageError


@dataclass
class SpeakerSelectionResult:
    """What a target comes to: an agent, a way to choose one, or the end."""

    _: KW_ONLY
    terminate: bool | None = None
    agent_name: str | None = None
    speaker_selection_method: str | None = None

    def get_speaker_selection_result(self, groupchat: Any) -> Any:
        """Return the agent of that name, or the word of the method; None: the end.

        Raises:
            ConfigError: the group has no such agent, or it says nothing.
        """
        if self.agent_name is not None:
            found = next((agent for agent in groupchat.agents if agent.name == self.agent_name), None)
            if found is None:
                names = ", ".join(agent.name for agent in groupchat.agents)
                raise ConfigError(f"agent {self.agent_name!r} is not in the group; it has {names}")
            return found
        if self.speaker_selection_method is not None or self.terminate:
            return self.speaker_selection_method
        raise ConfigError(f"{self!r} names neither an agent, nor a method, nor the end")


class TransitionTarget:
    """To whom it is handed over. Subclass it, and override `resolve`, to find that out in your own way."""

    kind: ClassVar[str] = ""
    """What it is called in a journal; empty: it is kept by its name, and found among the handovers of the agents."""
    shown: ClassVar[str] = ""
    """What people are shown of it; empty: the name of its class."""
    word: ClassVar[str] = ""
    """Its part in the name of a tool; empty: what people are shown of it."""
    told: ClassVar[str] = ""
    """What a model is told that hands over to it; empty: what people are shown of it."""

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Return what it comes to, after what an agent said."""
        raise NotImplementedError(f"{type(self).__name__} has no resolve(groupchat, current_agent, user_agent)")

    def can_resolve_for_speaker_selection(self) -> bool:
        """Return whether it comes to somebody by itself, without an agent that stands for it."""
        return not self.needs_agent_wrapper()

    def needs_agent_wrapper(self) -> bool:
        """Return whether an agent has to stand for it."""
        return False

    def display_name(self) -> str:
        """Return what people are shown of it."""
        return self.shown or type(self).__name__

    def normalized_name(self) -> str:
        """Return its part in the name of a tool."""
        return self.word or self.display_name().replace(" ", "_")

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        if not self.kind:
            return {"kind": "own", "name": self.normalized_name()}
        return {"kind": self.kind, **{f.name: getattr(self, f.name) for f in fields(cast(Any, self))}}

    def as_signal(self) -> tuple[str, dict[str, Any]]:
        """Return what a tool says that returns it: a text for the model, and the target."""
        return str(self), {"target": self.as_json()}

    def __str__(self) -> str:
        return self.told or self.display_name()


@dataclass
class AgentNameTarget(TransitionTarget):
    """An agent, by its name."""

    kind: ClassVar[str] = "agent"

    agent_name: str

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Return the agent."""
        return SpeakerSelectionResult(agent_name=self.agent_name)

    def display_name(self) -> str:
        """Return the name."""
        return self.agent_name

    def as_signal(self) -> tuple[str, dict[str, Any]]:
        """Return what a tool says that returns it; any conversation that hands over understands it."""
        return str(self), {"target": self.as_json(), "handoff": self.agent_name}

    def __str__(self) -> str:
        return f"Transfer to {self.agent_name}"


class AgentTarget(AgentNameTarget):
    """An agent."""

    def __init__(self, agent: Agent) -> None:
        given: Any = agent
        if not isinstance(given, Agent):
            raise ConfigError(f"AgentTarget({given!r}): expected an agent; AgentNameTarget takes a name")
        super().__init__(given.name)


@dataclass
class RandomAgentTarget(TransitionTarget):
    """One of several agents, by chance, and not the one who speaks."""

    kind: ClassVar[str] = "random"
    shown: ClassVar[str] = "a random agent"
    word: ClassVar[str] = "random_agent"
    told: ClassVar[str] = "Transfer to a random agent"

    agent_names: tuple[str, ...]

    def __init__(self, agents: Sequence[Agent]) -> None:
        self.agent_names = tuple(agent.name for agent in agents)
        if not self.agent_names:
            raise ConfigError("RandomAgentTarget([]): expected agents to choose from")

    def among(self, speaker: str) -> Sequence[str]:
        """Return whom it may choose after somebody."""
        return [name for name in self.agent_names if name != speaker] or self.agent_names

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Refuse: chance belongs to the run."""
        raise UsageError("RandomAgentTarget is resolved by the group, whose run has the luck")


@dataclass
class TerminateTarget(TransitionTarget):
    """The end of the conversation."""

    kind: ClassVar[str] = "terminate"
    shown: ClassVar[str] = "Terminate"
    word: ClassVar[str] = "terminate"

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Return the end."""
        return SpeakerSelectionResult(terminate=True)


@dataclass
class StayTarget(TransitionTarget):
    """Whoever hands over, once more."""

    kind: ClassVar[str] = "stay"
    shown: ClassVar[str] = "Stay"
    word: ClassVar[str] = "stay"
    told: ClassVar[str] = "Stay with agent"

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Return the agent that speaks."""
        return SpeakerSelectionResult(agent_name=current_agent.name)


@dataclass
class RevertToUserTarget(TransitionTarget):
    """The agent that stands for the user."""

    kind: ClassVar[str] = "user"
    shown: ClassVar[str] = "Revert to User"
    word: ClassVar[str] = "revert_to_user"

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Return the user's agent.

        Raises:
            ConfigError: the pattern has none.
        """
        if user_agent is None:
            raise ConfigError("RevertToUserTarget needs a user; give the pattern a user_agent=")
        return SpeakerSelectionResult(agent_name=user_agent.name)


@dataclass
class AskUserTarget(TransitionTarget):
    """Whomever a person chooses."""

    kind: ClassVar[str] = "ask_user"
    shown: ClassVar[str] = "Ask User"
    word: ClassVar[str] = "ask_user"

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Return that a person is asked."""
        return SpeakerSelectionResult(speaker_selection_method="manual")


# ---------------------------------------------------------------- whomever a model chooses


class GroupManagerSelectionMessage:
    """What the model that chooses a speaker is told below the conversation; ``{agentlist}`` stands for the names."""

    def get_message(self, agent: Any) -> str:
        """Return the text, after an agent spoke."""
        raise NotImplementedError(f"{type(self).__name__} has no get_message(agent)")


@dataclass
class GroupManagerSelectionMessageString(GroupManagerSelectionMessage):
    """A text that stays as it is."""

    _: KW_ONLY
    message: str

    def get_message(self, agent: Any) -> str:
        """Return the text."""
        return self.message


@dataclass
class GroupManagerSelectionMessageContextStr(GroupManagerSelectionMessage):
    """A text that is filled from the context variables."""

    _: KW_ONLY
    context_str_template: str

    def get_message(self, agent: Any) -> str:
        """Return the text, filled but for the names of the agents."""
        values = agent.context_variables.to_dict()
        return (
            self.context_str_template.format(**{**values, "agentlist": "{agentlist}"})
            if values
            else (self.context_str_template)
        )


@dataclass
class GroupManagerTarget(TransitionTarget):
    """Whomever a model chooses, that of the group's manager."""

    shown: ClassVar[str] = "the group manager"
    told: ClassVar[str] = "Transfer to the group manager"

    selection_message: GroupManagerSelectionMessage | None = None
    """What it is told; None: what a `GroupChat` tells it."""

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Return that a model is asked."""
        return SpeakerSelectionResult(speaker_selection_method="auto")

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values; one with a message of its own is found among the handovers of the agents."""
        return {"kind": "group_manager"} if self.selection_message is None else super().as_json()


# ---------------------------------------------------------------- conversations inside


class _Inside(TransitionTarget):
    """A conversation that is held inside; an agent stands for it in the group."""

    def needs_agent_wrapper(self) -> bool:
        """Return that an agent has to stand for it."""
        return True

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Refuse: the agent that stands for it is the one."""
        raise ConfigError(
            f"{type(self).__name__} is a handover of an agent, known before the conversation begins, and no result of "
            "a tool; add it to agent.handoffs, or hand over to an agent with nested chats"
        )


@dataclass
class NestedChatTarget(_Inside):
    """A queue of chats; the summary of the last one is said in the group, and whoever handed over goes on."""

    shown: ClassVar[str] = "a nested chat"
    word: ClassVar[str] = "nested_chat"
    told: ClassVar[str] = "Transfer to nested chat"

    _: KW_ONLY
    nested_chat_config: Mapping[str, Any]
    """``chat_queue`` as for `register_nested_chats`; ``reply_func_from_nested_chats``, ``config``, ``use_async``."""

    def __post_init__(self) -> None:
        if "chat_queue" not in self.nested_chat_config:
            raise ConfigError(f"nested_chat_config={self.nested_chat_config!r} has no 'chat_queue', the chats to hold")


@dataclass
class GroupChatConfig:
    """A group that talks inside another one."""

    pattern: Any
    """Its pattern."""
    messages: Any = ""
    """What it is told where the group outside said nothing yet."""
    max_rounds: int = 20


@dataclass
class GroupChatTarget(_Inside):
    """A group; its summary is said in this one, and whoever handed over goes on."""

    shown: ClassVar[str] = "a group chat"
    word: ClassVar[str] = "group_chat"
    told: ClassVar[str] = "Transfer to group chat"

    _: KW_ONLY
    group_chat_config: GroupChatConfig


# ---------------------------------------------------------------- from JSON

_READ: dict[str, Callable[[Mapping[str, Any]], TransitionTarget]] = {
    "agent": lambda found: AgentNameTarget(found["agent_name"]),
    "random": lambda found: _random(found["agent_names"]),
    "terminate": lambda found: TerminateTarget(),
    "stay": lambda found: StayTarget(),
    "user": lambda found: RevertToUserTarget(),
    "ask_user": lambda found: AskUserTarget(),
    "group_manager": lambda found: GroupManagerTarget(),
}


def read_target(found: Mapping[str, Any], known: Sequence[TransitionTarget]) -> TransitionTarget:
    """Return the target that was written as JSON values.

    Args:
        found: what was written.
        known: the targets of the group's agents, among which those are that are kept by their names.

    Raises:
        ConfigError: it is kept by its name, and none of them has it.
    """
    if found["kind"] in _READ:
        return _READ[found["kind"]](found)
    one = next((target for target in known if target.as_json() == found), None)
    if one is None:
        raise ConfigError(
            f"the target {found['name']!r} is none of the handovers of the group's agents, and cannot be kept with "
            "the result of a tool; add it to agent.handoffs, or return another one"
        )
    return one


def _random(names: Sequence[str]) -> RandomAgentTarget:
    made = object.__new__(RandomAgentTarget)
    made.agent_names = tuple(names)
    return made
