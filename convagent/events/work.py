"""Events of models and tools: what they are doing, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..messages import Usage
from .base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCallStarted(Event):
    """A model is being asked."""

    type: ClassVar[str] = "model_call_started"

    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCallFinished(Event):
    """A model answered, or failed for good."""

    type: ClassVar[str] = "model_call_finished"

    model: str
    seconds: float
    usage: Usage = Usage()
    cached: bool = False
    finish_reason: str = ""
    error: str = ""
    position: int = 0
    """Which of the agent's requests in this run it answers, counted from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRetryEvent(Event):
    """An attempt to ask a model failed, and the next one is made after a wait."""

    type: ClassVar[str] = "model_retry"

    model: str
    endpoint: str
    attempt: int
    """The one that failed, counted from 1."""
    seconds: float
    """How long is waited."""
    reason: str
    """Why, in a few words, such as "rate-limited"."""
    error: str
    """The whole reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFallbackEvent(Event):
    """An entry of a configuration list failed, and the next one is tried."""

    type: ClassVar[str] = "model_fallback"

    model: str
    endpoint: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent(Event):
    """A piece of a reply, as it comes. A draft reaches only those who have an attribute ``drafts = True``."""

    type: ClassVar[str] = "stream"
    transient: ClassVar[bool] = True

    text: str
    sender: str
    recipient: str
    silent: bool = False
    draft: bool = False
    """Whether a policy may still hold the reply back, or have it changed."""

    def _payload(self) -> dict[str, Any]:
        return {"content": self.text, "sender": self.sender, "recipient": self.recipient}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamResetEvent(Event):
    """What was streamed of this reply so far is void."""

    type: ClassVar[str] = "stream_reset"
    transient: ClassVar[bool] = True

    reason: str
    sender: str
    recipient: str
    silent: bool = False
    draft: bool = False
    """Whether what is void was a draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteFunctionEvent(Event):
    """A tool is about to run with these arguments."""

    type: ClassVar[str] = "execute_function"

    func_name: str
    call_id: str | None
    arguments: Mapping[str, Any]
    recipient: str = ""
    """The agent that executes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolNotRunEvent(Event):
    """A tool call was proposed and not run: a rule or a person said something instead."""

    type: ClassVar[str] = "tool_not_run"

    func_name: str
    call_id: str | None
    reason: str
    recipient: str = ""
    """The agent that would have executed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedFunctionEvent(Event):
    """A tool ran, or could not."""

    type: ClassVar[str] = "executed_function"

    func_name: str
    call_id: str | None
    arguments: Mapping[str, Any] | None
    result: str
    """What the model is told."""
    is_exec_success: bool
    recipient: str = ""
    """The agent that executed."""
    seconds: float = 0.0

    def _payload(self) -> dict[str, Any]:
        own = Event._payload(self)
        return {**own, "content": own.pop("result")}


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateCodeExecutionReplyEvent(Event):
    """Code in a message is about to be run, in order to reply with what comes of it."""

    type: ClassVar[str] = "generate_code_execution_reply"

    code_blocks: tuple[str, ...]
    """The languages of the message's blocks."""
    sender: str = ""
    """The agent whose message it is."""
    recipient: str = ""
    """The agent that runs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteCodeBlockEvent(ExecuteFunctionEvent):
    """A block of code is about to run: `arguments` are its ``language`` and its ``code``."""

    type: ClassVar[str] = "execute_code_block"

    code_block_count: int
    """Its position in the message, from 0."""
    silent: bool = False
    """Whether a `GenerateCodeExecutionReplyEvent` tells of it in the transcript."""

    def _payload(self) -> dict[str, Any]:
        return {**ExecuteFunctionEvent._payload(self), **_block(self.arguments)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedCodeBlockEvent(ExecutedFunctionEvent):
    """A block of code ran, or could not; `result` is its output. The transcript shows it in the reply."""

    type: ClassVar[str] = "executed_code_block"

    exit_code: int
    code_file: str = ""
    """The file that it was written into, if there is one."""

    def _payload(self) -> dict[str, Any]:
        return {**ExecutedFunctionEvent._payload(self), **_block(self.arguments or {})}


def _block(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arguments.get(name, "") for name in ("code", "language")}
