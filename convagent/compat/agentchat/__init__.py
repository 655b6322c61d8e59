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
from ...group.running import a_initiate_group_chat as a_initiate_group_chat
from ...group.running import a_run_group_chat as a_run_group_chat
from ...group.running import a_run_group_chat_iter as a_run_group_chat_iter
from ...group.running import initiate_group_chat as initiate_group_chat
from ...group.running import run_group_chat as run_group_chat
from ...group.running import run_group_chat_iter as run_group_chat_iter
from ...handoffs.reply_result import ReplyResult as ReplyResult
from ...patterns.eligibility import AgentDescriptionGuard as AgentDescriptionGuard
from ...patterns.eligibility import AgentEligibilityPolicy as AgentEligibilityPolicy
from ...patterns.eligibility import SelectionContext as SelectionContext
from ..absent import no_more

__all__ = [
    "Agent",
    "AgentDescriptionGuard",
    "AgentEligibilityPolicy",
    "AssistantAgent",
    "ChatResult",
    "ContextVariables",
    "ConversableAgent",
    "GroupChat",
    "GroupChatManager",
    "LLMAgent",
    "ReplyResult",
    "SelectionContext",
    "UpdateSystemMessage",
    "UserProxyAgent",
    "a_initiate_chats",
    "a_initiate_group_chat",
    "a_run_group_chat",
    "a_run_group_chat_iter",
    "gather_usage_summary",
    "initiate_chats",
    "initiate_group_chat",
    "register_function",
    "run_group_chat",
    "run_group_chat_iter",
]

__getattr__ = no_more(__name__)
