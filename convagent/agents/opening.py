"""The opening message of a chat: given, made by a function, or asked for; with what earlier chats carried over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from .._sync import call_user
from ..conversation.context import RunContext
from ..errors import EndOfInput, UsageError
from ..messages import Message, content_text

if TYPE_CHECKING:
    from .chat import Chat


async def opening_message(chat: Chat, run: RunContext) -> Message | str | None:
    """Return what the initiator of a chat says first; None: the input ended before that, and the chat ends, too."""
    sender = chat.sender
    message: Any = chat.message
    try:
        if callable(message):
            return await call_user(run.host, message, sender, chat.recipient, chat.context)
        own = sender.overrides.find(sender, "generate_init_message", run)
        if own is not None:
            return await run.call(own, message, **chat.context)
        if message is None:
            message = await sender.ask_person(run, ">", "opening", chat.recipient.name)
    except EOFError as end:
        if not isinstance(end, EndOfInput) and message is not None:
            raise
        run.terminate("End of input", sender.name, chat.recipient.name, how="stopped")
        return None
    return with_carryover(message, chat.context.get("carryover"))


def with_carryover(message: Any, carryover: Any) -> Any:
    """Return an opening message with what was carried over from earlier chats appended."""
    if not carryover:
        return message
    if isinstance(message, str):
        return message + carried(carryover)
    if isinstance(message, Mapping):
        found = dict(cast(Mapping[str, Any], message))
        content = found.get("content")
        if isinstance(content, str):
            found["content"] = content + carried(carryover)
        elif isinstance(content, list):
            found["content"] = [{"type": "text", "text": carried(carryover)}, *cast(list[Any], content)]
        return found
    raise UsageError(f"a carryover cannot be added to the message {message!r}; expected a string or a dict")


def carried(carryover: Any) -> str:
    """Return what was carried over, as it is appended to a message."""
    items = [carryover] if isinstance(carryover, str) else list(carryover)
    return "\nContext: \n" + "\n".join(_carried_item(item) for item in items)


def _carried_item(item: Any) -> str:
    if not isinstance(item, Mapping) or "content" not in item:
        return str(cast(object, item))
    content: object = cast(Mapping[str, Any], item)["content"]
    return content_text(content)
