"""Mirror of `autogen.agentchat.conversable_agent`."""

from __future__ import annotations

from ...agents.conversable import ConversableAgent as ConversableAgent
from ...agents.tooling import register_function as register_function
from ...agents.variables import UpdateSystemMessage as UpdateSystemMessage
from ..absent import no_more

__all__ = [
    "ConversableAgent",
    "UpdateSystemMessage",
    "register_function",
]

__getattr__ = no_more(__name__)
