"""Who speaks next: decided by values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..action import Policy
from ..agent import Participant
from .state import ConversationState

if TYPE_CHECKING:
    from ..tools.tool import Tool
    from .context import RunContext


@dataclass(frozen=True, slots=True)
class Lent:
    """What a pattern gives a speaker for one turn."""

    policies: tuple[Policy, ...] = ()
    """Judge what it says, besides its own. Where they refuse it, the conversation is over."""
    tools: Mapping[str, Tool] = field(default_factory=dict[str, "Tool"])
    """Its model may call them, and it executes them itself, besides its own."""
    hands_over: bool = False
    """Whether a tool that returns an agent hands over to that agent."""


NOTHING_LENT = Lent()


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
