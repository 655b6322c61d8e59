"""Mirror of `autogen.agentchat.groupchat`."""

from __future__ import annotations

from ...agents.group_texts import PROMPT as SELECT_SPEAKER_PROMPT_TEMPLATE
from ...agents.groupchat import GroupChat as GroupChat
from ...agents.manager import GroupChatManager as GroupChatManager
from ..absent import no_more

__all__ = ["SELECT_SPEAKER_PROMPT_TEMPLATE", "GroupChat", "GroupChatManager"]

__getattr__ = no_more(__name__)
