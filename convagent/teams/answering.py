"""What teams are made of that work out of sight: a chat with one is a task and an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..agents.conversable import ConversableAgent
from ..agents.taking_turns import Held
from ..conversation.result import ChatResult
from ..messages import Message
from ..patterns.one_answer import OneAnswer
from .seat import Seat


class Answering(Seat):
    """An agent whose answer others work out, in conversations of their own."""

    word: ClassVar[str] = "team"
    """What it is called where it was given no name."""

    def __init__(self, those: Sequence[ConversableAgent], *, name: str, description: str, **kwargs: Any) -> None:
        self._those = tuple(those)
        super().__init__(
            name or self.word, system_message="", human_input_mode="NEVER", description=description, **kwargs
        )

    def brings(self) -> Sequence[ConversableAgent]:
        """Return those who work for it."""
        return self._those

    def from_outside(self, result: ChatResult) -> Sequence[Message]:
        """Return what people said to those at work, in the conversation of which this is the result."""
        task, *rest = result.chat_history
        two = (task.get("name"), self.name)
        return [message for message in rest if message.get("role") == "user" and message.get("name") not in two]

    def conversation(self, sender: ConversableAgent, clear: bool, max_turns: int | None) -> Held:
        """Return the conversation that somebody begins: they ask, it answers."""
        state, _ = super().conversation(sender, clear, max_turns)
        return state, OneAnswer()
