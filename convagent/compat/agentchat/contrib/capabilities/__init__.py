"""Mirror of `autogen.agentchat.contrib.capabilities`."""

from __future__ import annotations

from ....absent import no_more

__getattr__ = no_more(__name__)
