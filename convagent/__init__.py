"""Conversations between agents, models and people.

    from convagent import ConversableAgent, LLMConfig

Names are imported on first use (PEP 562), so that `import convagent` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .action import Action as Action
    from .action import Allow as Allow
    from .action import Deny as Deny
    from .agent import Agent as Agent
    from .agents.conversable import ConversableAgent as ConversableAgent
    from .agents.presets import AssistantAgent as AssistantAgent
    from .agents.presets import UserProxyAgent as UserProxyAgent
    from .agents.queue import a_initiate_chats as a_initiate_chats
    from .agents.queue import initiate_chats as initiate_chats
    from .agents.tooling import register_function as register_function
    from .agents.usage import gather_usage_summary as gather_usage_summary
    from .agents.variables import ContextVariables as ContextVariables
    from .agents.variables import UpdateSystemMessage as UpdateSystemMessage
    from .conversation.result import ChatResult as ChatResult
    from .errors import AllModelsFailed as AllModelsFailed
    from .errors import ConfigError as ConfigError
    from .errors import ConvagentError as ConvagentError
    from .errors import EndOfInput as EndOfInput
    from .errors import MessageError as MessageError
    from .errors import MissingExtra as MissingExtra
    from .errors import ModelError as ModelError
    from .errors import RunCancelled as RunCancelled
    from .errors import ToolError as ToolError
    from .errors import UsageError as UsageError
    from .human import HumanReply as HumanReply
    from .human import HumanRequest as HumanRequest
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
    from .runs.response import AsyncRunResponse as AsyncRunResponse
    from .runs.response import RunResponse as RunResponse
    from .tools.context import ToolContext as ToolContext
    from .tools.tool import Tool as Tool
    from .tools.tool import ToolSet as ToolSet
    from .tools.tool import tool as tool

__version__ = "0.1.0"

_HOMES: dict[str, str] = {
    "Action": "action",
    "Agent": "agent",
    "AllModelsFailed": "errors",
    "Allow": "action",
    "AssistantAgent": "agents.presets",
    "AsyncConsoleEventProcessor": "observers.console",
    "AsyncRunResponse": "runs.response",
    "Cache": "models.cache",
    "ChatResult": "conversation.result",
    "ConfigError": "errors",
    "ConsoleEventProcessor": "observers.console",
    "ContextVariables": "agents.variables",
    "ConvagentError": "errors",
    "ConversableAgent": "agents.conversable",
    "Deny": "action",
    "EndOfInput": "errors",
    "HumanReply": "human",
    "HumanRequest": "human",
    "IOConsole": "iostream",
    "IOStream": "iostream",
    "LLMConfig": "models.config",
    "Message": "messages",
    "MessageError": "errors",
    "MissingExtra": "errors",
    "ModelClient": "models.base",
    "ModelError": "errors",
    "ModelReply": "models.base",
    "ModelRequest": "models.base",
    "Printer": "observers.printer",
    "RuleModel": "models.rules",
    "RunCancelled": "errors",
    "RunResponse": "runs.response",
    "ScriptedModel": "models.scripted",
    "Tool": "tools.tool",
    "ToolContext": "tools.context",
    "ToolError": "errors",
    "ToolSet": "tools.tool",
    "UpdateSystemMessage": "agents.variables",
    "Usage": "messages",
    "UsageError": "errors",
    "UserProxyAgent": "agents.presets",
    "a_initiate_chats": "agents.queue",
    "config_list_from_dotenv": "models.config_env",
    "config_list_from_json": "models.config_files",
    "config_list_from_models": "models.config_env",
    "config_list_openai_aoai": "models.config_env",
    "filter_config": "models.config_files",
    "get_config_list": "models.config_env",
    "gather_usage_summary": "agents.usage",
    "initiate_chats": "agents.queue",
    "register_function": "agents.tooling",
    "tool": "tools.tool",
}

__all__ = [*_HOMES, "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    home = _HOMES.get(name)
    if home is not None:
        value = getattr(import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value
    if not name.startswith("_"):
        from importlib.util import find_spec

        if find_spec(f"{__name__}.{name}"):  # `convagent.events`, with no import of its own
            return import_module(f"{__name__}.{name}")
        from .compat import classic

        return classic(name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
