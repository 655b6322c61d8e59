"""Who speaks next: decided by values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..action import Policy
from ..agent import Agent, Participant, Termination, Transfer
from ..messages import Message
from .state import ConversationState

if TYPE_CHECKING:
    from ..tools.tool import Tool
    from .context import RunContext


Route = Callable[["RunContext", Agent, Transfer], Awaitable[Transfer | str]]
"""Takes who wants to hand over, and to whom; returns what happens, or what its model is told instead."""
First = Callable[["RunContext", Agent, list[Message]], Awaitable[Message | str | None]]
"""Takes an agent and what it is about to reply to; returns what it says, or None: its reply functions are tried."""


@dataclass(frozen=True, slots=True)
class Lent:
    """What a pattern gives a speaker for one turn."""

    policies: tuple[Policy, ...] = ()
    """Judge what it says, besides its own. Where they refuse it, the conversation is over."""
    tools: Mapping[str, Tool] = field(default_factory=dict[str, "Tool"])
    """Its model may call them, and it executes them itself, besides its own."""
    hands_over: bool = False
    """Whether a tool that returns an agent hands over to that agent."""
    targets: tuple[str, ...] = ()
    """Names of those to whom it may hand over, for a speaker that is a person."""
    route: Route | None = None
    """Decides about each such handoff; None: all of them happen."""
    offers: tuple[Tool, ...] = ()
    """Its model may call them, and another one executes them."""
    view: Callable[[Agent], list[Message]] | None = None
    """Returns what it is shown of the conversation; None: its own history."""
    executor: Callable[[Sequence[str]], Agent | None] | None = None
    """Returns who executes such calls of its model, inside its turn; None: they are proposed to whom it talks with."""
    first: First | None = None
    """Tried before its reply functions; None: they are the first."""


NOTHING_LENT = Lent()


class Pattern(Protocol):
    """Decides who speaks next. Holds no turn loop, prints nothing, knows no channel."""

    asks: bool
    """Whether it has to ask a model, a person or the user's code who speaks next: then `choose` decides."""

    ends_by_answer: bool
    """Whether an answer ends it: where others talk around it, that it is over is not shown."""

    def next_speaker(self, state: ConversationState) -> Participant | None:
        """Return whose turn it is, or None: the conversation is over."""
        ...

    async def choose(self, run: RunContext) -> Participant | None:
        """Return whose turn it is, or None: the conversation is over. It may ask, through the run."""
        ...

    def end(self, state: ConversationState) -> Termination | None:
        """Say how and why it is over, as nobody speaks next; None: the last termination said so."""
        ...
