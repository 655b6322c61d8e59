"""Events of group patterns: by what it was handed over to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionEvent(Event):
    """An agent of a group pattern wants somebody to go on."""

    type: ClassVar[str] = "transition"

    source_agent: str
    transition_target: str
    """What people are shown of the target."""
    target: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The target, as JSON values."""
    silent: bool = False
    """Whether the chat asked not to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterWorksTransitionEvent(TransitionEvent):
    """It has spoken, and this comes after its work."""

    type: ClassVar[str] = "after_works_transition"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnContextConditionTransitionEvent(TransitionEvent):
    """Context variables said so, before it spoke."""

    type: ClassVar[str] = "on_context_condition_transition"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnConditionLLMTransitionEvent(TransitionEvent):
    """Its model called for it."""

    type: ClassVar[str] = "on_condition_llm_transition"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyResultTransitionEvent(TransitionEvent):
    """A tool returned it."""

    type: ClassVar[str] = "reply_result_transition"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailTransitionEvent(TransitionEvent):
    """A guardrail found something in what it heard or was about to say."""

    type: ClassVar[str] = "guardrail_transition"

    guardrail: str = ""
    """The name of the guardrail."""
