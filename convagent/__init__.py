"""Conversations between agents, models and people.

    from convagent import ConversableAgent, LLMConfig

Names are imported on first use (PEP 562), so that `import convagent` costs nothing.
"""

from __future__ import annotations

from ._lazy import on_first_use

TYPE_CHECKING = False  # importing `typing` for it costs several times what the face costs
if TYPE_CHECKING:
    from .action import Action as Action
    from .agent import Agent as Agent
    from .agents.conversable import ConversableAgent as ConversableAgent
    from .agents.durable import enqueue as enqueue
    from .agents.durable import resume as resume
    from .agents.forking import fork as fork
    from .agents.groupchat import GroupChat as GroupChat
    from .agents.human import Human as Human
    from .agents.manager import GroupChatManager as GroupChatManager
    from .agents.presets import AssistantAgent as AssistantAgent
    from .agents.presets import UserProxyAgent as UserProxyAgent
    from .agents.queue import a_initiate_chats as a_initiate_chats
    from .agents.queue import initiate_chats as initiate_chats
    from .agents.tooling import register_function as register_function
    from .agents.usage import gather_usage_summary as gather_usage_summary
    from .agents.variables import ContextVariables as ContextVariables
    from .agents.variables import UpdateSystemMessage as UpdateSystemMessage
    from .audit.replaying import replay as replay
    from .conversation.ask_human import ask_human as ask_human
    from .conversation.ask_human import escalate as escalate
    from .conversation.limit_kinds import MaxCost as MaxCost
    from .conversation.limit_kinds import MaxMessages as MaxMessages
    from .conversation.limit_kinds import MaxRounds as MaxRounds
    from .conversation.limit_kinds import MaxTime as MaxTime
    from .conversation.limit_kinds import MaxTokens as MaxTokens
    from .conversation.limit_kinds import MaxTurns as MaxTurns
    from .conversation.limit_kinds import TextSaid as TextSaid
    from .conversation.limit_kinds import Until as Until
    from .conversation.limits import Limit as Limit
    from .conversation.result import ChatResult as ChatResult
    from .conversation.thread import view_of as view_of
    from .conversation.windows import LastMessages as LastMessages
    from .conversation.windows import LastTokens as LastTokens
    from .conversation.windows import Window as Window
    from .conversation.windows import Without as Without
    from .errors import AllModelsFailed as AllModelsFailed
    from .errors import ConfigError as ConfigError
    from .errors import ConvagentError as ConvagentError
    from .errors import EndOfInput as EndOfInput
    from .errors import JournalError as JournalError
    from .errors import MCPError as MCPError
    from .errors import MessageError as MessageError
    from .errors import MissingExtra as MissingExtra
    from .errors import ModelError as ModelError
    from .errors import NobodyReachable as NobodyReachable
    from .errors import PolicyError as PolicyError
    from .errors import RunBlocked as RunBlocked
    from .errors import RunCancelled as RunCancelled
    from .errors import ToolError as ToolError
    from .errors import UsageError as UsageError
    from .group.patterns import AutoPattern as AutoPattern
    from .group.patterns import DefaultPattern as DefaultPattern
    from .group.patterns import ManualPattern as ManualPattern
    from .group.patterns import RandomPattern as RandomPattern
    from .group.patterns import RoundRobinPattern as RoundRobinPattern
    from .group.running import GroupChatResult as GroupChatResult
    from .group.running import a_initiate_group_chat as a_initiate_group_chat
    from .group.running import a_run_group_chat as a_run_group_chat
    from .group.running import a_run_group_chat_iter as a_run_group_chat_iter
    from .group.running import initiate_group_chat as initiate_group_chat
    from .group.running import run_group_chat as run_group_chat
    from .group.running import run_group_chat_iter as run_group_chat_iter
    from .handoffs.conditions import ContextStr as ContextStr
    from .handoffs.conditions import ContextStrLLMCondition as ContextStrLLMCondition
    from .handoffs.conditions import ExpressionAvailableCondition as ExpressionAvailableCondition
    from .handoffs.conditions import ExpressionContextCondition as ExpressionContextCondition
    from .handoffs.conditions import OnCondition as OnCondition
    from .handoffs.conditions import OnContextCondition as OnContextCondition
    from .handoffs.conditions import StringAvailableCondition as StringAvailableCondition
    from .handoffs.conditions import StringContextCondition as StringContextCondition
    from .handoffs.conditions import StringLLMCondition as StringLLMCondition
    from .handoffs.expression import ContextExpression as ContextExpression
    from .handoffs.functions import FunctionTarget as FunctionTarget
    from .handoffs.functions import FunctionTargetResult as FunctionTargetResult
    from .handoffs.guardrails import LLMGuardrail as LLMGuardrail
    from .handoffs.guardrails import RegexGuardrail as RegexGuardrail
    from .handoffs.handoffs import Handoffs as Handoffs
    from .handoffs.reply_result import ReplyResult as ReplyResult
    from .handoffs.targets import AgentNameTarget as AgentNameTarget
    from .handoffs.targets import AgentTarget as AgentTarget
    from .handoffs.targets import AskUserTarget as AskUserTarget
    from .handoffs.targets import GroupChatConfig as GroupChatConfig
    from .handoffs.targets import GroupChatTarget as GroupChatTarget
    from .handoffs.targets import GroupManagerTarget as GroupManagerTarget
    from .handoffs.targets import NestedChatTarget as NestedChatTarget
    from .handoffs.targets import RandomAgentTarget as RandomAgentTarget
    from .handoffs.targets import RevertToUserTarget as RevertToUserTarget
    from .handoffs.targets import SpeakerSelectionResult as SpeakerSelectionResult
    from .handoffs.targets import StayTarget as StayTarget
    from .handoffs.targets import TerminateTarget as TerminateTarget
    from .human import Decision as Decision
    from .human import HumanReply as HumanReply
    from .human import HumanRequest as HumanRequest
    from .human import approve as approve
    from .human import edit as edit
    from .human import reject as reject
    from .human import respond as respond
    from .human import revise as revise
    from .human import stop as stop
    from .human import try_again as try_again
    from .iostream import IOConsole as IOConsole
    from .iostream import IOStream as IOStream
    from .messages import Message as Message
    from .messages import Usage as Usage
    from .models.base import ModelClient as ModelClient
    from .models.base import ModelReply as ModelReply
    from .models.base import ModelRequest as ModelRequest
    from .models.cache import Cache as Cache
    from .models.config import LLMConfig as LLMConfig
    from .models.config_env import config_list_from_dotenv as config_list_from_dotenv
    from .models.config_env import config_list_from_models as config_list_from_models
    from .models.config_env import config_list_openai_aoai as config_list_openai_aoai
    from .models.config_env import get_config_list as get_config_list
    from .models.config_files import config_list_from_json as config_list_from_json
    from .models.config_files import filter_config as filter_config
    from .models.rules import RuleModel as RuleModel
    from .models.scripted import ScriptedModel as ScriptedModel
    from .observers.console import AsyncConsoleEventProcessor as AsyncConsoleEventProcessor
    from .observers.console import ConsoleEventProcessor as ConsoleEventProcessor
    from .observers.printer import Printer as Printer
    from .oversight.atoms import Allow as Allow
    from .oversight.atoms import Deny as Deny
    from .oversight.atoms import allow as allow
    from .oversight.backoff import constant as constant
    from .oversight.backoff import exponential as exponential
    from .oversight.confidence import field as field
    from .oversight.confidence import logprobs as logprobs
    from .oversight.confidence import vote as vote
    from .oversight.explain import explain as explain
    from .oversight.policy import Policy as Policy
    from .oversight.predicate import arg as arg
    from .oversight.predicate import its as its
    from .oversight.router import Oversight as Oversight
    from .oversight.table import policy_table as policy_table
    from .oversight.words import all_of as all_of
    from .oversight.words import ask as ask
    from .oversight.words import at as at
    from .oversight.words import below as below
    from .oversight.words import deny as deny
    from .oversight.words import failing as failing
    from .oversight.words import first_of as first_of
    from .oversight.words import retry as retry
    from .oversight.words import sample as sample
    from .oversight.words import when as when
    from .patterns.review import review as review
    from .runs.response import AsyncRunResponse as AsyncRunResponse
    from .runs.response import RunResponse as RunResponse
    from .teams.base import Team as Team
    from .teams.branches import Branch as Branch
    from .teams.concurrent import Concurrent as Concurrent
    from .teams.handoff import Handoff as Handoff
    from .teams.magentic import Magentic as Magentic
    from .teams.nested import Nested as Nested
    from .teams.round_robin import RoundRobin as RoundRobin
    from .teams.selector import Selector as Selector
    from .teams.sequential import Sequential as Sequential
    from .tools.context import ToolContext as ToolContext
    from .tools.mcp import MCPServer as MCPServer
    from .tools.secret import secret as secret
    from .tools.tool import Tool as Tool
    from .tools.tool import ToolSet as ToolSet
    from .tools.tool import tool as tool

__version__ = "0.1.0"

_HOMES: dict[str, str] = {
    "Action": ".action",
    "Agent": ".agent",
    "AgentNameTarget": ".handoffs.targets",
    "AgentTarget": ".handoffs.targets",
    "AllModelsFailed": ".errors",
    "Allow": ".oversight.atoms",
    "AskUserTarget": ".handoffs.targets",
    "AssistantAgent": ".agents.presets",
    "AsyncConsoleEventProcessor": ".observers.console",
    "AsyncRunResponse": ".runs.response",
    "AutoPattern": ".group.patterns",
    "Branch": ".teams.branches",
    "Cache": ".models.cache",
    "ChatResult": ".conversation.result",
    "Concurrent": ".teams.concurrent",
    "ConfigError": ".errors",
    "ConsoleEventProcessor": ".observers.console",
    "ContextExpression": ".handoffs.expression",
    "ContextStr": ".handoffs.conditions",
    "ContextStrLLMCondition": ".handoffs.conditions",
    "ContextVariables": ".agents.variables",
    "ConvagentError": ".errors",
    "ConversableAgent": ".agents.conversable",
    "Decision": ".human",
    "DefaultPattern": ".group.patterns",
    "Deny": ".oversight.atoms",
    "EndOfInput": ".errors",
    "ExpressionAvailableCondition": ".handoffs.conditions",
    "ExpressionContextCondition": ".handoffs.conditions",
    "FunctionTarget": ".handoffs.functions",
    "FunctionTargetResult": ".handoffs.functions",
    "GroupChat": ".agents.groupchat",
    "GroupChatConfig": ".handoffs.targets",
    "GroupChatManager": ".agents.manager",
    "GroupChatResult": ".group.running",
    "GroupChatTarget": ".handoffs.targets",
    "GroupManagerTarget": ".handoffs.targets",
    "Handoff": ".teams.handoff",
    "Handoffs": ".handoffs.handoffs",
    "Human": ".agents.human",
    "HumanReply": ".human",
    "HumanRequest": ".human",
    "IOConsole": ".iostream",
    "IOStream": ".iostream",
    "JournalError": ".errors",
    "LLMConfig": ".models.config",
    "LLMGuardrail": ".handoffs.guardrails",
    "LastMessages": ".conversation.windows",
    "LastTokens": ".conversation.windows",
    "Limit": ".conversation.limits",
    "ManualPattern": ".group.patterns",
    "MCPError": ".errors",
    "MCPServer": ".tools.mcp",
    "MaxCost": ".conversation.limit_kinds",
    "MaxMessages": ".conversation.limit_kinds",
    "MaxRounds": ".conversation.limit_kinds",
    "MaxTime": ".conversation.limit_kinds",
    "MaxTokens": ".conversation.limit_kinds",
    "MaxTurns": ".conversation.limit_kinds",
    "Magentic": ".teams.magentic",
    "Message": ".messages",
    "MessageError": ".errors",
    "MissingExtra": ".errors",
    "ModelClient": ".models.base",
    "ModelError": ".errors",
    "ModelReply": ".models.base",
    "ModelRequest": ".models.base",
    "Nested": ".teams.nested",
    "NestedChatTarget": ".handoffs.targets",
    "NobodyReachable": ".errors",
    "OnCondition": ".handoffs.conditions",
    "OnContextCondition": ".handoffs.conditions",
    "PolicyError": ".errors",
    "Oversight": ".oversight.router",
    "Policy": ".oversight.policy",
    "Printer": ".observers.printer",
    "RandomAgentTarget": ".handoffs.targets",
    "RandomPattern": ".group.patterns",
    "RegexGuardrail": ".handoffs.guardrails",
    "ReplyResult": ".handoffs.reply_result",
    "RevertToUserTarget": ".handoffs.targets",
    "RoundRobin": ".teams.round_robin",
    "RoundRobinPattern": ".group.patterns",
    "RuleModel": ".models.rules",
    "RunBlocked": ".errors",
    "RunCancelled": ".errors",
    "RunResponse": ".runs.response",
    "ScriptedModel": ".models.scripted",
    "Selector": ".teams.selector",
    "Sequential": ".teams.sequential",
    "SpeakerSelectionResult": ".handoffs.targets",
    "StayTarget": ".handoffs.targets",
    "StringAvailableCondition": ".handoffs.conditions",
    "StringContextCondition": ".handoffs.conditions",
    "StringLLMCondition": ".handoffs.conditions",
    "Team": ".teams.base",
    "TerminateTarget": ".handoffs.targets",
    "TextSaid": ".conversation.limit_kinds",
    "Tool": ".tools.tool",
    "ToolContext": ".tools.context",
    "ToolError": ".errors",
    "ToolSet": ".tools.tool",
    "Until": ".conversation.limit_kinds",
    "UpdateSystemMessage": ".agents.variables",
    "Usage": ".messages",
    "UsageError": ".errors",
    "UserProxyAgent": ".agents.presets",
    "Window": ".conversation.windows",
    "Without": ".conversation.windows",
    "a_initiate_chats": ".agents.queue",
    "a_initiate_group_chat": ".group.running",
    "a_run_group_chat": ".group.running",
    "a_run_group_chat_iter": ".group.running",
    "all_of": ".oversight.words",
    "allow": ".oversight.atoms",
    "approve": ".human",
    "arg": ".oversight.predicate",
    "ask": ".oversight.words",
    "ask_human": ".conversation.ask_human",
    "at": ".oversight.words",
    "below": ".oversight.words",
    "config_list_from_dotenv": ".models.config_env",
    "config_list_from_json": ".models.config_files",
    "config_list_from_models": ".models.config_env",
    "config_list_openai_aoai": ".models.config_env",
    "constant": ".oversight.backoff",
    "deny": ".oversight.words",
    "edit": ".human",
    "enqueue": ".agents.durable",
    "escalate": ".conversation.ask_human",
    "explain": ".oversight.explain",
    "exponential": ".oversight.backoff",
    "failing": ".oversight.words",
    "field": ".oversight.confidence",
    "fork": ".agents.forking",
    "filter_config": ".models.config_files",
    "first_of": ".oversight.words",
    "gather_usage_summary": ".agents.usage",
    "get_config_list": ".models.config_env",
    "initiate_chats": ".agents.queue",
    "initiate_group_chat": ".group.running",
    "its": ".oversight.predicate",
    "logprobs": ".oversight.confidence",
    "policy_table": ".oversight.table",
    "register_function": ".agents.tooling",
    "reject": ".human",
    "replay": ".audit.replaying",
    "respond": ".human",
    "resume": ".agents.durable",
    "retry": ".oversight.words",
    "review": ".patterns.review",
    "revise": ".human",
    "run_group_chat": ".group.running",
    "run_group_chat_iter": ".group.running",
    "sample": ".oversight.words",
    "stop": ".human",
    "secret": ".tools.secret",
    "tool": ".tools.tool",
    "try_again": ".human",
    "vote": ".oversight.confidence",
    "view_of": ".conversation.thread",
    "when": ".oversight.words",
}

__all__ = [*_HOMES, "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]


def _elsewhere(name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.util import find_spec

    if find_spec(f"{__name__}.{name}"):  # `convagent.events`, with no import of its own
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    from .compat import classic

    return classic(name, __name__)


__getattr__, __dir__ = on_first_use(__name__, _HOMES, _elsewhere)
