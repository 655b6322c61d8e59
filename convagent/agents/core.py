"""What every conversable agent is made of: its constructor, its state, its configuration."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from ..action import Policy
from ..agent import Agent
from ..conversation.context import RunContext, current_run
from ..errors import ConfigError
from ..messages import Message, content_text
from ..models.base import ModelClient
from ..oversight.input_mode import HumanInputMode, check_mode
from ..tools.tool import Tool, ToolSet, as_tool
from .absent import missing, warn_of_overrides
from .arguments import named_for_users
from .gating import check_confidence, read_policies
from .hooks import Hooks
from .memory import ChatMessages
from .replies import ReplyChain
from .usage import UsageMeter
from .variables import ContextVariables, UpdateSystemMessage

if TYPE_CHECKING:
    from ..conversation.limits import Limit
    from ..conversation.windows import Window
    from ..handoffs.guardrails import Guardrail
    from ..handoffs.handoffs import Handoffs
    from ..models.config import LLMConfig
    from ..oversight.confidence import Source

LLM = "LLMConfig | Mapping[str, Any] | ModelClient | Literal[False] | None"


class AgentCore:
    """The state of an agent. Nothing of a run is kept here: one agent serves many runs at once."""

    DEFAULT_CONFIG: ClassVar[Any] = False
    """The model configuration of agents that name none; False: none."""
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
        tools: Iterable[Tool | Callable[..., Any]] = (),
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
            code_execution_config: False or None; running code that a model wrote is not available yet.
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
            tools: tools its model may call and which it executes itself, inside its turn.
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
        if is_termination_msg is not None and not callable(is_termination_msg):
            raise ConfigError(f"is_termination_msg={is_termination_msg!r} is not a function of a message")
        self._is_termination_msg: Callable[..., Any] = is_termination_msg or _says_terminate
        self._limit = _check_limit(max_consecutive_auto_reply, self.MAX_CONSECUTIVE_AUTO_REPLY)
        self.has_limit = max_consecutive_auto_reply is not None
        """Whether it was given a number of replies in a row, and does not have the usual one."""
        self._limits: dict[Agent, int] = {}
        self.silent = silent
        self._default_auto_reply = default_auto_reply
        _refuse_code_execution(code_execution_config)

        self._chat_messages = ChatMessages(cast(Agent, self), chat_messages)
        self.reply_at_receive: defaultdict[Agent, bool] = defaultdict(bool)
        self.auto_replies: dict[Agent | None, int] = {}
        self.replies = ReplyChain()
        self.hooks = Hooks()
        self.usage = UsageMeter()
        self.policies: tuple[Policy, ...] = read_policies(oversight)
        self.confidence: Source | None = None
        """How to learn how sure its model is of a reply."""
        self.context: Window | None = None
        """What of a conversation its model is sent; None: all of it."""
        if context is not None:
            from ..conversation.windows import as_window

            self.context = as_window(context)
        self._context_variables = (
            context_variables
            if isinstance(context_variables, ContextVariables)
            else ContextVariables(context_variables)
        )
        self._handoffs: Handoffs | None = handoffs
        self.input_guardrails: list[Guardrail] = []
        """Check what it is about to reply to, in a group pattern."""
        self.output_guardrails: list[Guardrail] = []
        """Check what it is about to say, in a group pattern."""

        self.executable: dict[str, Tool] = {}
        self.own_tools: dict[str, Tool] = {}
        self.llm_tools = ToolSet()
        self.as_functions: set[str] = set()
        """Those of `llm_tools` that its model is offered in the older form, as ``functions``."""
        self.lent_tools: list[Tool] = []
        """Tools that it executes, which the model of another agent may call only while the two talk."""
        self._model_classes: dict[str, Any] = {}
        self._client: ModelClient | None = None
        self.llm_config = cast(Any, llm_config)
        for function_name, function in (function_map or {}).items():
            self.executable[function_name] = as_tool(function, name=function_name, classic=True)
        if confidence is not None:
            from .confidence import checked_source

            self.confidence = checked_source(self, confidence)
        check_confidence(self.policies, self.confidence is not None, f"agent {name!r}")
        for own in tools:
            self.add_tool(own)
        for updater in _listed(update_agent_state_before_reply):
            self.hooks.register("update_agent_state", _state_updater(updater))
        self._register_builtins()
        for function in _listed(functions):
            self._propose(function)

    def _register_builtins(self) -> None:
        """Put the builtin reply functions into the chain."""

    def add_tool(self, tool: Tool | Callable[..., Any]) -> Tool:
        """Give its model a tool that it executes itself, inside its turn.

        Raises:
            ConfigError: its approval asks how sure the model is, and the agent names no source of confidence.
        """
        made = as_tool(tool)
        self._check_approval(made)
        self.own_tools[made.name] = made
        self._schemas = None
        return made

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

    # ------------------------------------------------------------ its model

    @property
    def llm_config(self) -> Any:
        """Its model configuration: an `LLMConfig`, a `ModelClient`, or False."""
        return self._llm_config

    @llm_config.setter
    def llm_config(self, value: Any) -> None:
        from ..models.config import LLMConfig

        if value is None:
            value = LLMConfig.get_current_llm_config() or self.DEFAULT_CONFIG
        self._llm_config: Any = LLMConfig.coerce(value) or False
        self._client = None
        given = self._llm_config if isinstance(self._llm_config, LLMConfig) else None
        self._given_tools: list[dict[str, Any]] = list(given.get("tools") or ()) if given else []
        self._given_functions: list[dict[str, Any]] = list(given.get("functions") or ()) if given else []
        self._offer()
        first = next(iter(getattr(self._llm_config, "entries", ())), None)
        # A model client as first entry has no such fields: what stands beside the list holds for it.
        beside: Any = self._llm_config or {}
        self.streams = bool(getattr(first, "stream", beside.get("stream", False)))
        self.response_format: Any = getattr(first, "response_format", beside.get("response_format"))
        if self._llm_config and re.search(r"\s", self._name) and getattr(first, "api_type", "") == "openai":
            raise ConfigError(
                f"name={self._name!r} contains white space, which OpenAI endpoints refuse; "
                f"use {re.sub(r'[^a-zA-Z0-9_-]+', '_', self._name)!r}"
            )

    @property
    def client(self) -> ModelClient | None:
        """Its model, made from the configuration on first use; None without one.

        Raises:
            ConfigError: the configuration cannot be used: no key, an extra that is not installed.
        """
        if self._client is None and self._llm_config:
            if isinstance(self._llm_config, ModelClient):
                self._client = self._llm_config
            else:
                from ..models.resolve import client_for

                self._client = client_for(self._llm_config, self._model_classes or None)
        return self._client

    @property
    def tool_schemas(self) -> list[Any]:
        """The schemas of all tools its model may call."""
        mine = self.llm_tools.schemas()
        if not self.own_tools and not self._given_tools and not self.as_functions:
            return mine
        if self._schemas is None or self._schemas[0] != (mine, len(self.own_tools)):
            now = [schema for schema in mine if schema["function"]["name"] not in self.as_functions]
            registered = [*now, *(t.schema for t in self.own_tools.values())]
            names = {schema["function"]["name"] for schema in registered}
            given = [s for s in self._given_tools if s.get("function", {}).get("name") not in names]
            self._schemas = ((mine, len(self.own_tools)), [*given, *registered])
        return self._schemas[1]

    def _offer(self) -> None:
        """Offer its model what there is by now: after a change of the configured ones, or of functions."""
        self._schemas: tuple[Any, list[Any]] | None = None
        mine = [t.schema["function"] for t in self.llm_tools if t.name in self.as_functions]
        functions = [*(f for f in self._given_functions if f.get("name") not in self.as_functions), *mine]
        self.request_options: dict[str, Any] = {"functions": functions} if functions else {}


# ---------------------------------------------------------------- checks


def _check_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"name={name!r} is not a name; expected a string such as 'planner'")
    return name


def _check_limit(value: object, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigError(f"max_consecutive_auto_reply={value!r} is not a whole number of replies, 0 or more")
    return value


def _refuse_code_execution(value: object) -> None:
    if value is False or value is None:
        return
    raise ConfigError(
        f"code_execution_config={value!r}: running code that a model wrote is not available yet; "
        "pass False or leave it out"
    )


def _says_terminate(message: Mapping[str, Any]) -> bool:
    return content_text(message.get("content")) == "TERMINATE"


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
