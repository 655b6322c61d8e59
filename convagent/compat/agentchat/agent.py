"""Mirror of `autogen.agentchat.agent`."""

from __future__ import annotations

from ...agent import Agent as Agent
from ...agents.conversable import ConversableAgent as LLMAgent
from ...messages import Message as LLMMessageType
from ..absent import no_more

__all__ = [
    "Agent",
    "LLMAgent",
    "LLMMessageType",
]

__getattr__ = no_more(__name__)
