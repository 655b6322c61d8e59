"""Nested chats: a queue of chats held inside one turn, whose outcome is the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from .._sync import call_user, current_host
from ..conversation.context import RunContext, current_run
from ..errors import ConfigError
from ..messages import Message, content_text
from .queue import hold_in_order, hold_side_by_side
from .summary import reflect

if TYPE_CHECKING:
    from .conversable import ConversableAgent


def nested_reply(
    chat_queue: list[dict[str, Any]], reply: str | Callable[..., Any], side_by_side: bool
) -> Callable[..., Any]:
    """Return a reply function that holds the chats of a queue."""
    if isinstance(reply, str) and reply != "summary_from_nested_chats":
        raise ConfigError(
            f"reply_func_from_nested_chats={reply!r} is not 'summary_from_nested_chats'; "
            "pass that, or a function of (chat_queue, recipient, messages, sender, config)"
        )
    if side_by_side and any(chat.get("chat_id") is None for chat in chat_queue):
        raise ConfigError("chat_id is required in every chat of nested chats that run side by side")

    async def reply_from_nested_chats(
        recipient: ConversableAgent, messages: list[Message], sender: Any = None, config: Any = None
    ) -> tuple[bool, Any]:
        if not isinstance(reply, str):
            return await call_user(current_host.get(), reply, chat_queue, recipient, messages, sender, config)
        chats = await chats_to_hold(chat_queue, recipient, messages, sender, config)
        if not chats:
            return True, None
        if side_by_side:
            results = await hold_side_by_side(chats)
            return True, results[chats[-1]["chat_id"]].summary
        return True, (await hold_in_order(chats))[-1].summary

    return reply_from_nested_chats


async def chats_to_hold(
    queue: list[dict[str, Any]], recipient: ConversableAgent, messages: list[Message], sender: Any, config: Any
) -> list[dict[str, Any]]:
    """Return the chats of a queue that have something to say, with senders and messages filled in."""
    chats: list[dict[str, Any]] = []
    for i, given in enumerate(queue):
        chat = {**given, "sender": given.get("sender") or recipient}
        message: Any = chat.get("message")
        if i == 0 and "carryover_config" in chat:
            message = await _carried_from_outside(chat, recipient, messages, sender, config)
        elif message is None and i == 0:
            message = messages[-1].get("content")
        if callable(message):
            message = await call_user(current_host.get(), message, recipient, messages, sender, config)
        if message:
            chat.pop("carryover_config", None)
            chats.append({**chat, "message": message})
    return chats


async def _carried_from_outside(
    chat: Mapping[str, Any], recipient: ConversableAgent, messages: list[Message], sender: Any, config: Any
) -> str:
    """Return the first message with the outer conversation, as its `carryover_config` asks for it."""
    settings = cast(Mapping[str, Any], chat["carryover_config"])
    method: Any = settings.get("summary_method")
    if method is None:
        raise ConfigError(
            "carryover_config has no 'summary_method'; expected all, last_msg, reflection_with_llm or a function"
        )
    message: Any = chat.get("message")
    if callable(message):
        message = await call_user(current_host.get(), message, recipient, messages, sender, config)
    before = messages[:-2] or messages[:-1] or messages
    if method == "all":
        text = "\n".join(content_text(m.get("content")) for m in before if m.get("content") is not None)
    elif method == "last_msg":
        text = content_text(before[-1].get("content"))
    elif method == "reflection_with_llm":
        run = cast(RunContext, current_run.get())
        text = await reflect(run, chat["recipient"], before, settings.get("summary_args") or {})
    elif callable(method):
        host = current_host.get()
        text = str(await call_user(host, method, recipient, before, settings.get("summary_args") or {}))
    else:
        raise ConfigError(
            f"carryover_config summary_method={method!r} is not one of all, last_msg, reflection_with_llm"
        )
    return (f"{message}\n" if message else "") + f"Context:\n{text}"
