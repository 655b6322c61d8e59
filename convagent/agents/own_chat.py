"""The reply of an agent behind which others stand: it holds a chat with itself, on behalf of whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..conversation.context import RunContext
from ..conversation.result import ChatResult
from ..messages import Message, content_text
from .builtin import PASS, Outcome
from .chat import Chat, hold


class Fronting(Protocol):
    """What is asked of such an agent."""

    def task(self, messages: Sequence[Message]) -> Any:
        """Return what those behind it are told of a conversation in which it has the word."""
        ...

    def outcome(self, result: ChatResult) -> Any:
        """Return what it replies with; None: nothing, and the conversation in which it has the word is over."""
        ...

    def from_outside(self, result: ChatResult) -> Sequence[Message]:
        """Return what people said in the chat that was held, who are none of those behind it."""
        ...


async def reply_of_those_behind(
    agent: Any, run: RunContext, messages: Sequence[Message], sender: Any, config: Any = None
) -> Outcome:
    """Hold the conversation of those behind an agent inside its turn, and reply with what came of it."""
    if sender is None or not messages:
        return PASS
    fronting: Fronting = agent
    result = await hold(Chat(sender, agent, fronting.task(messages), summary_method=None, silent=run.silent))
    for said in fronting.from_outside(result):  # those around it have not heard it yet
        run.say(content_text(said.get("content")), str(said.get("name", "")), silent=True)
    found = fronting.outcome(result)
    if found is None and result.reason:
        run.terminate(result.reason, agent.name, sender.name, how=result.how)
    return True, found
