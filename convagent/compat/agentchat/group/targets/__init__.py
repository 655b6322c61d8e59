"""Mirror of `autogen.agentchat.group.targets`."""

from __future__ import annotations

from ....absent import no_more

__all__ = []

__getattr__ = no_more(__name__)
