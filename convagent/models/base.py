"""What a model is to the rest of convagent: one method, streaming or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from ..errors import ModelError
from ..messages import Message, Usage

JSON = Any
"""A JSON value; nothing narrower is true of what providers accept."""
Logprobs = tuple[tuple[str, float], ...]
"""Tokens in order, each with its log-probability. Bytes that are no text alone are surrogate-escaped."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request to a model, in wire form."""

    messages: Sequence[Message]
    """System message first. The list may be shared and grow later: a client reads it, never keeps or edits it."""
    tools: Sequence[Mapping[str, JSON]] = ()
    """Chat-completions tool schemas: ``{"type": "function", "function": {...}}``."""
    response_format: type | Mapping[str, JSON] | None = None
    """A pydantic model or a JSON Schema that the answer must satisfy."""
    stream: bool = False
    options: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """More parameters of this call (temperature, tool_choice, ...); they win over the client's own."""
    agent: str = ""
    """Who asks, for logs and rules."""
    turn: int = 0
    """The position of this request in its run, counted from 0: scripted models answer by it."""
    sample: int = 0
    """Which of several answers to the same messages is wanted: a cache must not give the same one twice."""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """One answer of a model."""

    message: Message
    """Role assistant, with content, tool_calls or both."""
    usage: Usage = Usage()
    model: str = ""
    endpoint: str = ""
    finish_reason: str = ""
    parsed: Any = None
    """The validated object, where `response_format` asked for one."""
    cached: bool = False
    """Whether it came from the disk cache: its usage was paid for earlier."""
    logprobs: Logprobs | None = None
    """The tokens of the answer with their log-probabilities, where ``logprobs=True`` asked for them and they came."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of text of a streamed reply."""

    text: str


@dataclass(frozen=True, slots=True)
class StreamVoided:
    """What was streamed so far is void: the stream broke, or another model answers."""

    reason: str


@dataclass(frozen=True, slots=True)
class ModelSkipped:
    """An entry of the configuration list failed, and the next one is tried."""

    model: str
    endpoint: str
    error: ModelError


@dataclass(frozen=True, slots=True)
class ModelRetrying:
    """An attempt failed, and the next one is made after a wait."""

    model: str
    endpoint: str
    attempt: int
    """The one that failed, counted from 1."""
    seconds: float
    """How long is waited."""
    reason: str
    """Why, in a few words: "rate-limited"."""
    error: ModelError


ModelNotice = TextDelta | StreamVoided | ModelSkipped | ModelRetrying
Notify = Callable[[ModelNotice], None]


def ignore(notice: ModelNotice) -> None:
    """Drop a notice."""


def gives_logprobs(client: object) -> bool | None:
    """Return whether a client's replies can have log-probabilities; None: that depends on the endpoint."""
    found: object = getattr(client, "gives_logprobs", None)
    return found if isinstance(found, bool) else None


@runtime_checkable
class ModelClient(Protocol):
    """A model that can be asked. Instances are shared by agents and runs, and hold no conversation."""

    @property
    def label(self) -> str:
        """What to call it in headers and errors; never contains a key."""
        ...

    @property
    def offline_note(self) -> str:
        """Empty for a real model; for rules and scripts the sentence that says no model is asked."""
        ...

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Answer a request.

        Args:
            request: what to answer.
            notify: told of text as it streams (only if `request.stream`), of voided streams, of waits before another
                attempt, and of skipped entries.

        Raises:
            ModelError: one of its subclasses; the caller's history is untouched.
        """
        ...
