"""Mirror of `autogen.agentchat.group`: its other names say what to do until group chats come."""

from __future__ import annotations

from ....agents.variables import ContextVariables as ContextVariables
from ...absent import no_more

__all__ = [
    "ContextVariables",
]

__getattr__ = no_more(__name__)
