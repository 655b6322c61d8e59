"""Mirror of `autogen.agentchat.groupchat`: its names say what to do until group chats come."""

from __future__ import annotations

from ..absent import no_more

__all__ = []

__getattr__ = no_more(__name__)
