"""Mirror of `autogen.exception_utils`: the classic names of our errors, for `except` clauses.

AutoGen 0.2 called them without `Error`.
"""

from __future__ import annotations

from ..errors import AgentNameConflictError as AgentNameConflict
from ..errors import AgentNameConflictError as AgentNameConflictError
from ..errors import ConfigError as InvalidCarryOverType
from ..errors import ConfigError as InvalidCarryOverTypeError
from ..errors import ConfigError as SenderRequired
from ..errors import ConfigError as SenderRequiredError
from ..errors import NoEligibleSpeakerError as NoEligibleSpeaker
from ..errors import NoEligibleSpeakerError as NoEligibleSpeakerError
from ..errors import UndefinedNextAgentError as UndefinedNextAgent
from ..errors import UndefinedNextAgentError as UndefinedNextAgentError
from .absent import no_more

__all__ = [
    "AgentNameConflict",
    "AgentNameConflictError",
    "InvalidCarryOverType",
    "InvalidCarryOverTypeError",
    "NoEligibleSpeaker",
    "NoEligibleSpeakerError",
    "SenderRequired",
    "SenderRequiredError",
    "UndefinedNextAgent",
    "UndefinedNextAgentError",
]

__getattr__ = no_more(__name__)
