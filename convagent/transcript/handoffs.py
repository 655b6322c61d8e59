"""How the handovers of group patterns look, to the character."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Literal

from ..events import (
    AfterWorksTransitionEvent,
    OnConditionLLMTransitionEvent,
    OnContextConditionTransitionEvent,
    ReplyResultTransitionEvent,
    TransitionEvent,
)

Spans = Iterator[tuple[str, Literal["", "blue"]]]


def _handed_over(what: str, event: TransitionEvent) -> Spans:
    if not event.silent:
        yield f"***** {what} ({event.source_agent}): {event.transition_target} *****", "blue"
        yield "\n", ""


HANDOFFS: Mapping[type, Callable[[Any], Spans]] = {
    AfterWorksTransitionEvent: partial(_handed_over, "AfterWork handoff"),
    OnContextConditionTransitionEvent: partial(_handed_over, "OnContextCondition handoff"),
    OnConditionLLMTransitionEvent: partial(_handed_over, "LLM-based OnCondition handoff"),
    ReplyResultTransitionEvent: partial(_handed_over, "ReplyResult transition"),
}
