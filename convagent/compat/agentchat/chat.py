"""Mirror of `autogen.agentchat.chat`."""

from __future__ import annotations

from ...agents.queue import a_initiate_chats as a_initiate_chats
from ...agents.queue import initiate_chats as initiate_chats
from ...conversation.result import ChatResult as ChatResult
from ..absent import no_more

__all__ = [
    "ChatResult",
    "a_initiate_chats",
    "initiate_chats",
]

__getattr__ = no_more(__name__)
