"""Mirror of `autogen.agentchat.group.targets.group_chat_target`."""

from __future__ import annotations

from .....handoffs.targets import GroupChatConfig as GroupChatConfig
from .....handoffs.targets import GroupChatTarget as GroupChatTarget
from ....absent import no_more

__all__ = [
    "GroupChatConfig",
    "GroupChatTarget",
]

__getattr__ = no_more(__name__)
