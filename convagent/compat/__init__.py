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
    from ..group.patterns import AutoPattern as AutoPattern
    from ..group.patterns import DefaultPattern as DefaultPattern
    from ..group.patterns import ManualPattern as ManualPattern
    from ..group.patterns import RandomPattern as RandomPattern
    from ..group.patterns import RoundRobinPattern as RoundRobinPattern
    from ..group.running import GroupChatResult as GroupChatResult
    from ..group.running import a_initiate_group_chat as a_initiate_group_chat
    from ..group.running import a_run_group_chat as a_run_group_chat
    from ..group.running import a_run_group_chat_iter as a_run_group_chat_iter
    from ..group.running import initiate_group_chat as initiate_group_chat
    from ..group.running import run_group_chat as run_group_chat
    from ..group.running import run_group_chat_iter as run_group_chat_iter
    from ..handoffs.conditions import ContextStr as ContextStr
    from ..handoffs.conditions import ContextStrLLMCondition as ContextStrLLMCondition
    from ..handoffs.conditions import ExpressionAvailableCondition as ExpressionAvailableCondition
    from ..handoffs.conditions import ExpressionContextCondition as ExpressionContextCondition
    from ..handoffs.conditions import OnCondition as OnCondition
    from ..handoffs.conditions import OnContextCondition as OnContextCondition
    from ..handoffs.conditions import StringAvailableCondition as StringAvailableCondition
    from ..handoffs.conditions import StringContextCondition as StringContextCondition
    from ..handoffs.conditions import StringLLMCondition as StringLLMCondition
    from ..handoffs.expression import ContextExpression as ContextExpression
    from ..handoffs.functions import FunctionTarget as FunctionTarget
    from ..handoffs.functions import FunctionTargetResult as FunctionTargetResult
    from ..handoffs.guardrails import LLMGuardrail as LLMGuardrail
    from ..handoffs.guardrails import RegexGuardrail as RegexGuardrail
    from ..handoffs.handoffs import Handoffs as Handoffs
    from ..handoffs.reply_result import ReplyResult as ReplyResult
    from ..handoffs.targets import AgentNameTarget as AgentNameTarget
    from ..handoffs.targets import AgentTarget as AgentTarget
    from ..handoffs.targets import AskUserTarget as AskUserTarget
    from ..handoffs.targets import GroupChatConfig as GroupChatConfig
    from ..handoffs.targets import GroupChatTarget as GroupChatTarget
    from ..handoffs.targets import GroupManagerTarget as GroupManagerTarget
    from ..handoffs.targets import NestedChatTarget as NestedChatTarget
    from ..handoffs.targets import RandomAgentTarget as RandomAgentTarget
    from ..handoffs.targets import RevertToUserTarget as RevertToUserTarget
    from ..handoffs.targets import SpeakerSelectionResult as SpeakerSelectionResult
    from ..handoffs.targets import StayTarget as StayTarget
    from ..handoffs.targets import TerminateTarget as TerminateTarget
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
    "AgentNameTarget": "..handoffs.targets",
    "AgentTarget": "..handoffs.targets",
    "AskUserTarget": "..handoffs.targets",
    "AssistantAgent": "..agents.presets",
    "AutoPattern": "..group.patterns",
    "Cache": "..models.cache",
    "ChatResult": "..conversation.result",
    "ContextExpression": "..handoffs.expression",
    "ContextStr": "..handoffs.conditions",
    "ContextStrLLMCondition": "..handoffs.conditions",
    "ContextVariables": "..agents.variables",
    "ConversableAgent": "..agents.conversable",
    "DIFFERENCES": ".differences",
    "DefaultPattern": "..group.patterns",
    "Difference": ".differences",
    "ExpressionAvailableCondition": "..handoffs.conditions",
    "ExpressionContextCondition": "..handoffs.conditions",
    "FunctionTarget": "..handoffs.functions",
    "FunctionTargetResult": "..handoffs.functions",
    "GroupChat": "..agents.groupchat",
    "GroupChatConfig": "..handoffs.targets",
    "GroupChatManager": "..agents.manager",
    "GroupChatResult": "..group.running",
    "GroupChatTarget": "..handoffs.targets",
    "GroupManagerTarget": "..handoffs.targets",
    "Handoffs": "..handoffs.handoffs",
    "InvalidCarryOverTypeError": ".exception_utils",
    "LLMConfig": "..models.config",
    "LLMGuardrail": "..handoffs.guardrails",
    "ManualPattern": "..group.patterns",
    "ModelClient": ".model_client",
    "NestedChatTarget": "..handoffs.targets",
    "NoEligibleSpeakerError": "..errors",
    "OnCondition": "..handoffs.conditions",
    "OnContextCondition": "..handoffs.conditions",
    "RandomAgentTarget": "..handoffs.targets",
    "RandomPattern": "..group.patterns",
    "RegexGuardrail": "..handoffs.guardrails",
    "ReplyResult": "..handoffs.reply_result",
    "RevertToUserTarget": "..handoffs.targets",
    "RoundRobinPattern": "..group.patterns",
    "SelectionContext": "..patterns.eligibility",
    "SenderRequiredError": ".exception_utils",
    "SpeakerSelectionResult": "..handoffs.targets",
    "StayTarget": "..handoffs.targets",
    "StringAvailableCondition": "..handoffs.conditions",
    "StringContextCondition": "..handoffs.conditions",
    "StringLLMCondition": "..handoffs.conditions",
    "TerminateTarget": "..handoffs.targets",
    "UndefinedNextAgentError": "..errors",
    "UpdateSystemMessage": "..agents.variables",
    "UserProxyAgent": "..agents.presets",
    "a_initiate_chats": "..agents.queue",
    "a_initiate_group_chat": "..group.running",
    "a_run_group_chat": "..group.running",
    "a_run_group_chat_iter": "..group.running",
    "config_list_from_dotenv": "..models.config_env",
    "config_list_from_json": "..models.config_files",
    "config_list_from_models": "..models.config_env",
    "config_list_openai_aoai": "..models.config_env",
    "filter_config": "..models.config_files",
    "gather_usage_summary": "..agents.usage",
    "get_config_list": "..models.config_env",
    "initiate_chats": "..agents.queue",
    "initiate_group_chat": "..group.running",
    "register_function": "..agents.tooling",
    "run_group_chat": "..group.running",
    "run_group_chat_iter": "..group.running",
}
_MODULES = frozenset((
    "agentchat", "cache", "code_utils", "coding", "events", "exception_utils", "function_utils", "graph_utils", "io",
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
