"""Mirror of `autogen.agentchat.group.context_variables`."""

from __future__ import annotations

from ....agents.variables import ContextVariables as ContextVariables
from ...absent import no_more

__all__ = [
    "ContextVariables",
]

__getattr__ = no_more(__name__)
