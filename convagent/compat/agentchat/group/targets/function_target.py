"""Mirror of `autogen.agentchat.group.targets.function_target`."""

from __future__ import annotations

from .....handoffs.functions import FunctionTarget as FunctionTarget
from .....handoffs.functions import FunctionTargetMessage as FunctionTargetMessage
from .....handoffs.functions import FunctionTargetResult as FunctionTargetResult
from ....absent import no_more

__all__ = [
    "FunctionTarget",
    "FunctionTargetMessage",
    "FunctionTargetResult",
]

__getattr__ = no_more(__name__)
