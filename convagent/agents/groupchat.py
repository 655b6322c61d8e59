"""What a group chat is made of: who is in it, who may follow whom, how the next speaker is chosen."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from ..agent import Agent
from ..conversation.context import RunContext, current_run
from ..conversation.group import GroupState
from ..conversation.group_thread import GroupThread
from ..errors import AgentNameConflictError, ConfigError, UndefinedNextAgentError, UsageError, one_of
from ..messages import Message
from ..models.base import ModelClient
from ..patterns import transitions
from ..patterns.eligibility import AgentEligibilityPolicy
from ..patterns.group_chat import GroupChatPattern
from ..patterns.roster import METHODS, Roster
from . import group_texts as texts
from .arguments import named_for_users
from .as_dataclass import as_dataclass
from .conversable import ConversableAgent

if TYPE_CHECKING:
    from ..oversight.atoms import Ask
    from .manager import GroupChatManager

Method = Literal["auto", "manual", "random", "round_robin"] | Callable[..., Any]


@as_dataclass
class GroupChat:
    """Agents that talk with each other through a `GroupChatManager`, and how the next one of them is chosen.

    It holds no conversation: one group chat may be held several times at once. `messages` are those of the
    conversation that the code which asks belongs to, else of the last one.
    """

    DEFAULT_INTRO_MSG: ClassVar[str] = texts.INTRODUCTION
    _thread: GroupThread | None = None

    @named_for_users
    def __init__(
        self,
        agents: Sequence[ConversableAgent],
        messages: list[Any] | None = None,
        max_round: int = 10,
        admin_name: str = "Admin",
        func_call_filter: bool = True,
        speaker_selection_method: Method = "auto",
        max_retries_for_selecting_speaker: int = 2,
        allow_repeat_speaker: bool | Sequence[ConversableAgent] | None = None,
        allowed_or_disallowed_speaker_transitions: Mapping[Any, Sequence[ConversableAgent]] | None = None,
        speaker_transitions_type: Literal["allowed", "disallowed"] | None = None,
        enable_clear_history: bool = False,
        send_introductions: bool = False,
        select_speaker_message_template: str = texts.MESSAGE,
        select_speaker_prompt_template: str | None = texts.PROMPT,
        select_speaker_auto_multiple_template: str = texts.MULTIPLE,
        select_speaker_auto_none_template: str = texts.NONE,
        select_speaker_transform_messages: Any = None,
        select_speaker_auto_verbose: bool = False,
        select_speaker_auto_model_client_cls: Any = None,
        select_speaker_auto_llm_config: Any = None,
        role_for_select_speaker_messages: str = "system",
        eligibility_policies: Iterable[AgentEligibilityPolicy] = (),
    ) -> None:
        """Make a group chat.

        Args:
            agents: the members, in their order; their names differ.
            messages: what was said before; a chat that does not clear its history goes on from there.
            max_round: messages at most, the first one included.
            admin_name: a name under which messages of an earlier conversation may stand that are of no member.
            func_call_filter: whether only those may answer a proposed call who execute it.
            speaker_selection_method: ``auto`` asks a model, ``manual`` a person; ``random``, ``round_robin``; or
                a function of (last_speaker, groupchat), sync or async, that returns a member, one of those words,
                or None to end the chat.
            max_retries_for_selecting_speaker: how often a model is asked again that named nobody, or several.
            allow_repeat_speaker: whether one may speak twice in a row; or those who may.
            allowed_or_disallowed_speaker_transitions: by member, those who may, or may not, speak after it.
            speaker_transitions_type: ``allowed`` or ``disallowed``: which of the two the transitions are.
            enable_clear_history: whether ``clear history`` in what a person types makes agents forget.
            send_introductions: whether the members are told first who is there.
            select_speaker_message_template: the system message for the model that chooses; with
                ``{roles}`` and ``{agentlist}``.
            select_speaker_prompt_template: what it is told below the conversation; None: nothing.
            select_speaker_auto_multiple_template: what it is told after it named several.
            select_speaker_auto_none_template: what it is told after it named nobody.
            select_speaker_transform_messages: rewrites the messages it is shown: a function of the messages, or an
                object with ``apply_transform(messages)``, or a list of these.
            select_speaker_auto_verbose: whether the exchange with it is shown.
            select_speaker_auto_model_client_cls: the class, or classes, that its configuration names.
            select_speaker_auto_llm_config: its configuration; None: the manager's.
            role_for_select_speaker_messages: the role of what it is told.
            eligibility_policies: rules that take members out of the choice; each has
                ``is_eligible(agent, context)``.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        self.agents: list[ConversableAgent] = list(agents)
        _check_members(self.agents)
        self._given: list[Message] = messages if messages is not None else []
        self.max_round = _count("max_round", max_round, 1)
        self.admin_name, self.func_call_filter = admin_name, func_call_filter
        self.speaker_selection_method: Any = _method(speaker_selection_method)
        self.selected_by: Ask | None = None
        """Who is asked by ``manual``; None: whoever is there."""
        self.max_retries_for_selecting_speaker = _count(
            "max_retries_for_selecting_speaker", max_retries_for_selecting_speaker, 0
        )
        self.allowed_or_disallowed_speaker_transitions = allowed_or_disallowed_speaker_transitions
        self.speaker_transitions_type = speaker_transitions_type
        self.allow_repeat_speaker: bool | Sequence[ConversableAgent] | None = allow_repeat_speaker
        self.allowed_speaker_transitions_dict: dict[Any, Sequence[Any]] = self._allowed()
        self.enable_clear_history, self.send_introductions = enable_clear_history, send_introductions
        self.select_speaker_message_template = _text("select_speaker_message_template", select_speaker_message_template)
        self.select_speaker_prompt_template = select_speaker_prompt_template or None
        self.select_speaker_auto_multiple_template = _text(
            "select_speaker_auto_multiple_template", select_speaker_auto_multiple_template
        )
        self.select_speaker_auto_none_template = _text(
            "select_speaker_auto_none_template", select_speaker_auto_none_template
        )
        self.role_for_select_speaker_messages = _text(
            "role_for_select_speaker_messages", role_for_select_speaker_messages
        )
        self.select_speaker_transform_messages = select_speaker_transform_messages
        self.message_transform = texts.transform_of(select_speaker_transform_messages)
        self.select_speaker_auto_verbose = _yes_or_no("select_speaker_auto_verbose", select_speaker_auto_verbose)
        self.select_speaker_auto_model_client_cls = select_speaker_auto_model_client_cls
        self.select_speaker_auto_llm_config = select_speaker_auto_llm_config
        self.eligibility_policies: list[AgentEligibilityPolicy] = _rules(eligibility_policies)

    def __post_init__(self) -> None:
        """Make what the constructor of a subclass that is a dataclass was given a group chat."""
        GroupChat.__init__(self, **{name: getattr(self, name) for name in inspect.signature(GroupChat).parameters})

    # ------------------------------------------------------------ what was said

    @property
    def messages(self) -> list[Message]:
        """What the group said: in code that its conversation calls, that conversation's; else the last one's."""
        thread = self.thread
        return self._given if thread is None else thread.messages

    @messages.setter
    def messages(self, messages: list[Message]) -> None:
        thread = self.thread
        if thread is None:
            self._given = messages
        else:
            thread.messages = messages

    @property
    def thread(self) -> GroupThread | None:
        """The record of that conversation; None: there was none."""
        run = current_run.get()
        while run is not None:
            if isinstance(run.state, GroupState) and run.state.group is self:
                return cast(GroupThread, run.state.thread)
            run = run.parent
        return self._thread

    def begin(self, thread: GroupThread) -> None:
        """Remember a thread as the group's last one."""
        self._thread = thread

    def reset(self) -> None:
        """Forget what the group said."""
        self.messages.clear()

    def append(self, message: dict[str, Any], speaker: Agent) -> None:
        """Add a message to those of the group, under the speaker's name. What a conversation says adds itself."""
        content = message.get("content")
        name = {} if message.get("role") == "function" else {"name": speaker.name}
        self.messages.append(cast(Message, {**message, **name, "content": "" if content is None else content}))

    # ------------------------------------------------------------ who is in it

    @property
    def agent_names(self) -> list[str]:
        """The names of the members."""
        return [agent.name for agent in self.agents]

    def agent_by_name(
        self, name: str, recursive: bool = False, raise_on_name_conflict: bool = False
    ) -> ConversableAgent | None:
        """Return the member of a name; None: there is none.

        Args:
            name: what it is called.
            recursive: whether the members of groups whose managers are members are looked at, too.
            raise_on_name_conflict: whether several of that name are an error.

        Raises:
            AgentNameConflictError: there are several.
        """
        found = [a for a in (self.nested_agents() if recursive else self.agents) if a.name == name]
        if raise_on_name_conflict and len(found) > 1:
            raise AgentNameConflictError(f"{len(found)} agents are called {name!r}")
        return found[0] if found else None

    def nested_agents(self) -> list[ConversableAgent]:
        """Return the members, and those of groups whose managers are members."""
        found = list(self.agents)
        for agent in self.agents:
            inner = getattr(agent, "groupchat", None) if hasattr(type(agent), "groupchat") else None
            if isinstance(inner, GroupChat):
                found += inner.nested_agents()
        return found

    def next_agent(self, agent: Agent, agents: Sequence[Agent] | None = None) -> ConversableAgent:
        """Return who comes after an agent in the order of the group, of some members or of all.

        Raises:
            UndefinedNextAgentError: there is none.
        """
        among = cast("list[Any]", list(agents) if agents is not None else self.agents)
        if not set(among) <= set(self.agents):
            raise UndefinedNextAgentError()
        return cast(ConversableAgent, Roster(self).following(agent, among))

    def to_mermaid(self) -> str:
        """Return who may speak after whom, as the text of a Mermaid state diagram."""
        return transitions.to_mermaid(self.allowed_speaker_transitions_dict)

    # ------------------------------------------------------------ what is said about the choice

    def select_speaker_msg(self, agents: Sequence[Agent] | None = None) -> str:
        """Return the system message for the model that chooses."""
        found = self.agents if agents is None else agents
        return self.select_speaker_message_template.format(
            roles=texts.roles(found), agentlist=str([agent.name for agent in found])
        )

    def select_speaker_prompt(self, agents: Sequence[Agent] | None = None) -> str | None:
        """Return what that model is told below the conversation; None: nothing."""
        if self.select_speaker_prompt_template is None:
            return None
        found = self.agents if agents is None else agents
        return self.select_speaker_prompt_template.replace("{agentlist}", str([agent.name for agent in found]))

    def introductions_msg(self, agents: Sequence[Agent] | None = None) -> str:
        """Return what the members are told first: who is there."""
        return f"{self.DEFAULT_INTRO_MSG}\n\n{texts.roles(self.agents if agents is None else agents)}"

    # ------------------------------------------------------------ the choice

    def select_speaker(self, last_speaker: ConversableAgent, selector: GroupChatManager) -> ConversableAgent | None:
        """Return who speaks next, by the method of the group. Override it to choose in your own way."""
        return selector._wait(GroupChat.a_select_speaker(self, last_speaker, selector))  # pyright: ignore[reportPrivateUsage]

    async def a_select_speaker(
        self, last_speaker: ConversableAgent, selector: GroupChatManager
    ) -> ConversableAgent | None:
        """Return who speaks next, by the method of the group. Override it to choose in your own way.

        Raises:
            NoEligibleSpeakerError: nobody may.
        """
        async with selector.within(None) as run:
            if not isinstance(run.pattern, GroupChatPattern):
                raise UsageError("select_speaker() chooses while the group talks; outside of its conversation is none")
            return cast("ConversableAgent | None", await run.pattern.by_method(run, last_speaker))

    def own_selection(self, run: RunContext) -> Callable[..., Any] | None:
        """Return `select_speaker` or its twin where a subclass has its own, the one that fits the chat."""
        kind = type(self)
        plain = kind.select_speaker is not GroupChat.select_speaker
        twin = kind.a_select_speaker is not GroupChat.a_select_speaker
        if plain and (run.is_sync or not twin):
            return self.select_speaker
        return self.a_select_speaker if twin else None

    def selecting_model(self, manager: ConversableAgent) -> tuple[ModelClient, str]:
        """Return the model that chooses, and what its calls are counted under.

        Raises:
            ConfigError: there is none.
        """
        return texts.selecting_model(
            manager, self.select_speaker_auto_llm_config, self.select_speaker_auto_model_client_cls
        )

    def _allowed(self) -> dict[Any, Sequence[Any]]:
        """Return who may speak after whom, from whichever of the two forms was given."""
        given, kind = self.allowed_or_disallowed_speaker_transitions, self.speaker_transitions_type
        repeat = self.allow_repeat_speaker
        kind = str(kind).lower() if kind is not None else None
        if kind not in (None, "allowed", "disallowed"):
            raise one_of("speaker_transitions_type", kind, ("allowed", "disallowed"))
        if not isinstance(cast(object, repeat), (bool, list, tuple, type(None))):
            raise ConfigError(f"allow_repeat_speaker={repeat!r} is not True, False or a list of agents")
        if given is None:
            self.allow_repeat_speaker = repeat = True if repeat is None else repeat
            listed: list[Any] = [] if isinstance(repeat, bool) else list(repeat)
            strangers = [one for one in listed if one not in self.agents]
            if strangers:
                raise ConfigError(f"allow_repeat_speaker names {strangers!r}, who are not in the group")
            return dict(transitions.connected(self.agents, listed or repeat is True))
        if repeat is not None:
            raise ConfigError(
                "allow_repeat_speaker and allowed_or_disallowed_speaker_transitions say the same thing twice; give one"
            )
        if kind is None:
            raise ConfigError(
                "allowed_or_disallowed_speaker_transitions needs speaker_transitions_type='allowed' or 'disallowed'"
            )
        transitions.check_transitions(given, self.agents)
        return dict(given) if kind == "allowed" else dict(transitions.inverted(given, self.agents))


# ---------------------------------------------------------------- checks


def _check_members(agents: Sequence[object]) -> None:
    for agent in agents:
        if not isinstance(agent, ConversableAgent):
            raise ConfigError(f"agents holds {agent!r}, a {type(agent).__name__}; expected ConversableAgents")
    names = [agent.name for agent in cast("Sequence[ConversableAgent]", agents)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"several agents of the group are called {', '.join(map(repr, twice))}; name them apart")


def _method(value: Any) -> Any:
    if callable(value):
        return value
    if not isinstance(value, str) or value.lower() not in METHODS:
        raise one_of("speaker_selection_method", value, METHODS)
    return value


def _count(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{name}={value!r} is not a whole number, {least} or more")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{name}={value!r} is no text; expected one that is not empty")
    return value


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{name}={value!r} is neither True nor False")
    return value


def _rules(given: Iterable[Any]) -> list[Any]:
    rules = list(given)
    for rule in rules:
        if not callable(getattr(rule, "is_eligible", None)):
            raise ConfigError(f"eligibility_policies holds {rule!r}, which has no is_eligible(agent, context)")
    return rules
