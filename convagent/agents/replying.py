"""How an agent comes to a reply: the chain of reply functions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Container, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .._sync import Boxed, call_sync, current_host, unboxing
from .._tracebacks import short_traceback
from ..agent import Agent, Pass, Transfer
from ..conversation.context import RunContext, current_run
from ..conversation.execution import run_tool
from ..conversation.state import ConversationState
from ..errors import ConfigError, UsageError
from ..messages import Message, ToolCall
from ..patterns.two_agent import TwoAgent
from ..runs.console import LoopConsole, whoever_sits_here
from ..runs.local import LocalRuntime
from . import builtin
from .code_reply import code_reply
from .replies import ReplyFunction
from .tooling import ToolMethods

if TYPE_CHECKING:
    from .conversable import ConversableAgent

T = TypeVar("T")
Reply = Message | str | None


class Nobody:
    """Stands where a reply is made without a conversation."""

    name = ""
    description = ""

    async def take_turn(self, run: RunContext) -> Any:
        """Never asked."""
        raise UsageError("nobody has no turn")

    async def hand_over(self, run: RunContext, message: Any, to: Any) -> None:
        """Never asked."""
        raise UsageError("nobody sends no message")


NOBODY = Nobody()


class ReplyMethods(ToolMethods):
    """Reply functions and hooks.

    Every plain method is our own `a_` twin, waited for: a subclass may override both of a pair,
    and `super()` of the plain one must not meet its async override.
    """

    # ------------------------------------------------------------ registering

    def register_reply(
        self,
        trigger: Any,
        reply_func: Callable[..., Any],
        position: int = 0,
        config: Any = None,
        reset_config: Callable[[Any], Any] | None = None,
        *,
        ignore_async_in_sync_chat: bool = False,
        remove_other_reply_funcs: bool = False,
    ) -> None:
        """Add a reply function; the later registered is tried first.

        Args:
            trigger: whose messages it replies to: an agent class, an agent, a name, a function of
                the sender that returns a bool, None for no sender, or a list of these.
            reply_func: a function of (recipient, messages, sender, config), sync or async, that returns
                ``(True, reply)`` to reply, ``(True, None)`` to end the chat, ``(False, None)`` to pass.
            position: where in the chain, 0 first.
            config: passed to the function.
            reset_config: called with `config` by `reset()`; without it a copy of `config` is restored.
            ignore_async_in_sync_chat: whether an async function is left out of synchronous chats.
            remove_other_reply_funcs: whether it is to be the only one.
        """
        if not callable(reply_func):
            raise ConfigError(f"reply_func {reply_func!r} is a {type(reply_func).__name__}; expected a function")
        import copy

        entry = ReplyFunction(
            trigger, reply_func, config, copy.copy(config), reset_config, ignore_async_in_sync_chat,
            BUILTINS.get(getattr(reply_func, "__qualname__", "")),
        )  # fmt: skip
        self.replies.register(entry, position, remove_other_reply_funcs)

    def replace_reply_func(self, old_reply_func: Callable[..., Any], new_reply_func: Callable[..., Any]) -> None:
        """Put a reply function in another's place."""
        self.replies.replace(old_reply_func, new_reply_func)

    def register_hook(self, hookable_method: str, hook: Callable[..., Any]) -> None:
        """Add a hook: a function that sees or rewrites what passes through the agent at that place."""
        self.hooks.register(hookable_method, hook)

    # ------------------------------------------------------------ a reply

    def generate_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, exclude: Container[Any] = ()
    ) -> Reply:
        """Return the reply to messages, or to what a sender said last; None: no reply."""
        return self._wait(ReplyMethods.a_generate_reply(self, messages, sender, exclude))

    async def a_generate_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, exclude: Container[Any] = ()
    ) -> Reply:
        """Return the reply to messages, or to what a sender said last; None: no reply.

        Raises:
            UsageError: neither messages nor a sender were given.
        """
        if messages is None and sender is None:
            raise UsageError("generate_reply() needs messages= or sender=; neither was given")
        with short_traceback:
            return await self._reply(messages, sender, exclude)

    async def _reply(self, messages: list[Message] | None, sender: Agent | None, exclude: Container[Any]) -> Reply:
        async with self.within(sender) as run:
            found = self._chat_messages[cast(Agent, sender)] if messages is None else messages
            # Outside of a conversation nobody can be handed over to.
            return cast(Reply, await unboxing(self.reply_to(run, found, sender, exclude)))

    async def reply_to(
        self, run: RunContext, messages: list[Message], sender: Agent | None, exclude: Container[Any] = ()
    ) -> Reply | Transfer | Pass:
        """Try the reply functions in order; the first that decides makes the reply."""
        if self.hooks.before_reply:
            messages = await self.hooks.messages_before_reply(run, self, messages)
        agent = cast("ConversableAgent", self)
        if run.lent.first is not None and (said := await run.lent.first(run, agent, messages)) is not None:
            return said
        for entry in self.replies.entries:
            if not entry.applies_to(sender) or (exclude and self._is_excluded(entry.func, exclude)):
                continue
            if entry.builtin is not None:
                final, reply = await entry.builtin(agent, run, messages, sender, entry.config)
            elif self._is_for_other_chats(entry, run):
                continue
            else:
                try:
                    said = await self._call(entry, run, messages, sender)
                except (KeyboardInterrupt, SystemExit) as stop:
                    raise Boxed(stop) from None
                final, reply = _decision(entry.func, said)
            if final:
                return reply
        return cast(Reply, self._default_auto_reply)

    def _call(
        self, entry: ReplyFunction, run: RunContext, messages: list[Message], sender: Agent | None
    ) -> Awaitable[Any]:
        """Call a reply function of the user; what it returned is kept, where the run is."""
        func = entry.func
        given: dict[str, Any] = {"messages": messages, "sender": sender, "config": entry.config}
        if run.runtime.keeps:
            called = partial(func if entry.asynchronous else partial(run.call, func), self, **given)
            return run.step(f"reply/{func.__name__}", called)
        # Whether it is async was asked when it was registered.
        return func(self, **given) if entry.asynchronous else run.call(func, self, **given)

    def _is_excluded(self, func: Callable[..., Any], exclude: Container[Any]) -> bool:
        return func in exclude or getattr(type(self), f"a_{getattr(func, '__name__', '')}", None) in exclude

    def _is_for_other_chats(self, entry: ReplyFunction, run: RunContext) -> bool:
        """Return whether a function is left out: in this kind of chat, sync or async, its twin is meant."""
        if entry.asynchronous:
            return entry.ignore_async_in_sync_chat and run.is_sync
        return not run.is_sync and self._has_async_twin(entry.func)

    def reads_history(self) -> bool:
        """Return whether something that makes its replies may look further back than the last message."""
        if self.hooks.before_reply or self.coder is not None or cast("ConversableAgent", self).llm_config:
            return True
        for entry in self.replies.entries:  # noqa: SIM110 - `any` takes three times as long, every turn
            if entry.builtin is None or entry.config is not None:
                return True
        return False

    def _has_async_twin(self, func: Callable[..., Any]) -> bool:
        name = f"a_{getattr(func, '__name__', '')}"
        return any(
            e.asynchronous and e.ignore_async_in_sync_chat and e.func.__name__ == name for e in self.replies.entries
        )

    @asynccontextmanager
    async def within(self, sender: Agent | None) -> AsyncGenerator[RunContext]:
        """Give the conversation this call belongs to, or one made for this call alone."""
        run = current_run.get()
        me = cast("ConversableAgent", self)
        if run is not None and run.state.has(me) and (sender is None or run.state.thread.has(me, sender)):
            yield run
            return
        host = current_host.get() or LoopConsole()
        runtime = LocalRuntime(host) if run is None else cast(LocalRuntime, run.runtime).branch("", host)
        other = cast(Any, sender if sender is not None else NOBODY)
        state = ConversationState(me, other, self._chat_messages.thread(other), opened=True)
        state.auto_replies[0] = self.auto_replies.get(sender, 0)
        made = RunContext(runtime, host, state, TwoAgent(), parent=run)
        token = current_run.set(made)
        try:
            yield made
        finally:
            current_run.reset(token)
            self.auto_replies[sender] = state.auto_replies[0]
            if sender is None:
                self._chat_messages.forget(other)

    # ------------------------------------------------------------ the builtin reply functions

    def generate_oai_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None, **kwargs: Any
    ) -> tuple[bool, Reply]:
        """Reply by the model."""
        return self._wait(ReplyMethods.a_generate_oai_reply(self, messages, sender, config, **kwargs))

    async def a_generate_oai_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None, **kwargs: Any
    ) -> tuple[bool, Reply]:
        """Reply by the model."""
        return await self._builtin(builtin.model_reply, messages, sender, config, **kwargs)

    def generate_tool_calls_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None
    ) -> tuple[bool, Reply]:
        """Reply with the results of the last message's tool calls."""
        return self._wait(ReplyMethods.a_generate_tool_calls_reply(self, messages, sender, config))

    async def a_generate_tool_calls_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None
    ) -> tuple[bool, Reply]:
        """Reply with the results of the last message's tool calls."""
        return await self._builtin(builtin.tool_reply, messages, sender, config)

    def generate_function_call_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None
    ) -> tuple[bool, Reply]:
        """Reply with the result of the last message's function call (the older form)."""
        return self._wait(ReplyMethods.a_generate_function_call_reply(self, messages, sender, config))

    async def a_generate_function_call_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None
    ) -> tuple[bool, Reply]:
        """Reply with the result of the last message's function call (the older form)."""
        return await self._builtin(builtin.function_reply, messages, sender, config)

    def check_termination_and_human_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None
    ) -> tuple[bool, Reply]:
        """Ask the person, or end the chat, where the human input mode says so."""
        return self._wait(ReplyMethods.a_check_termination_and_human_reply(self, messages, sender, config))

    async def a_check_termination_and_human_reply(
        self, messages: list[Message] | None = None, sender: Agent | None = None, config: Any = None
    ) -> tuple[bool, Reply]:
        """Ask the person, or end the chat, where the human input mode says so."""
        return await self._builtin(builtin.human_reply, messages, sender, config)

    def execute_function(
        self, func_call: dict[str, Any], call_id: str | None = None, verbose: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        """Execute one function call. Override it to execute calls in your own way."""
        return self._wait(ReplyMethods.a_execute_function(self, func_call, call_id, verbose))

    async def a_execute_function(
        self, func_call: dict[str, Any], call_id: str | None = None, verbose: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        """Execute one function call with the functions registered for execution.

        Args:
            func_call: ``name`` and ``arguments`` (JSON text).
            call_id: the id of the call, if it has one.
            verbose: kept for the classic signature.

        Returns:
            whether it succeeded, and ``{"name", "role", "content"}`` with what the model is told.
        """
        async with self.within(None) as run:
            call = cast(ToolCall, {"id": call_id, "type": "function", "function": func_call})
            me = cast("ConversableAgent", self)
            how = builtin.execution(me, run, run.state.other(me), self.executable)
            outcome = await unboxing(run_tool(run, call, how))
            return outcome.ok, {"name": outcome.name, "role": "function", "content": outcome.content}

    async def _builtin(
        self, function: Callable[..., Any], messages: list[Message] | None, sender: Agent | None, config: Any,
        **kwargs: Any,
    ) -> tuple[bool, Reply]:  # fmt: skip
        async with self.within(sender) as run:
            found = run.state.thread.view(cast(Agent, self)) if messages is None else messages
            return await unboxing(function(cast("ConversableAgent", self), run, found, sender, config, **kwargs))

    def _wait(self, coro: Coroutine[Any, Any, T], name: str = "") -> T:
        """Wait for a coroutine from synchronous code; this thread shows events and asks the person."""
        from ..observers.console import ConsoleEventProcessor

        console = ConsoleEventProcessor()
        try:
            with short_traceback:
                return call_sync(coro, on_event=console.process_event, name=name, seat=whoever_sits_here())
        finally:
            console.close()


def _decision(func: Callable[..., Any], value: Any) -> tuple[bool, Reply]:
    pair: Any = value
    if type(value) is tuple and len(pair) == 2:
        return pair
    if isinstance(value, (tuple, list)) and len(pair) == 2:  # a kept one is a list
        return pair[0], pair[1]
    name = getattr(func, "__name__", repr(func))
    raise ConfigError(f"reply function {name} returned {value!r}; expected (final, reply), such as (False, None)")


BUILTINS: dict[str, Callable[..., Any]] = {
    f"ReplyMethods.{prefix}{name}": function
    for name, function in (
        ("generate_oai_reply", builtin.model_reply),
        ("generate_tool_calls_reply", builtin.tool_reply),
        ("generate_function_call_reply", builtin.function_reply),
        ("check_termination_and_human_reply", builtin.human_reply),
    )
    for prefix in ("", "a_")
} | {f"CodeMethods.{prefix}generate_code_execution_reply": code_reply for prefix in ("", "a_")}
