"""What every conversable agent is made of: its constructor, its state, how it behaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast, overload

from ..action import Policy
from ..agent import Agent
from ..conversation.context import RunContext, current_run
from ..errors import ConfigError
from ..messages import Message, content_text
from ..models.base import ModelClient
from ..oversight.input_mode import HumanInputMode, check_mode
from ..tools.as_tool import as_tool
from ..tools.source import ToolSource
from ..tools.tool import Tool, ToolSet
from .absent import missing, warn_of_overrides
from .arguments import named_for_users
from .gating import check_confidence, read_policies
from .hooks import Hooks
from .memory import ChatMessages
from .own_model import OwnModel
from .replies import ReplyChain
from .sources import Sources
from .usage import UsageMeter
from .variables import ContextVariables, UpdateSystemMessage

if TYPE_CHECKING:
    from ..conversation.limits import Limit
    from ..conversation.windows import Window
    from ..handoffs.guardrails import Guardrail
    from ..handoffs.handoffs import Handoffs
    from ..models.config import LLMConfig
    from ..oversight.confidence import Source
    from .code_reply import Coder

LLM = "LLMConfig | Mapping[str, Any] | ModelClient | Literal[False] | None"


class AgentCore(OwnModel):
    """The state of an agent. Nothing of a run is kept here: one agent serves many runs at once."""

    MAX_CONSECUTIVE_AUTO_REPLY: ClassVar[int] = 100
    """Replies in a row without a person, for agents that name no limit."""
    DEFAULT_SUMMARY_PROMPT: ClassVar[str] = (
        "Summarize the takeaway from the conversation. Do not add any introductory phrases."
    )
    DEFAULT_SUMMARY_METHOD: ClassVar[str] = "last_msg"
    ends_by_itself: bool = False
    """Whether its conversation has an end of its own: then replies are counted only of those who were given a limit."""
    governs: tuple[Policy, ...] = ()
    """Policies on whatever happens in a chat with it, besides those of whoever does it."""
    limits: Limit | None = None
    """How far every chat with it may go; None: as far as that chat says."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        warn_of_overrides(cls)

    @named_for_users
    def __init__(
        self,
        name: str,
        system_message: str | list[dict[str, Any]] | None = "You are a helpful AI Assistant.",
        is_termination_msg: Callable[[dict[str, Any]], bool] | None = None,
        max_consecutive_auto_reply: int | None = None,
        human_input_mode: HumanInputMode = "TERMINATE",
        function_map: dict[str, Callable[..., Any]] | None = None,
        code_execution_config: dict[str, Any] | Literal[False] | None = False,
        llm_config: LLMConfig | Mapping[str, Any] | ModelClient | Literal[False] | None = None,
        default_auto_reply: str | dict[str, Any] = "",
        description: str | None = None,
        chat_messages: Mapping[Agent, list[Message]] | None = None,
        silent: bool | None = None,
        context_variables: ContextVariables | Mapping[str, Any] | None = None,
        functions: list[Callable[..., Any]] | Callable[..., Any] | None = None,
        update_agent_state_before_reply: Any = None,
        handoffs: Handoffs | None = None,
        *,
        tools: Iterable[Tool | ToolSource | Callable[..., Any]] = (),
        oversight: Policy | Iterable[Policy] = (),
        confidence: Any = None,
        context: Window | None = None,
        version: str = "",
    ) -> None:
        """Make an agent.

        Args:
            name: how transcripts and other agents call it; no spaces where a model endpoint sees it.
            system_message: the first message of every request to its model.
            is_termination_msg: whether a received message ends the chat; default: its text is exactly ``TERMINATE``.
            max_consecutive_auto_reply: replies in a row without a person; default `MAX_CONSECUTIVE_AUTO_REPLY`.
            human_input_mode: ``ALWAYS`` asks the person at every message, ``TERMINATE`` at the end and
                at the limit, ``NEVER`` not at all.
            function_map: functions that this agent executes for others, by name.
            code_execution_config: how it runs the code in messages, see `docs/code-execution.md`; False or None:
                it runs none.
            llm_config: its model: an `LLMConfig`, a dict, a `ModelClient`, False for none; None takes
                that of the surrounding ``with llm_config:``, else `DEFAULT_CONFIG`.
            default_auto_reply: what it says when nothing else produced a reply.
            description: what it is good for; default: the system message.
            chat_messages: histories to start with, by the other agent.
            silent: whether its messages are shown; None leaves that to each chat.
            context_variables: variables for tools and templates; a `ContextVariables` is shared, not copied.
            functions: functions its model may propose, and another agent executes.
            update_agent_state_before_reply: functions of (agent, messages) or `UpdateSystemMessage`,
                called before each reply.
            handoffs: to whom it hands over in a group pattern; see `docs/handoffs.md`.
            tools: tools its model may call and which it executes itself, inside its turn; an `MCPServer` brings many.
            oversight: policies on what it is about to do; the strictest of all that apply counts.
            confidence: how to learn how sure its model is: `logprobs()`, `vote(3)`, `field(...)`, or a function.
            context: what of a conversation its model is sent: `LastMessages(50)`, `LastTokens(8_000)`, joined by ``&``;
                None: all of it.
            version: of its rules and tools. A run in a journal goes on with an agent of the same name and version only.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        self._human_input_mode: HumanInputMode = check_mode(human_input_mode)
        self._name = _check_name(name)
        self.version = version
        """Of its rules and tools; empty: runs in a journal ask for the name alone."""
        self.system: Message = {"content": cast(Any, system_message), "role": "system"}
        self._description = description if description is not None else content_text(system_message)
        self._is_termination_msg: Callable[..., Any] = _check_termination(is_termination_msg)
        self._limit = _check_limit(max_consecutive_auto_reply, self.MAX_CONSECUTIVE_AUTO_REPLY)
        self.has_limit = max_consecutive_auto_reply is not None
        """Whether it was given a number of replies in a row, and does not have the usual one."""
        self._limits: dict[Agent, int] = {}
        self.silent = silent
        self._default_auto_reply = default_auto_reply
        self.coder: Coder | None = _as_coder(code_execution_config)
        """How it runs the code in messages; None: it runs none."""

        self._chat_messages = ChatMessages(cast(Agent, self), chat_messages)
        self.reply_at_receive: defaultdict[Agent, bool] = defaultdict(bool)
        self.auto_replies: dict[Agent | None, int] = {}
        self.replies = ReplyChain()
        self.hooks = Hooks()
        self.usage = UsageMeter()
        self.policies: tuple[Policy, ...] = read_policies(oversight)
        self.confidence: Source | None = None
        """How to learn how sure its model is of a reply."""
        self.context: Window | None = _as_window(context)
        """What of a conversation its model is sent; None: all of it."""
        self._context_variables = _as_variables(context_variables)
        self._handoffs: Handoffs | None = handoffs
        self.input_guardrails: list[Guardrail] = []
        """Check what it is about to reply to, in a group pattern."""
        self.output_guardrails: list[Guardrail] = []
        """Check what it is about to say, in a group pattern."""

        self.executable: dict[str, Tool] = {}
        self.own_tools: dict[str, Tool] = {}
        self.sources = Sources()
        self.llm_tools = ToolSet()
        self.as_functions: set[str] = set()
        self.lent_tools: list[Tool] = []
        """Tools that it executes, which the model of another agent may call only while the two talk."""
        self._model_classes: dict[str, Any] = {}
        self.llm_config = cast(Any, llm_config)
        if confidence is not None:
            from .confidence import checked_source

            self.confidence = checked_source(self, confidence)
        check_confidence(self.policies, self.confidence is not None, f"agent {name!r}")
        for function_name, function in (function_map or {}).items():
            self.executable[function_name] = as_tool(function, name=function_name, classic=True)
        for own in tools:
            self.add_tool(own)
        for updater in _listed(update_agent_state_before_reply):
            self.hooks.register("update_agent_state", _state_updater(updater))
        self._register_builtins()
        for function in _listed(functions):
            self._propose(function)

    def _register_builtins(self) -> None:
        """Put the builtin reply functions into the chain."""

    @overload
    def add_tool(self, tool: Tool | Callable[..., Any]) -> Tool: ...
    @overload
    def add_tool(self, tool: ToolSource) -> ToolSource: ...
    def add_tool(self, tool: Tool | ToolSource | Callable[..., Any]) -> Tool | ToolSource:
        """Give its model a tool that it executes itself, inside its turn, or all of a source.

        Raises:
            ConfigError: its approval asks how sure the model is, and the agent names no source of confidence.
        """
        if isinstance(tool, ToolSource):
            self.sources.add(tool)
            return tool
        made = as_tool(tool)
        self._check_approval(made)
        self.own_tools[made.name] = made
        self._schemas = None
        return made

    def take_tools(self, tools: Mapping[str, Tool]) -> None:
        """Have these tools of its own, by name, and no others."""
        self.own_tools = dict(tools)
        self._schemas = None

    def _check_approval(self, tool: Tool) -> None:
        if tool.rules.approval:
            where = f"tool {tool.name!r} of agent {self._name!r}"
            check_confidence(tool.rules.approval, self.confidence is not None, where)

    def _propose(self, function: Any) -> None:
        tool = as_tool(function, classic=True)
        self._check_approval(tool)
        if not self.llm_config:
            raise ConfigError(
                f"functions= names {tool.name!r}, but agent {self._name!r} has no model that could call it"
            )
        self.llm_tools.add(tool)

    # ------------------------------------------------------------ what it is called

    @property
    def name(self) -> str:
        """What it is called in transcripts, histories and triggers."""
        return self._name

    @property
    def description(self) -> str:
        """What it is good for, for those who choose a speaker."""
        return self._description

    @description.setter
    def description(self, description: str) -> None:
        self._description = description

    @property
    def context_variables(self) -> ContextVariables:
        """The variables for its tools and templates: in code that a group pattern's conversation calls, the group's."""
        run = current_run.get()
        while run is not None:
            if run.state.variables is not None and run.state.has(cast(Agent, self)):
                return cast(ContextVariables, run.state.variables)
            run = run.parent
        return self._context_variables

    @context_variables.setter
    def context_variables(self, variables: ContextVariables) -> None:
        self._context_variables = variables

    def as_signal(self) -> tuple[str, dict[str, Any]]:
        """Return what a tool's result says that is this agent: that it is handed over to."""
        return f"Handed over to {self._name}.", {"handoff": self._name}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}>"

    def __str__(self) -> str:
        return self._name

    if not TYPE_CHECKING:  # a type checker would take any attribute for one that is there
        __getattr__ = missing

    # ------------------------------------------------------------ how it behaves

    @property
    def human_input_mode(self) -> HumanInputMode:
        """When a person is asked: ALWAYS, TERMINATE or NEVER."""
        return self._human_input_mode

    @human_input_mode.setter
    def human_input_mode(self, mode: HumanInputMode) -> None:
        self._human_input_mode = check_mode(mode)

    @property
    def system_message(self) -> Any:
        """The first message of every request to its model."""
        run = current_run.get()
        return self.system_in(run).get("content") if run is not None else self.system.get("content")

    def update_system_message(self, system_message: str) -> None:
        """Change the system message, from the next request on.

        Said inside a run (by a tool, a hook, an `UpdateSystemMessage`) it holds for that run, whatever
        other runs of the same agent say meanwhile, and for those that begin later.
        """
        self.system = {"content": system_message, "role": "system"}
        run = current_run.get()
        if run is not None:
            run.systems = run.systems or {}
            run.systems[cast(Agent, self)] = self.system

    def system_in(self, run: RunContext) -> Message:
        """Return the system message of its requests in a run."""
        return self.system if run.systems is None else run.systems.get(cast(Agent, self), self.system)

    def max_consecutive_auto_reply(self, sender: Agent | None = None) -> int:
        """Return how many replies in a row it gives without a person, to one sender or in general."""
        return self._limit if sender is None else self._limits.get(sender, self._limit)

    def update_max_consecutive_auto_reply(self, value: int, sender: Agent | None = None) -> None:
        """Change the limit: for one sender, or for all."""
        limit = _check_limit(value, self._limit)
        self.has_limit = True
        if sender is None:
            self._limit = limit
            self._limits.clear()
        else:
            self._limits[sender] = limit

    def is_termination(self, message: Message) -> bool:
        """Return whether a received message ends the chat."""
        return bool(self._is_termination_msg(cast(dict[str, Any], message)))


# ---------------------------------------------------------------- checks


def _check_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"name={name!r} is not a name; expected a string such as 'planner'")
    return name


def _check_termination(given: object) -> Callable[..., Any]:
    if given is None:
        return _says_terminate
    if not callable(given):
        raise ConfigError(f"is_termination_msg={given!r} is not a function of a message")
    return given


def _check_limit(value: object, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigError(f"max_consecutive_auto_reply={value!r} is not a whole number of replies, 0 or more")
    return value


def _as_coder(given: Any) -> Coder | None:
    if given is None or given is False:
        return None
    from .code_reply import read_coder  # loaded with the first agent that runs code

    return read_coder(given)


def _says_terminate(message: Mapping[str, Any]) -> bool:
    return content_text(message.get("content")) == "TERMINATE"


def _as_window(given: Any) -> Window | None:
    if given is None:
        return None
    from ..conversation.windows import as_window  # loaded with the first window

    return as_window(given)


def _as_variables(given: ContextVariables | Mapping[str, Any] | None) -> ContextVariables:
    return given if isinstance(given, ContextVariables) else ContextVariables(given)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(cast(Iterable[Any], value)) if isinstance(value, (list, tuple)) else [value]


def _state_updater(updater: Any) -> Callable[..., Any]:
    if not isinstance(updater, UpdateSystemMessage):
        if not callable(updater):
            raise ConfigError(
                f"update_agent_state_before_reply holds {updater!r}; expected functions or UpdateSystemMessage"
            )
        return updater
    if isinstance(updater.content_updater, str):

        def fill(agent: AgentCore, messages: list[Message]) -> None:
            agent.update_system_message(updater.fill(agent.context_variables))

        return fill
    write = updater.content_updater

    def update(agent: AgentCore, messages: list[Message]) -> None:
        agent.update_system_message(write(agent, messages))

    return update
