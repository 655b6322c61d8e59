"""Mirror of `autogen.agentchat.user_proxy_agent`."""

from __future__ import annotations

from ...agents.presets import UserProxyAgent as UserProxyAgent
from ..absent import no_more

__all__ = [
    "UserProxyAgent",
]

__getattr__ = no_more(__name__)
