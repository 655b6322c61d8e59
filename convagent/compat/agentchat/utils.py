"""Mirror of `autogen.agentchat.utils`."""

from __future__ import annotations

from ...agents.usage import gather_usage_summary as gather_usage_summary
from ..absent import no_more

__all__ = [
    "gather_usage_summary",
]

__getattr__ = no_more(__name__)
