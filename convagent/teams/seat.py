"""What a team is told and what it replies with, in whatever seat it sits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..agents.conversable import ConversableAgent
from ..agents.gating import is_held_back
from ..agents.manager import GroupChatManager
from ..conversation.result import ChatResult
from ..messages import Message, content_text


class Seat(ConversableAgent):
    """An agent behind which others work: it passes on what was said, and replies with what came of it."""

    def reads_history(self) -> bool:
        """Return True: those behind it are told what was said since it spoke last."""
        return True

    def task(self, messages: Sequence[Message]) -> Any:
        """Return what those behind it are told: what was said since it spoke last.

        One message stays as it is, several come under their names. Where it is to write something again, they are
        told what it was about, what it had written, and what is to be different.
        """
        drafts = [i for i, message in enumerate(messages) if _is_own(message) and is_held_back(messages, i)]
        wishes = [messages[i + 1] for i in drafts]
        first = 1 + max((i for i, m in enumerate(messages) if _is_own(m) and i not in drafts), default=-1)
        drafts = [i for i in drafts if i >= first]
        left_out = {*drafts, *(i + 1 for i in drafts)}
        heard = [m for i, m in enumerate(messages[first:], first) if i not in left_out and _text(m).strip()]
        told = heard[0].get("content") if len(heard) == 1 else _under_names(heard)
        if not drafts:
            return told
        asked = "\n".join(_text(wish) for wish in wishes[-len(drafts) :])
        about = _text(heard[0]) if len(heard) == 1 else told
        return f"{about}\n\nThe reply to that was, so far:\n{_text(messages[drafts[-1]])}\n\n{asked}"

    def outcome(self, result: ChatResult) -> Any:
        """Return what it replies with, given what came of the chat of those behind it; None: nothing."""
        return said_last(result, self)


def outcome_of(result: ChatResult, agent: ConversableAgent) -> Any:
    """Return what came of a chat with an agent, which may be the manager of a group; None: nothing."""
    if isinstance(agent, GroupChatManager) and result.how != "refused":
        return agent.outcome(result)
    return said_last(result, agent)


def said_last(result: ChatResult, agent: ConversableAgent) -> Any:
    """Return what came of a chat with an agent: what it, or one of those behind it, said last, a bare TERMINATE aside.

    None: nothing, or somebody refused to have it passed on.
    """
    if result.how == "refused":
        return None
    names = {agent.name, *(member.name for member in agent.brings())}
    said = (m.get("content") for m in reversed(result.chat_history) if m.get("name") in names)
    return next((_without_end(content) for content in said if content != _END), None)


_END = "TERMINATE"


def _without_end(content: Any) -> Any:
    return content.replace(_END, "").rstrip() if isinstance(content, str) else content


def _is_own(message: Message) -> bool:
    return message.get("role") == "assistant"


def _text(message: Message) -> str:
    return content_text(message.get("content"))


def _under_names(messages: Sequence[Message]) -> str:
    return "\n\n".join(f"{message.get('name', 'user')}: {_text(message)}" for message in messages)
