"""Who speaks next: decided by values."""

from __future__ import annotations

from typing import Protocol

from ..agent import Participant
from .state import ConversationState


class Pattern(Protocol):
    """Decides who speaks next. Holds no turn loop, prints nothing, knows no channel."""

    def next_speaker(self, state: ConversationState) -> Participant | None:
        """Return whose turn it is, or None: the conversation is over."""
        ...

    def end_reason(self, state: ConversationState) -> str:
        """Say why nobody speaks next; empty where the last termination said so."""
        ...
