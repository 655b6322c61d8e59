"""Mirror of `autogen.agentchat.assistant_agent`."""

from __future__ import annotations

from ...agents.presets import AssistantAgent as AssistantAgent
from ..absent import no_more

__all__ = [
    "AssistantAgent",
]

__getattr__ = no_more(__name__)
