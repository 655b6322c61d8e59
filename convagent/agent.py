"""What the conversation loop asks of a participant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .messages import Message

if TYPE_CHECKING:
    from .conversation.context import RunContext


@dataclass(frozen=True, slots=True)
class Reply:
    """The participant says something to another one."""

    message: Message | str
    to: Participant


@dataclass(frozen=True, slots=True)
class Termination:
    """The participant says nothing, and the conversation ends."""

    reason: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """The participant says nothing, and wants another one to go on."""

    to: str
    """The name of that one."""
    reason: str = ""
    by: str = ""
    """Who approved or re-routed it; empty: no person."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The participant says nothing, and leaves the word to whoever comes next."""

    reason: str = ""


Next = Reply | Transfer | Pass | Termination
"""What a turn returns: what happens next, as a value."""


@runtime_checkable
class Agent(Protocol):
    """Anything with a name and a description that can stand in a conversation's seat."""

    @property
    def name(self) -> str:
        """What it is called in transcripts, histories and triggers."""
        ...

    @property
    def description(self) -> str:
        """What it is good for, for those who choose a speaker."""
        ...


class Participant(Agent, Protocol):
    """An agent that can take a turn."""

    async def take_turn(self, run: RunContext) -> Next:
        """Decide what to say now. It may ask models, tools and people through `run`."""
        ...

    async def hand_over(self, run: RunContext, message: Any, to: Participant) -> None:
        """Send what was decided: hooks and overrides run here, and `run.add` records it."""
        ...
