"""Mirror of `autogen.agentchat`."""

from __future__ import annotations

from ...agent import Agent as Agent
from ...agents.conversable import ConversableAgent as ConversableAgent
from ...agents.conversable import ConversableAgent as LLMAgent
from ...agents.groupchat import GroupChat as GroupChat
from ...agents.manager import GroupChatManager as GroupChatManager
from ...agents.presets import AssistantAgent as AssistantAgent
from ...agents.presets import UserProxyAgent as UserProxyAgent
from ...agents.queue import a_initiate_chats as a_initiate_chats
from ...agents.queue import initiate_chats as initiate_chats
from ...agents.tooling import register_function as register_function
from ...agents.usage import gather_usage_summary as gather_usage_summary
from ...agents.variables import ContextVariables as ContextVariables
from ...agents.variables import UpdateSystemMessage as UpdateSystemMessage
from ...conversation.result import ChatResult as ChatResult
from ..absent import no_more

__all__ = [
    "Agent",
    "AssistantAgent",
    "ChatResult",
    "ContextVariables",
    "ConversableAgent",
    "GroupChat",
    "GroupChatManager",
    "LLMAgent",
    "UpdateSystemMessage",
    "UserProxyAgent",
    "a_initiate_chats",
    "gather_usage_summary",
    "initiate_chats",
    "register_function",
]

__getattr__ = no_more(__name__)
