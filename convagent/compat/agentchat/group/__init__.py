"""Mirror of `autogen.agentchat.group`."""

from __future__ import annotations

from ....agents.variables import ContextVariables as ContextVariables
from ....handoffs.conditions import ContextStr as ContextStr
from ....handoffs.conditions import ContextStrLLMCondition as ContextStrLLMCondition
from ....handoffs.conditions import ExpressionAvailableCondition as ExpressionAvailableCondition
from ....handoffs.conditions import ExpressionContextCondition as ExpressionContextCondition
from ....handoffs.conditions import OnCondition as OnCondition
from ....handoffs.conditions import OnContextCondition as OnContextCondition
from ....handoffs.conditions import StringAvailableCondition as StringAvailableCondition
from ....handoffs.conditions import StringContextCondition as StringContextCondition
from ....handoffs.conditions import StringLLMCondition as StringLLMCondition
from ....handoffs.expression import ContextExpression as ContextExpression
from ....handoffs.functions import FunctionTarget as FunctionTarget
from ....handoffs.functions import FunctionTargetResult as FunctionTargetResult
from ....handoffs.handoffs import Handoffs as Handoffs
from ....handoffs.reply_result import ReplyResult as ReplyResult
from ....handoffs.targets import AgentNameTarget as AgentNameTarget
from ....handoffs.targets import AgentTarget as AgentTarget
from ....handoffs.targets import AskUserTarget as AskUserTarget
from ....handoffs.targets import GroupChatConfig as GroupChatConfig
from ....handoffs.targets import GroupChatTarget as GroupChatTarget
from ....handoffs.targets import NestedChatTarget as NestedChatTarget
from ....handoffs.targets import RevertToUserTarget as RevertToUserTarget
from ....handoffs.targets import SpeakerSelectionResult as SpeakerSelectionResult
from ....handoffs.targets import StayTarget as StayTarget
from ....handoffs.targets import TerminateTarget as TerminateTarget
from ...absent import no_more

__all__ = [
    "AgentNameTarget",
    "AgentTarget",
    "AskUserTarget",
    "ContextExpression",
    "ContextStr",
    "ContextStrLLMCondition",
    "ContextVariables",
    "ExpressionAvailableCondition",
    "ExpressionContextCondition",
    "FunctionTarget",
    "FunctionTargetResult",
    "GroupChatConfig",
    "GroupChatTarget",
    "Handoffs",
    "NestedChatTarget",
    "OnCondition",
    "OnContextCondition",
    "ReplyResult",
    "RevertToUserTarget",
    "SpeakerSelectionResult",
    "StayTarget",
    "StringAvailableCondition",
    "StringContextCondition",
    "StringLLMCondition",
    "TerminateTarget",
]

__getattr__ = no_more(__name__)
