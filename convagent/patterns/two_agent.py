"""Two agents that answer each other."""

from __future__ import annotations

from ..agent import Participant, Termination
from ..conversation.context import RunContext
from ..conversation.state import ConversationState


class TwoAgent:
    """The initiator opens; whoever was asked for a reply speaks next, for `max_turns` round trips at most."""

    __slots__ = ()
    asks = False
    ends_by_answer = False

    def next_speaker(self, state: ConversationState) -> Participant | None:
        """Return who owes a reply, unless the round trips are used up."""
        if not state.opened:
            return state.initiator
        if state.max_turns is not None and state.owes is state.initiator and state.rounds >= state.max_turns:
            return None
        return state.owes

    async def choose(self, run: RunContext) -> Participant | None:
        """Return who owes a reply."""
        return self.next_speaker(run.state)

    def end(self, state: ConversationState) -> Termination | None:
        """Name the used-up limit, if that is what ended it."""
        if state.max_turns is not None and state.rounds >= state.max_turns and state.owes is state.initiator:
            return Termination(f"Maximum turns ({state.max_turns}) reached", "limit")
        return None
