"""Mirror of `autogen.agentchat.group.reply_result`."""

from __future__ import annotations

from ....handoffs.reply_result import ReplyResult as ReplyResult
from ...absent import no_more

__all__ = [
    "ReplyResult",
]

__getattr__ = no_more(__name__)
