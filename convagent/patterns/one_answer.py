"""One asks, the other answers, and that is all."""

from __future__ import annotations

from ..agent import Participant, Termination
from ..conversation.state import ConversationState
from .two_agent import TwoAgent


class OneAnswer(TwoAgent):
    """The initiator opens and the other answers; it goes on only where round trips were asked for."""

    __slots__ = ()
    ends_by_answer = True

    def next_speaker(self, state: ConversationState) -> Participant | None:
        """Return who owes a reply; of the initiator nobody expects one, unless there are round trips left."""
        if self._answered(state):
            return None
        return super().next_speaker(state)

    def end(self, state: ConversationState) -> Termination | None:
        """Say who has answered, or name the used-up limit."""
        return Termination(f"{state.recipient.name} has answered") if self._answered(state) else super().end(state)

    def _answered(self, state: ConversationState) -> bool:
        return state.opened and state.max_turns is None and state.owes is state.initiator
