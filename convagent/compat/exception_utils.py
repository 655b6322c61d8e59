"""Mirror of `autogen.exception_utils`: the classic names of our errors, for `except` clauses."""

from __future__ import annotations

from ..errors import AgentNameConflictError as AgentNameConflictError
from ..errors import ConfigError as InvalidCarryOverTypeError
from ..errors import ConfigError as SenderRequiredError
from ..errors import NoEligibleSpeakerError as NoEligibleSpeakerError
from ..errors import UndefinedNextAgentError as UndefinedNextAgentError
from .absent import no_more

__all__ = [
    "AgentNameConflictError",
    "InvalidCarryOverTypeError",
    "NoEligibleSpeakerError",
    "SenderRequiredError",
    "UndefinedNextAgentError",
]

__getattr__ = no_more(__name__)
