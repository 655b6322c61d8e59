"""Events of messages: what agents said, and the pieces of what they are saying."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..messages import Message, content_text, resolve_content
from .base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(Event):
    """A message went from one agent to another, or was added to an agent's own turn."""

    type: ClassVar[str] = "message"

    message: Message
    sender: str
    recipient: str
    silent: bool = False
    """Whether the chat asked not to be shown."""
    inner: bool = False
    """Whether it is a step inside the sender's own turn (a call of its own tool, or that call's
    result), which the other agent's history does not hold."""
    by: str = ""
    """The person outside who said it; empty: the sender is one of the two agents."""
    side: int = 0
    """0: the conversation's initiator sent it; 1: the other one, or a group's manager; from 2 on: the other members
    of the group. Names may be equal."""
    auto_replies: int = 0
    """How many replies in a row the sender gave to this recipient without a person, this one included."""
    owes: bool = True
    """Whether the recipient is to reply; of a word from outside, whoever owes a reply still does."""
    typed_by: str = ""
    """The person who typed it in a conversation inside the sender's turn; empty: nobody did there."""

    @property
    def text(self) -> str:
        """The text of the message; images are `<image>`."""
        return content_text(resolve_content(self.message))

    def _payload(self) -> dict[str, Any]:
        return {
            **self.message,
            "content": resolve_content(self.message),
            "sender": self.sender,
            "recipient": self.recipient,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEvent(MessageEvent):
    """A message of text."""

    type: ClassVar[str] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallEvent(MessageEvent):
    """A message that proposes tool calls."""

    type: ClassVar[str] = "tool_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResponseEvent(MessageEvent):
    """A message with results of tool calls."""

    type: ClassVar[str] = "tool_response"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCallEvent(MessageEvent):
    """A message that proposes a function call in the older form."""

    type: ClassVar[str] = "function_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionResponseEvent(MessageEvent):
    """A message with the result of a function call in the older form."""

    type: ClassVar[str] = "function_response"


def message_event_class(message: Message) -> type[MessageEvent]:
    """Return the event class that fits a message."""
    # A person's text beside the results "USER INTERRUPTED" is a message of text: its role is user.
    role = message.get("role")
    if role == "tool":
        return ToolResponseEvent
    if role == "function":
        return FunctionResponseEvent
    if message.get("tool_calls"):
        return ToolCallEvent
    if message.get("function_call"):
        return FunctionCallEvent
    return TextEvent
