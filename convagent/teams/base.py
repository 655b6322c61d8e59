"""What every team is made of: members, a name, and the conversation that they hold."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..action import Policy
from ..agents.conversable import ConversableAgent
from ..agents.gating import read_policies
from ..agents.groupchat import GroupChat
from ..agents.manager import GroupChatManager
from ..agents.taking_turns import Held
from ..conversation.group import GroupState
from ..conversation.pattern import Pattern
from ..patterns.selected import SelectedPattern
from .arguments import described, listed_members, read_limits
from .seat import Seat

if TYPE_CHECKING:
    from ..conversation.limits import Limit


class Team(Seat, GroupChatManager):
    """An agent behind which others talk with each other: a chat with it is their conversation.

    As a seat of another team, or of a chat of two, it replies with what its members said last. Their conversation
    is then a run inside the other one: under its policies and limits, with the same people to ask.
    """

    heard_outside: ClassVar[bool] = True
    ends_by_itself: bool = True
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
        limits: Limit | None = None,
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
            limits: how far its conversation may go, wherever the team sits.
            group: how its next speaker is chosen, as for `GroupChat`.
            **kwargs: more for `ConversableAgent`.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        listed = listed_members(self, members)
        chosen: dict[str, Any] = {"speaker_selection_method": "round_robin", **(group or {})}
        chat = GroupChat(listed, max_round=max_messages, **chosen)
        super().__init__(
            chat, name=name or self.word, system_message="", is_termination_msg=is_termination_msg,
            description=description or described(self, listed),
            **kwargs,
        )  # fmt: skip
        self.governs, self.limits = read_policies(oversight), read_limits(limits)

    @property
    def limit_reached(self) -> str:
        """What is told when its members have said as much as they may."""
        return f"Maximum messages ({self.groupchat.max_round}) reached"

    @property
    def members(self) -> Sequence[ConversableAgent]:
        """Who works in it."""
        return self.groupchat.agents

    def conversation(self, sender: ConversableAgent, clear: bool, max_turns: int | None) -> Held:
        """Return the conversation of its members that somebody begins."""
        state, _ = super().conversation(sender, clear, max_turns)
        assert isinstance(state, GroupState)
        return state, self.pattern(state)

    def pattern(self, state: GroupState) -> Pattern:
        """Return who speaks when."""
        return SelectedPattern(self.groupchat, self)
