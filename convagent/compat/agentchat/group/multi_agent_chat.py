"""Mirror of `autogen.agentchat.group.multi_agent_chat`."""

from __future__ import annotations

from ....group.running import a_initiate_group_chat as a_initiate_group_chat
from ....group.running import a_run_group_chat as a_run_group_chat
from ....group.running import a_run_group_chat_iter as a_run_group_chat_iter
from ....group.running import initiate_group_chat as initiate_group_chat
from ....group.running import run_group_chat as run_group_chat
from ....group.running import run_group_chat_iter as run_group_chat_iter
from ...absent import no_more

__all__ = [
    "a_initiate_group_chat",
    "a_run_group_chat",
    "a_run_group_chat_iter",
    "initiate_group_chat",
    "run_group_chat",
    "run_group_chat_iter",
]

__getattr__ = no_more(__name__)
