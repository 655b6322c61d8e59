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
    from .conversation.result import ChatResult as ChatResult
    from .errors import AllModelsFailed as AllModelsFailed
    from .errors import ConfigError as ConfigError
    from .errors import ConvagentError as ConvagentError
    from .errors import EndOfInput as EndOfInput
    from .errors import JournalError as JournalError
    from .errors import MessageError as MessageError
    from .errors import MissingExtra as MissingExtra
    from .errors import ModelError as ModelError
    from .errors import NobodyReachable as NobodyReachable
    from .errors import PolicyError as PolicyError
    from .errors import RunBlocked as RunBlocked
    from .errors import RunCancelled as RunCancelled
    from .errors import ToolError as ToolError
    from .errors import UsageError as UsageError
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
    from .teams.sequential import Sequential as Sequential
    from .tools.context import ToolContext as ToolContext
    from .tools.secret import secret as secret
    from .tools.tool import Tool as Tool
    from .tools.tool import ToolSet as ToolSet
    from .tools.tool import tool as tool

__version__ = "0.1.0"

_HOMES: dict[str, str] = {
    "Action": ".action",
    "Agent": ".agent",
    "AllModelsFailed": ".errors",
    "Allow": ".oversight.atoms",
    "AssistantAgent": ".agents.presets",
    "AsyncConsoleEventProcessor": ".observers.console",
    "AsyncRunResponse": ".runs.response",
    "Cache": ".models.cache",
    "ChatResult": ".conversation.result",
    "ConfigError": ".errors",
    "ConsoleEventProcessor": ".observers.console",
    "ContextVariables": ".agents.variables",
    "ConvagentError": ".errors",
    "ConversableAgent": ".agents.conversable",
    "Decision": ".human",
    "Deny": ".oversight.atoms",
    "EndOfInput": ".errors",
    "GroupChat": ".agents.groupchat",
    "GroupChatManager": ".agents.manager",
    "HumanReply": ".human",
    "HumanRequest": ".human",
    "IOConsole": ".iostream",
    "IOStream": ".iostream",
    "JournalError": ".errors",
    "LLMConfig": ".models.config",
    "Message": ".messages",
    "MessageError": ".errors",
    "MissingExtra": ".errors",
    "ModelClient": ".models.base",
    "ModelError": ".errors",
    "ModelReply": ".models.base",
    "ModelRequest": ".models.base",
    "NobodyReachable": ".errors",
    "PolicyError": ".errors",
    "Oversight": ".oversight.router",
    "Policy": ".oversight.policy",
    "Printer": ".observers.printer",
    "RuleModel": ".models.rules",
    "RunBlocked": ".errors",
    "RunCancelled": ".errors",
    "RunResponse": ".runs.response",
    "ScriptedModel": ".models.scripted",
    "Sequential": ".teams.sequential",
    "Team": ".teams.base",
    "Tool": ".tools.tool",
    "ToolContext": ".tools.context",
    "ToolError": ".errors",
    "ToolSet": ".tools.tool",
    "UpdateSystemMessage": ".agents.variables",
    "Usage": ".messages",
    "UsageError": ".errors",
    "UserProxyAgent": ".agents.presets",
    "a_initiate_chats": ".agents.queue",
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
    "sample": ".oversight.words",
    "stop": ".human",
    "secret": ".tools.secret",
    "tool": ".tools.tool",
    "try_again": ".human",
    "vote": ".oversight.confidence",
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
