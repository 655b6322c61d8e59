"""What the conversation loop asks of an agent: to take its turn, to hand over what it said, to hear what others say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from ..agent import Agent, Next, Participant, Pass, Reply, Termination, Transfer
from ..conversation.context import RunContext
from ..conversation.pattern import Pattern
from ..conversation.state import ConversationState
from ..messages import Message
from ..oversight.input_mode import LIMIT_REACHED, met
from ..patterns.two_agent import TwoAgent
from .builtin import said_nothing
from .gating import gate_reply
from .memory import join_threads
from .remembering import MemoryMethods

if TYPE_CHECKING:
    from .conversable import ConversableAgent

Held = tuple[ConversationState, Pattern]


class TurnMethods(MemoryMethods):
    """A participant of a conversation, and what a conversation with it is."""

    # ------------------------------------------------------------ a turn

    async def take_turn(self, run: RunContext) -> Next:
        """Open the chat, or reply to what came in last."""
        state = run.state
        me = cast("ConversableAgent", self)
        other = cast("ConversableAgent", state.other(me))
        if not state.opened:
            opening = await run.opening() if run.opening is not None else None
            if opening is None:
                return Termination(state.reason or "No opening message", state.how)
            return Reply(opening, other)
        own = me.overrides.find(me, "generate_reply", run)
        messages = self._to_reply_to(run, own is not None)
        if state.begins(me) and (end := _ends_before(state, other, messages)) is not None:
            return end
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
            return Termination(state.reason or "No reply generated", state.how)
        if said_nothing(reply) and messages and state.is_idle(said_nothing(messages[-1])):
            # Agents with nothing to say would exchange empty messages until the limit.
            run.terminate("No reply generated", me.name, other.name)
            return Termination("No reply generated")
        return Reply(other.hears(run, reply), other)

    def _to_reply_to(self, run: RunContext, overridden: bool) -> list[Message]:
        """Return what it is about to reply to: the history, or its end where nothing looks further back."""
        if run.lent.view is not None:
            return run.lent.view(self)
        thread = run.state.thread
        return thread.view(self) if overridden or self.reads_history() else thread.latest(self)

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
        other = cast("ConversableAgent", sender)
        owes = request_reply is not False and (request_reply or run.state.side(self) not in run.state.deaf)
        run.add(message, other, self, owes=bool(owes), silent=bool(other._is_silent(silent)))

    def _is_silent(self, silent: bool | None) -> bool:
        return bool(self.silent if self.silent is not None else silent)

    # ------------------------------------------------------------ a conversation with it

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


def _ends_before(state: ConversationState, other: ConversableAgent, messages: Sequence[Message]) -> Termination | None:
    """Return why a round trip is not begun: by the limit or the condition of the one who would answer; None: it is."""
    if state.auto_replies[0] >= other.max_consecutive_auto_reply():
        return Termination(LIMIT_REACHED, "limit")
    if messages and messages[-1].get("content") is not None and other.is_termination(messages[-1]):
        return Termination(met(other.name))
    return None
