"""One after another, in order: once each, or in rounds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from ..action import Policy
from ..agent import Agent, Participant
from ..conversation.context import RunContext
from ..conversation.group import GroupState
from ..conversation.pattern import Lent
from .group_chat import Chooser, GroupChatPattern, Manager


class SequentialPattern(GroupChatPattern):
    """Gives the word to each member in order; what all but the last one say may be judged before it is passed on.

    Args:
        group: whose members they are.
        manager: whom they talk with.
        rounds: how often each one has the word; None: until something else ends it.
        review_between: judges what is said, except at the very end.
    """

    def __init__(
        self, group: Chooser, manager: Manager, rounds: int | None = 1, review_between: tuple[Policy, ...] = ()
    ) -> None:
        super().__init__(group, manager)
        self.nobody = "Everybody has spoken" + (f" {rounds} times" if rounds != 1 else "")
        self._turns = sys.maxsize if rounds is None else rounds * len(self.roster.members)
        self._lent = Lent(executor=self.roster.executor)
        self._between = replace(self._lent, policies=review_between)

    async def select(self, run: RunContext, last: Participant, refused: Sequence[Agent] = ()) -> Participant | None:
        """Return the next in order; None: all have spoken, or the next one may not."""
        members = self.roster.members
        position = cast(GroupState, run.state).said_in_round - 1
        run.lent = self._between if position < self._turns - 1 else self._lent
        if position >= self._turns:
            return None
        speaker = members[position % len(members)]
        if speaker in refused:  # in an order nobody can speak in the place of another
            run.terminate(f"{speaker.name} is next, and may not speak", self.manager.name, last.name, how="refused")
            return None
        return speaker
