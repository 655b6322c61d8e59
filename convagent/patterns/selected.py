"""Who speaks in a team is selected, as its group chat says."""

from __future__ import annotations

from ..agent import Participant
from ..conversation.context import RunContext
from ..conversation.pattern import Lent
from .group_chat import Chooser, GroupChatPattern, Manager


class SelectedPattern(GroupChatPattern):
    """Chooses as a group chat does; what a speaker's model calls is executed inside its turn, by whoever may."""

    def __init__(self, group: Chooser, manager: Manager) -> None:
        super().__init__(group, manager)
        self._lent = Lent(executor=self.roster.executor)

    async def choose(self, run: RunContext) -> Participant | None:
        """Return whom the manager gives the word; None: it is over."""
        run.lent = self._lent
        return await super().choose(run)
