"""Mirror of `autogen.agentchat.group.targets.transition_target`."""

from __future__ import annotations

from .....handoffs.targets import AgentNameTarget as AgentNameTarget
from .....handoffs.targets import AgentTarget as AgentTarget
from .....handoffs.targets import AskUserTarget as AskUserTarget
from .....handoffs.targets import NestedChatTarget as NestedChatTarget
from .....handoffs.targets import RandomAgentTarget as RandomAgentTarget
from .....handoffs.targets import RevertToUserTarget as RevertToUserTarget
from .....handoffs.targets import StayTarget as StayTarget
from .....handoffs.targets import TerminateTarget as TerminateTarget
from .....handoffs.targets import TransitionTarget as TransitionTarget
from ....absent import no_more

__all__ = [
    "AgentNameTarget",
    "AgentTarget",
    "AskUserTarget",
    "NestedChatTarget",
    "RandomAgentTarget",
    "RevertToUserTarget",
    "StayTarget",
    "TerminateTarget",
    "TransitionTarget",
]

__getattr__ = no_more(__name__)
