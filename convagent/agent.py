"""What the conversation loop asks of a participant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from .messages import Message

if TYPE_CHECKING:
    from .conversation.context import RunContext


Ending = Literal["done", "limit", "stopped", "refused", "failed"]
"""How a conversation ended: by itself; at a limit of any kind; by a person; because something was refused that it
cannot do without, so that what was said last is not its result; by an error."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The participant says something to another one."""

    message: Message | str
    to: Participant


@dataclass(frozen=True, slots=True)
class Termination:
    """The participant says nothing, and the conversation ends."""

    reason: str
    how: Ending = "done"


@dataclass(frozen=True, slots=True)
class Transfer:
    """The participant says nothing, and wants another one to go on."""

    to: str
    """The name of that one."""
    reason: str = ""
    by: str = ""
    """Who approved or re-routed it; empty: no person."""
    asked_by: str = ""
    """The person who wants it; empty: a model, or a tool."""


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
