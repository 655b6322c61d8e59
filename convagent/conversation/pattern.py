"""Who speaks next: decided by values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..agent import Participant
from .state import ConversationState

if TYPE_CHECKING:
    from .context import RunContext


class Pattern(Protocol):
    """Decides who speaks next. Holds no turn loop, prints nothing, knows no channel."""

    asks: bool
    """Whether it has to ask a model, a person or the user's code who speaks next: then `choose` decides."""

    def next_speaker(self, state: ConversationState) -> Participant | None:
        """Return whose turn it is, or None: the conversation is over."""
        ...

    async def choose(self, run: RunContext) -> Participant | None:
        """Return whose turn it is, or None: the conversation is over. It may ask, through the run."""
        ...

    def end_reason(self, state: ConversationState) -> str:
        """Say why nobody speaks next; empty where the last termination said so."""
        ...
