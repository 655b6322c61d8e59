"""How agents talk: a turn of the loop, one message, a chat."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

from .._sync import Boxed, unboxing
from .._tracebacks import short_traceback
from ..action import Policy
from ..agent import Agent, Next, Participant, Pass, Reply, Termination, Transfer
from ..conversation.context import RunContext, current_run
from ..conversation.pattern import Pattern
from ..conversation.result import ChatResult
from ..conversation.state import ConversationState
from ..events import Event
from ..messages import Message
from ..oversight.input_mode import LIMIT_REACHED, met
from ..patterns.two_agent import TwoAgent
from ..runs.response import Start, drive
from .arguments import check_context
from .builtin import said_nothing
from .chat import Chat, hold, with_carryover
from .gating import gate_reply
from .memory import join_threads
from .remembering import MemoryMethods

if TYPE_CHECKING:
    from ..conversation.limits import Limit
    from .conversable import ConversableAgent

Observers = Sequence[Callable[[Event], Any]]
Held = tuple[ConversationState, Pattern]
MessageLike = Message | dict[str, Any] | str | Callable[..., Any] | None


class ChatMethods(MemoryMethods):
    """Sending and chatting, and what the conversation loop asks of an agent."""

    # ------------------------------------------------------------ what the loop asks

    async def take_turn(self, run: RunContext) -> Next:
        """Open the chat, or reply to what came in last."""
        state = run.state
        me = cast("ConversableAgent", self)
        other = cast("ConversableAgent", state.other(me))
        if not state.opened:
            opening = await run.opening() if run.opening is not None else None
            return Termination(state.reason or "No opening message") if opening is None else Reply(opening, other)
        own = me.overrides.find(me, "generate_reply", run)
        thread = state.thread
        messages = thread.view(me) if own is not None or self.reads_history() else thread.latest(me)
        if run.lent.view is not None:
            messages = run.lent.view(me)
        if state.begins(me):
            if state.auto_replies[0] >= other.max_consecutive_auto_reply():
                return Termination(LIMIT_REACHED)
            if messages and messages[-1].get("content") is not None and other.is_termination(messages[-1]):
                return Termination(met(other.name))
        while True:
            run.sure.pop(me, None)  # of an earlier reply; this one may be nobody's model's
            if own is not None:
                reply = await run.call(own, messages=messages, sender=other)
            else:
                reply = await self.reply_to(run, messages, other)
            if isinstance(reply, (Transfer, Pass)):
                return reply
            if not run.gates_replies(me.policies):
                break
            may_be_sent, reply = await gate_reply(me, run, reply, other)
            if may_be_sent:
                break
            run.add_inner(reply, me, other, silent=True)  # the answer that held it back was shown
            messages = state.thread.view(me)
        if reply is None:
            if state.tells_silence and not state.reason:
                run.terminate("No reply generated", other.name, me.name)
            return Termination(state.reason or "No reply generated")
        if said_nothing(reply) and messages and state.is_idle(said_nothing(messages[-1])):
            # Agents with nothing to say would exchange empty messages until the limit.
            run.terminate("No reply generated", me.name, other.name)
            return Termination("No reply generated")
        return Reply(other.hears(run, reply), other)

    def hears(self, run: RunContext, message: Any) -> Any:
        """Return what is said to this agent of what another one decided to say."""
        return message

    async def hand_over(self, run: RunContext, message: Any, to: Participant) -> None:
        """Send what a turn decided, through an overridden `send` if there is one."""
        me = cast("ConversableAgent", self)
        wanted, silent = run.state.wants_reply(me), run.silent or run.given_silent
        run.state.owes = None
        own = me.overrides.find(me, "send", run)
        if own is None:
            await self.deliver(run, message, to, wanted, silent)
        elif wanted is not None:
            await run.call(own, message, to, request_reply=wanted, silent=silent)
        else:
            await run.call(own, message, to, silent=silent)

    async def deliver(
        self, run: RunContext, message: Any, to: Participant, request_reply: bool | None, silent: bool | None
    ) -> None:
        """Pass a message through the hooks and to the recipient's `receive`."""
        me = cast("ConversableAgent", self)
        recipient = cast("ConversableAgent", to)
        if self.hooks.lists["process_message_before_send"]:
            message = await self.hooks.before_send(run, me, message, to, self._is_silent(silent))
        own = recipient.overrides.find(recipient, "receive", run)
        if own is not None:
            await run.call(own, message, me, request_reply, silent)
        else:
            recipient.accept(run, message, me, request_reply, silent)

    def accept(
        self, run: RunContext, message: Any, sender: Agent, request_reply: bool | None, silent: bool | None
    ) -> None:
        """Record a message that came in, and whether this agent owes a reply."""
        me, other = cast("ConversableAgent", self), cast("ConversableAgent", sender)
        owes = request_reply is not False and (request_reply or run.state.side(me) not in run.state.deaf)
        run.add(message, other, me, owes=bool(owes), silent=bool(other._is_silent(silent)))

    def _is_silent(self, silent: bool | None) -> bool:
        return bool(self.silent if self.silent is not None else silent)

    def conversation(self, sender: ConversableAgent, clear: bool, max_turns: int | None) -> Held:
        """Return what a chat is that a sender begins with this agent: its state, and who speaks when."""
        me = cast("ConversableAgent", self)
        thread = join_threads(sender, sender.chat_messages, me, me.chat_messages, clear)
        return ConversationState(sender, me, thread, max_turns), TwoAgent()

    def brings(self) -> Sequence[ConversableAgent]:
        """Return who comes along with this agent, wherever it takes part."""
        return ()

    def shares(self) -> Mapping[str, Any] | None:
        """Return the context variables with which a chat with this agent begins; None: each has its own."""
        return None

    def company(self, sender: ConversableAgent) -> tuple[ConversableAgent, ...]:
        """Return all who take part in a chat that a sender begins with this agent, each at its side."""
        return (sender, cast("ConversableAgent", self), *(agent for agent in self.brings() if agent is not sender))

    def remembered(self, sender: ConversableAgent) -> list[list[Message]]:
        """Return what each one in a chat with a sender remembers from before it, by side."""
        me = cast("ConversableAgent", self)
        return [sender.chat_messages[me], me.chat_messages[sender]]

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
