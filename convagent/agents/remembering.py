"""What an agent remembers, as its users see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ..agent import Agent
from ..conversation.context import current_run
from ..errors import ConfigError, UsageError
from ..events import ClearConversableAgentHistoryEvent
from ..messages import Message
from .asking import PersonMethods
from .memory import ChatMessages

if TYPE_CHECKING:
    from .conversable import ConversableAgent


class MemoryMethods(PersonMethods):
    """Histories and counters."""

    @property
    def chat_messages(self) -> ChatMessages:
        """Histories by peer."""
        return self._chat_messages

    @chat_messages.setter
    def chat_messages(self, given: Any) -> None:
        self._chat_messages = given if isinstance(given, ChatMessages) else ChatMessages(cast(Agent, self), given)

    _oai_messages = chat_messages
    """The name that classic subclasses use."""

    def chat_messages_for_summary(self, agent: Agent) -> list[Message]:
        """Return the history that a summary of the chat with an agent is made of."""
        return self._chat_messages[agent]

    def last_message(self, agent: Agent | None = None) -> Message | None:
        """Return the last message exchanged with an agent; None: there is none.

        Raises:
            ConfigError: no agent is named and there are several.
            MissingHistory: it was never talked to.
        """
        peers = list(self._chat_messages)
        if agent is None:
            if len(peers) > 1:
                names = ", ".join(p.name for p in peers)
                raise ConfigError(f"agent {self.name!r} talked with several agents ({names}); name one of them")
            if not peers:
                return None
            agent = peers[0]
        elif agent not in peers:
            raise MissingHistory(f"agent {self.name!r} has no history with {agent.name!r}")
        messages = self._chat_messages[agent]
        return messages[-1] if messages else None

    def clear_history(self, recipient: Agent | None = None, nr_messages_to_preserve: int | None = None) -> None:
        """Forget what was said with one agent, or with all; `nr_messages_to_preserve` keeps the last ones of each."""
        peers = list(self._chat_messages) if recipient is None else [recipient]
        kept = 0
        for peer in peers:
            messages = self._chat_messages[peer]
            keep = nr_messages_to_preserve or 0
            if keep and keep < len(messages) and "tool_responses" in messages[-keep]:
                keep += 1  # results without their calls are refused by endpoints
                kept += 1
            del messages[: max(0, len(messages) - keep)]
        run = current_run.get()
        if run is not None:
            run.forget_wires()
        if nr_messages_to_preserve:
            from ..iostream import IOStream

            IOStream.get_default().send(ClearConversableAgentHistoryEvent(agent=self.name, no_events_preserved=kept))

    def reset(self) -> None:
        """Forget histories, counters and usage, and give reply functions their first configuration."""
        self.clear_history()
        self.reset_consecutive_auto_reply_counter()
        self.stop_reply_at_receive()
        self.usage.clear()
        self.replies.reset()

    def stop_reply_at_receive(self, sender: Agent | None = None) -> None:
        """Do not reply any more to what this sender sends, or anybody."""
        if sender is None:
            self.reply_at_receive.clear()
        else:
            self.reply_at_receive[sender] = False
        run = current_run.get()
        me = cast("ConversableAgent", self)
        if run is not None and run.state.has(me) and (sender is None or run.state.thread.has(me, sender)):
            run.state.deaf |= {run.state.side(me)}

    def reset_consecutive_auto_reply_counter(self, sender: Agent | None = None) -> None:
        """Count replies in a row from zero: to one sender, or to all."""
        if sender is None:
            self.auto_replies.clear()
        else:
            self.auto_replies.pop(sender, None)
        run = current_run.get()
        me = cast("ConversableAgent", self)
        if run is not None and run.state.has(me):
            run.state.auto_replies[run.state.side(me)] = 0


class MissingHistory(UsageError, KeyError):
    """There is no history with that agent."""

    __str__ = Exception.__str__
