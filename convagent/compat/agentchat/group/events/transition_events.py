"""Mirror of `autogen.agentchat.group.events.transition_events`."""

from __future__ import annotations

from .....events import AfterWorksTransitionEvent as AfterWorksTransitionEvent
from .....events import OnConditionLLMTransitionEvent as OnConditionLLMTransitionEvent
from .....events import OnContextConditionTransitionEvent as OnContextConditionTransitionEvent
from .....events import ReplyResultTransitionEvent as ReplyResultTransitionEvent
from ....absent import no_more

__all__ = [
    "AfterWorksTransitionEvent",
    "OnConditionLLMTransitionEvent",
    "OnContextConditionTransitionEvent",
    "ReplyResultTransitionEvent",
]

__getattr__ = no_more(__name__)
