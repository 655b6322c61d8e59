"""Events of a run and its chats: how it starts, ends, fails and is steered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..agent import Ending
from ..human import HumanRequest
from ..messages import Message
from .base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A run began."""

    type: ClassVar[str] = "run_started"

    agents: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """Sentences for the header, such as that an agent's answers come from offline rules."""
    parent: str = ""
    """The run this one is a child of, or empty."""
    silent: bool = False
    """Whether the chat asked not to be shown."""
    follows: bool = False
    """Whether it is one of a queue of chats, and not the first."""
    hides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Of a run in a journal: the schemas of the tools that mark something as secret, for who looks into it later."""
    _parameters: Callable[[str], Mapping[str, Any] | None] | None = field(default=None, repr=False, compare=False)

    def parameters_of(self, tool: str) -> Mapping[str, Any] | None:
        """Return the JSON Schema of a tool's arguments, as the tools stand now; None: no such tool is known.

        For observers that hide what it marks as secret.
        """
        return self._parameters(tool) if self._parameters is not None else self.hides.get(tool)

    @property
    def schemas(self) -> Callable[[str], Mapping[str, Any] | None] | None:
        """What `parameters_of` asks, for observers that keep it for a long time: without the event."""
        return self._parameters or (self.hides.get if self.hides else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminationEvent(Event):
    """The conversation reached its end, for the stated reason."""

    type: ClassVar[str] = "termination"

    termination_reason: str
    sender: str = ""
    recipient: str = ""
    silent: bool = False
    """Whether it is not shown: it ended by an answer, and who asked goes on with that."""
    how: Ending = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompletionEvent(Event):
    """The run ended and this is its result. The last event of a run that did not fail."""

    type: ClassVar[str] = "run_completion"

    history: Sequence[Message]
    summary: str
    cost: Mapping[str, Any]
    last_speaker: str
    reason: str = ""
    """Why it ended: the reason of the termination, or what stopped it."""
    context_variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    how: Ending = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEvent(Event):
    """The run failed; its history up to here is kept. The last event of a failed run."""

    type: ClassVar[str] = "error"

    error: BaseException


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLeftEvent(Event):
    """The program lets go of a run that is kept in a journal, before its end."""

    type: ClassVar[str] = "run_left"
    transient: ClassVar[bool] = True

    status: str
    """`waiting`: an answer wakes it; `left`: it goes on when somebody resumes it; `ready`: it can go on now."""
    journal: str
    """Where it is kept."""
    reason: str = ""
    requests: tuple[HumanRequest, ...] = ()
    """The questions that stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlEvent(Event):
    """Somebody outside steered the run: `interrupt`, `resume`, `say`, `stop`, `pause`, `unpause` or `revoke`."""

    type: ClassVar[str] = "control"

    action: str
    text: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCarryoverProcessingEvent(Event):
    """A chat of a queue is about to start, with what earlier chats carried over."""

    type: ClassVar[str] = "post_carryover_processing"

    carryover: Sequence[Any] | str
    message: Any
    sender: str
    recipient: str
    verbose: bool = False
    summary_method: str = ""
    max_turns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearConversableAgentHistoryEvent(Event):
    """An agent forgot messages."""

    type: ClassVar[str] = "clear_conversable_agent_history"

    no_events_preserved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSummaryEvent(Event):
    """Somebody asked an agent to show what its models cost."""

    type: ClassVar[str] = "usage_summary"

    mode: str
    """`both`, `actual` or `total`."""
    actual: Mapping[str, Any] | None = None
    total: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintEvent(Event):
    """A program wrote a line through the current IOStream."""

    type: ClassVar[str] = "print"

    objects: tuple[Any, ...]
    sep: str = " "
    end: str = "\n"
