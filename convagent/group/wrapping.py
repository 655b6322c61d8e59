"""Agents that stand for conversations inside: a queue of chats, or another group."""

from __future__ import annotations

from typing import Any

from ..agents.chat import Chat, hold
from ..agents.conversable import ConversableAgent
from ..errors import ConfigError
from ..handoffs.targets import GroupChatConfig, GroupChatTarget, NestedChatTarget, TransitionTarget


def stand_in(target: TransitionTarget, agent: ConversableAgent, number: int) -> ConversableAgent:
    """Return an agent that stands for a target in the group, the nth of its kind of an agent.

    Raises:
        ConfigError: it is a target of the user's own, which makes its agent itself.
    """
    match target:
        case NestedChatTarget():
            return _nested(target, f"wrapped_nested_{agent.name}_{number}")
        case GroupChatTarget():
            return _group(target.group_chat_config, f"wrapped_group_{agent.name}_{number}")
        case _:
            raise ConfigError(f"{type(target).__name__} needs an agent that stands for it; hand over to that agent")


def _nested(target: NestedChatTarget, name: str) -> ConversableAgent:
    given = target.nested_chat_config
    made = ConversableAgent(name, llm_config=False, human_input_mode="NEVER")
    made.register_nested_chats(
        list(given["chat_queue"]),
        trigger=_anybody,
        reply_func_from_nested_chats=given.get("reply_func_from_nested_chats") or "summary_from_nested_chats",
        position=0,
        use_async=bool(given.get("use_async")),
        config=given.get("config"),
    )
    return made


def _anybody(sender: Any) -> bool:
    return True


def _group(given: GroupChatConfig, name: str) -> ConversableAgent:
    made = ConversableAgent(name, llm_config=False, human_input_mode="NEVER")

    async def group_reply(
        recipient: ConversableAgent, messages: list[dict[str, Any]], sender: Any = None, config: Any = None
    ) -> tuple[bool, str]:
        task = (messages[-1].get("content") if messages else "") or given.messages
        pattern = given.pattern
        chat = Chat(
            pattern.user_agent or pattern.manager.opener, pattern.manager, task, max_turns=given.max_rounds,
            summary_method=pattern.summary_method,
        )  # fmt: skip
        return True, (await hold(chat)).summary

    made.register_reply([ConversableAgent, None], group_reply, remove_other_reply_funcs=True)
    return made
