"""How agents begin to talk: one message, a chat."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

from .._sync import Boxed, unboxing
from .._tracebacks import short_traceback
from ..action import Policy
from ..agent import Agent
from ..conversation.context import current_run
from ..conversation.result import ChatResult
from ..events import Event
from ..messages import Message
from ..runs.response import Start, drive
from .arguments import check_context
from .chat import Chat, hold
from .opening import with_carryover
from .taking_turns import TurnMethods

if TYPE_CHECKING:
    from ..conversation.limits import Limit
    from .conversable import ConversableAgent

Observers = Sequence[Callable[[Event], Any]]
MessageLike = Message | dict[str, Any] | str | Callable[..., Any] | None


class ChatMethods(TurnMethods):
    """Sending and chatting."""

    # ------------------------------------------------------------ one message

    def send(
        self,
        message: Message | dict[str, Any] | str,
        recipient: ConversableAgent,
        request_reply: bool | None = None,
        silent: bool | None = False,
    ) -> None:
        """Send a message to another agent, who may reply."""
        return self._wait(self._send(message, recipient, request_reply, silent))

    async def a_send(
        self,
        message: Message | dict[str, Any] | str,
        recipient: ConversableAgent,
        request_reply: bool | None = None,
        silent: bool | None = False,
    ) -> None:
        """Send a message to another agent, who may reply.

        Args:
            message: text, or a dict with content, tool_calls or function_call.
            recipient: who receives it.
            request_reply: whether a reply is wanted; None: if the recipient replies to this agent anyway.
            silent: whether it is shown.

        Raises:
            MessageError: the message has no content and no call.
        """
        await unboxing(self._send(message, recipient, request_reply, silent))

    async def _send(self, message: Any, recipient: ConversableAgent, request_reply: bool | None, silent: Any) -> None:
        run = current_run.get()
        me = cast("ConversableAgent", self)
        if run is not None and run.state.thread.has(me, recipient):
            await self.deliver(run, message, recipient, request_reply, silent)
            return
        chat = Chat(
            me, recipient, message, clear_history=False, silent=silent, summary_method=None,
            one_message=True, request_reply=request_reply,
        )  # fmt: skip
        await hold(chat)

    def receive(
        self,
        message: Message | dict[str, Any] | str,
        sender: ConversableAgent,
        request_reply: bool | None = None,
        silent: bool | None = False,
    ) -> None:
        """Receive a message from another agent, and reply to it if a reply is wanted."""
        return self._wait(self._receive(message, sender, request_reply, silent))

    async def a_receive(
        self,
        message: Message | dict[str, Any] | str,
        sender: ConversableAgent,
        request_reply: bool | None = None,
        silent: bool | None = False,
    ) -> None:
        """Receive a message from another agent, and reply to it if a reply is wanted."""
        await unboxing(self._receive(message, sender, request_reply, silent))

    async def _receive(self, message: Any, sender: ConversableAgent, request_reply: bool | None, silent: Any) -> None:
        run = current_run.get()
        if run is not None and run.state.thread.has(cast(Agent, self), sender):
            self.accept(run, message, sender, request_reply, silent)
        else:
            await sender._send(message, cast("ConversableAgent", self), request_reply, silent)

    # ------------------------------------------------------------ a chat

    def initiate_chat(
        self,
        recipient: ConversableAgent,
        clear_history: bool = True,
        silent: bool | None = False,
        cache: Any = None,
        max_turns: int | None = None,
        summary_method: str | Callable[..., Any] | None = "last_msg",
        summary_args: dict[str, Any] | None = None,
        message: MessageLike = None,
        *,
        oversight: Policy | Iterable[Policy] = (),
        people: Any = None,
        channels: Sequence[Any] = (),
        observers: Observers = (),
        journal: Any = None,
        limits: Limit | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Hold a chat, showing it at the terminal, and return its result. See `a_initiate_chat`."""
        start = self._start(**given_to(locals()))
        with short_traceback:
            return drive(start)

    async def a_initiate_chat(
        self,
        recipient: ConversableAgent,
        clear_history: bool = True,
        silent: bool | None = False,
        cache: Any = None,
        max_turns: int | None = None,
        summary_method: str | Callable[..., Any] | None = "last_msg",
        summary_args: dict[str, Any] | None = None,
        message: MessageLike = None,
        *,
        oversight: Policy | Iterable[Policy] = (),
        people: Any = None,
        channels: Sequence[Any] = (),
        observers: Observers = (),
        journal: Any = None,
        limits: Limit | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Hold a chat and return its result.

        Args:
            recipient: the other agent.
            clear_history: whether both forget what they said to each other before.
            silent: whether messages are shown; None leaves it to the agents.
            cache: a disk cache for the models' replies, see `Cache`.
            max_turns: round trips at most; None: until somebody ends it.
            summary_method: ``last_msg``, ``reflection_with_llm``, a function of (sender, recipient,
                summary_args), or None.
            summary_args: ``summary_prompt`` and ``summary_role`` for the reflection; more for a function.
            message: the opening: text, a dict, a function of (sender, recipient, context), or None to
                ask the person with ``>``.
            oversight: policies on what is about to happen in this chat.
            people: persons and their roles, ``{"ada": ["clerk"]}``, who alone may then answer; or people of
                `convagent.testing`.
            channels: the ways to people; none: whoever consumes the chat's events, at first the terminal.
            observers: functions that are told every event, in order, before anybody else.
            journal: where the chat is kept as it goes, so that another process can go on with it: a path, a URL,
                or a journal; see `docs/durability.md`.
            limits: how far the chat and what is held inside it may go: `MaxTurns(20) | MaxTokens(50_000)`; see
                `docs/limits.md`.
            **kwargs: ``carryover`` (text or a list, appended to the opening), and more for a message function.

        Raises:
            ConfigError: an argument cannot work.
            ModelError: a model failed for good; the history is kept.
        """
        # Spelled out, because `locals()` would keep a second copy of everything while the chat lasts.
        chat = self._chat(
            recipient, clear_history=clear_history, silent=silent, cache=cache, max_turns=max_turns,
            summary_method=summary_method, summary_args=summary_args, message=message, oversight=oversight,
            people=people, channels=channels, observers=observers, journal=journal, limits=limits, kwargs=kwargs,
        )  # fmt: skip
        with short_traceback:
            try:  # not `unboxing`: where thousands of chats wait, each coroutine on the way counts
                return await hold(chat)
            except Boxed as box:
                raise box.inner from None

    def _start(self, recipient: Any, chat_id: Any = None, **given: Any) -> Start[ChatResult]:
        """Check what was asked of a chat, and return what starts it."""
        chat = self._chat(recipient, chat_id, **given)
        return lambda on_start: hold(chat, on_start)

    def _chat(self, recipient: Any, chat_id: Any = None, *, kwargs: dict[str, Any] | None = None, **given: Any) -> Chat:
        context = kwargs or {}
        if context:
            chat_id = context.get("chat_id", chat_id)
            context = {k: v for k, v in context.items() if k not in _OF_QUEUES}
            unset = [k for k, default in _DEFAULTS.items() if given.get(k, default) is default and k not in context]
            if "follows" in given:
                unset += ["prerequisites", "finished_chat_indexes_to_exclude_from_carryover"]
            self._check_context(context, unset, given.get("message"))
        return Chat(cast("ConversableAgent", self), recipient, context=context, chat_id=chat_id, **given)

    def _check_context(self, context: Mapping[str, Any], unset: Iterable[str], message: Any) -> None:
        me = cast("ConversableAgent", self)
        check_context(context, unset, callable(message) or me.overrides.has(me, "generate_init_message"))

    def generate_init_message(self, message: Any, **kwargs: Any) -> Any:
        """Return the opening message of a chat: what was given, or asked of the person, with the carryover."""
        return self._wait(ChatMethods.a_generate_init_message(self, message, **kwargs))

    async def a_generate_init_message(self, message: Any, **kwargs: Any) -> Any:
        """Return the opening message of a chat: what was given, or asked of the person, with the carryover."""
        if message is None:
            async with self.within(None) as run:
                message = await self.ask_person(run, ">", "opening", run.state.other(cast(Agent, self)).name)
        return with_carryover(message, kwargs.get("carryover"))


_OF_QUEUES = ("sender", "prerequisites", "finished_chat_indexes_to_exclude_from_carryover", "chat_id")
"""What a queue of chats says of a chat, and its message function does not see."""

_DEFAULTS: dict[str, Any] = {
    **{f.name: f.default for f in fields(Chat) if f.name in inspect.signature(ChatMethods.initiate_chat).parameters},
    "carryover": None,
}
"""What a chat may be given by keyword, and what it is if it was not."""


def given_to(names: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the calling method, without itself."""
    return {name: value for name, value in names.items() if name != "self"}
