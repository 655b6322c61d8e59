"""The classic's modules and names, for scripts written for `autogen`, and what differs on purpose.

`convagent.compat` mirrors `autogen` path by path, in thin re-exports: where a script says
``from autogen.agentchat.conversable_agent import ConversableAgent``, put `convagent.compat` in
the place of `autogen`. Flat names need less: ``import convagent as autogen``.

`DIFFERENCES` is the one table of what deliberately behaves otherwise; `docs/migrating.md` shows it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .absent import NotAvailable as NotAvailable
from .absent import absent

if TYPE_CHECKING:
    from ..agent import Agent as Agent
    from ..agents.conversable import ConversableAgent as ConversableAgent
    from ..agents.groupchat import GroupChat as GroupChat
    from ..agents.manager import GroupChatManager as GroupChatManager
    from ..agents.presets import AssistantAgent as AssistantAgent
    from ..agents.presets import UserProxyAgent as UserProxyAgent
    from ..agents.queue import a_initiate_chats as a_initiate_chats
    from ..agents.queue import initiate_chats as initiate_chats
    from ..agents.tooling import register_function as register_function
    from ..agents.usage import gather_usage_summary as gather_usage_summary
    from ..agents.variables import ContextVariables as ContextVariables
    from ..agents.variables import UpdateSystemMessage as UpdateSystemMessage
    from ..conversation.result import ChatResult as ChatResult
    from ..errors import AgentNameConflictError as AgentNameConflictError
    from ..errors import NoEligibleSpeakerError as NoEligibleSpeakerError
    from ..errors import UndefinedNextAgentError as UndefinedNextAgentError
    from ..models.cache import Cache as Cache
    from ..models.config import LLMConfig as LLMConfig
    from ..models.config_env import config_list_from_dotenv as config_list_from_dotenv
    from ..models.config_env import config_list_from_models as config_list_from_models
    from ..models.config_env import config_list_openai_aoai as config_list_openai_aoai
    from ..models.config_env import get_config_list as get_config_list
    from ..models.config_files import config_list_from_json as config_list_from_json
    from ..models.config_files import filter_config as filter_config
    from ..patterns.eligibility import AgentDescriptionGuard as AgentDescriptionGuard
    from ..patterns.eligibility import AgentEligibilityPolicy as AgentEligibilityPolicy
    from ..patterns.eligibility import SelectionContext as SelectionContext
    from .differences import DIFFERENCES as DIFFERENCES
    from .differences import Difference as Difference
    from .exception_utils import InvalidCarryOverTypeError as InvalidCarryOverTypeError
    from .exception_utils import SenderRequiredError as SenderRequiredError
    from .model_client import ModelClient as ModelClient

_HOMES = {
    "Agent": "..agent",
    "AgentDescriptionGuard": "..patterns.eligibility",
    "AgentEligibilityPolicy": "..patterns.eligibility",
    "AgentNameConflictError": "..errors",
    "AssistantAgent": "..agents.presets",
    "Cache": "..models.cache",
    "ChatResult": "..conversation.result",
    "ContextVariables": "..agents.variables",
    "ConversableAgent": "..agents.conversable",
    "DIFFERENCES": ".differences",
    "Difference": ".differences",
    "GroupChat": "..agents.groupchat",
    "GroupChatManager": "..agents.manager",
    "InvalidCarryOverTypeError": ".exception_utils",
    "LLMConfig": "..models.config",
    "ModelClient": ".model_client",
    "NoEligibleSpeakerError": "..errors",
    "SelectionContext": "..patterns.eligibility",
    "SenderRequiredError": ".exception_utils",
    "UndefinedNextAgentError": "..errors",
    "UpdateSystemMessage": "..agents.variables",
    "UserProxyAgent": "..agents.presets",
    "a_initiate_chats": "..agents.queue",
    "config_list_from_dotenv": "..models.config_env",
    "config_list_from_json": "..models.config_files",
    "config_list_from_models": "..models.config_env",
    "config_list_openai_aoai": "..models.config_env",
    "filter_config": "..models.config_files",
    "gather_usage_summary": "..agents.usage",
    "get_config_list": "..models.config_env",
    "initiate_chats": "..agents.queue",
    "register_function": "..agents.tooling",
}
_MODULES = frozenset((
    "agentchat", "cache", "code_utils", "events", "exception_utils", "function_utils", "graph_utils", "io",
    "llm_config", "oai", "tools", "types",
))  # fmt: skip
"""Mirrored modules; imported when `autogen.oai` and the like is read as an attribute."""

__all__ = [*_HOMES, "NotAvailable"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    return classic(name, __name__)


def classic(name: str, module: str) -> Any:
    """Return what a classic name is here, for a module that was asked for it.

    Raises:
        NotAvailable: the classic has this name and convagent does not; the text says what to do instead.
        AttributeError: neither has it.
    """
    from importlib import import_module

    if name in _MODULES:
        return import_module(f".{name}", __name__)
    home = _HOMES.get(name)
    if home is None:
        raise absent(name, module, dir(sys.modules[module]))
    return getattr(import_module(home, __name__), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES})
