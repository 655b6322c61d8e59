"""One after another, each once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from ..action import Policy
from ..agent import Agent, Participant
from ..conversation.context import RunContext
from ..conversation.group import GroupState
from ..conversation.pattern import NOTHING_LENT, Lent
from .group_chat import Chooser, GroupChatPattern, Manager


class SequentialPattern(GroupChatPattern):
    """Gives the word to each member once, in order; what all but the last one say is judged before it is passed on."""

    nobody = "Everybody has spoken"

    def __init__(self, group: Chooser, manager: Manager, review_between: tuple[Policy, ...] = ()) -> None:
        super().__init__(group, manager)
        self._between = Lent(policies=review_between) if review_between else NOTHING_LENT

    async def select(self, run: RunContext, last: Participant, refused: Sequence[Agent] = ()) -> Participant | None:
        """Return the next in order; None: all have spoken."""
        members = self.roster.members
        position = cast(GroupState, run.state).said_in_round - 1
        run.lent = self._between if position < len(members) - 1 else NOTHING_LENT
        return members[position] if position < len(members) else None
