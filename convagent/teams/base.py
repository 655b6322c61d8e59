"""What every team is made of: members, a name, and the conversation that they hold."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from ..action import Policy
from ..agents.chatting import Held
from ..agents.conversable import ConversableAgent
from ..agents.groupchat import GroupChat
from ..agents.manager import GroupChatManager
from ..conversation.group import GroupState
from ..conversation.pattern import Pattern
from ..errors import ConfigError
from ..messages import Message, content_text


class Team(GroupChatManager):
    """An agent behind which others talk with each other: a chat with it is their conversation.

    As a seat of another team, or of a chat of two, it replies with what its members said last. Their conversation
    is then a run inside the other one: under its policies and limits, with the same people to ask.
    """

    heard_outside: ClassVar[bool] = True
    word: ClassVar[str] = "team"
    """What it is called where it was given no name."""

    def __init__(
        self,
        members: Sequence[ConversableAgent],
        *,
        name: str = "",
        description: str = "",
        oversight: Policy | Iterable[Policy] = (),
        is_termination_msg: Callable[[dict[str, Any]], bool] | None = None,
        max_messages: int = sys.maxsize,
        group: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Make a team.

        Args:
            members: who works in it: agents, people, other teams.
            name: how transcripts and other agents call it.
            description: what it is good for, for those who choose a speaker.
            oversight: policies on what its members are about to do here, besides their own.
            is_termination_msg: whether a message ends its conversation; default: its text is exactly ``TERMINATE``.
            max_messages: messages at most, the task included.
            group: how its next speaker is chosen, as for `GroupChat`.
            **kwargs: more for `ConversableAgent`.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        found: Any = members
        if isinstance(found, (str, Mapping)) or not isinstance(found, Iterable):
            raise ConfigError(f"{type(self).__name__}({members!r}): expected a list of agents")
        listed = list(members)
        if not listed:
            raise ConfigError(f"{type(self).__name__}([]): a team needs at least one member")
        chosen: dict[str, Any] = {"speaker_selection_method": "round_robin", **(group or {})}
        chat = GroupChat(listed, max_round=max_messages, **chosen)
        super().__init__(
            chat, name=name or self.word, system_message="", oversight=oversight, is_termination_msg=is_termination_msg,
            description=description or f"{type(self).__name__} of {', '.join(member.name for member in listed)}",
            **kwargs,
        )  # fmt: skip

    @property
    def members(self) -> Sequence[ConversableAgent]:
        """Who works in it."""
        return self.groupchat.agents

    def conversation(self, sender: ConversableAgent, clear: bool, max_turns: int | None) -> Held:
        """Return the conversation of its members that somebody begins."""
        state, pattern = super().conversation(sender, clear, max_turns)
        assert isinstance(state, GroupState)
        return state, self.pattern(state) or pattern

    def task(self, messages: Sequence[Message]) -> Any:
        """Return what was said since the team spoke last: one message as it is, several under their names."""
        own = [position for position, message in enumerate(messages) if message.get("role") == "assistant"]
        heard = [m for m in messages[own[-1] + 1 if own else 0 :] if content_text(m.get("content")).strip()]
        if len(heard) == 1:
            return heard[0].get("content")
        return "\n\n".join(f"{m.get('name', 'user')}: {content_text(m.get('content'))}" for m in heard)

    def pattern(self, state: GroupState) -> Pattern | None:
        """Return who speaks when; None: as its group chat says."""
        return None
