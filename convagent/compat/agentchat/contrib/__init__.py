"""Mirror of `autogen.agentchat.contrib`: of it, the capabilities that fit messages into a context."""

from __future__ import annotations

from ...absent import no_more

__getattr__ = no_more(__name__)
