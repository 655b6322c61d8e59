"""Mirror of `autogen.agentchat.group.targets.group_manager_target`."""

from __future__ import annotations

from .....handoffs.targets import GroupManagerSelectionMessage as GroupManagerSelectionMessage
from .....handoffs.targets import GroupManagerSelectionMessageContextStr as GroupManagerSelectionMessageContextStr
from .....handoffs.targets import GroupManagerSelectionMessageString as GroupManagerSelectionMessageString
from .....handoffs.targets import GroupManagerTarget as GroupManagerTarget
from ....absent import no_more

__all__ = [
    "GroupManagerSelectionMessage",
    "GroupManagerSelectionMessageContextStr",
    "GroupManagerSelectionMessageString",
    "GroupManagerTarget",
]

__getattr__ = no_more(__name__)
