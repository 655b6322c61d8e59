"""How a chat is summed up."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from .._sync import call_user
from ..conversation.context import RunContext
from ..conversation.thread import to_wire
from ..conversation.turn import ask_model
from ..errors import ConfigError, ConvagentError, one_of
from ..messages import Message, content_text
from ..models.base import ModelReply, ModelRequest
from .builtin import by_cache

if TYPE_CHECKING:
    from .conversable import ConversableAgent

METHODS = ("last_msg", "reflection_with_llm")


def check_summary(method: object, args: object) -> None:
    """Raise `ConfigError` for a summary method or arguments that cannot work."""
    if isinstance(method, str) and method not in METHODS:
        raise one_of("summary_method", method, METHODS)
    if method is not None and not isinstance(method, str) and not callable(method):
        raise ConfigError(
            f"summary_method={method!r} is a {type(method).__name__}; expected one of {', '.join(METHODS)}, "
            "a function of (sender, recipient, summary_args), or None"
        )
    if args is not None and not isinstance(args, Mapping):
        raise ConfigError(f"summary_args={args!r} is a {type(args).__name__}; expected a dict")
    for key in ("summary_prompt", "summary_role"):
        value = cast(Mapping[str, Any], args or {}).get(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"summary_args[{key!r}]={value!r} is a {type(value).__name__}; expected a string")


async def summarize(
    run: RunContext,
    sender: ConversableAgent,
    recipient: ConversableAgent,
    method: str | Callable[..., Any] | None,
    args: Mapping[str, Any],
) -> str:
    """Sum up a chat that has ended."""
    if method is None:
        return ""
    if method == "last_msg":
        return last_message_text(recipient.chat_messages.latest(sender))
    if method == "reflection_with_llm":
        asked = recipient if recipient.client is not None else sender
        return await reflect(run, asked, recipient.chat_messages_for_summary(sender), args)
    return as_text(await call_user(run.host, cast(Callable[..., Any], method), sender, recipient, {**args}))


def last_message_text(messages: list[Message]) -> str:
    """Return the text of the last message, without the word TERMINATE."""
    if not messages:
        return ""
    content = messages[-1].get("content")
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        return "\n".join(str(p["text"]).replace("TERMINATE", "") for p in parts if "text" in p)
    return as_text(content).replace("TERMINATE", "")


async def reflect(run: RunContext, asked: ConversableAgent, messages: list[Message], args: Mapping[str, Any]) -> str:
    """Let an agent's model sum up messages; empty, with a warning, where that fails."""
    prompt = args.get("summary_prompt") or asked.DEFAULT_SUMMARY_PROMPT
    question = cast(Message, {"role": args.get("summary_role") or "system", "content": prompt})
    client = asked.client
    try:
        if client is None:
            raise ConfigError(f"agent {asked.name!r} has no model; give it an llm_config")
        wire = [*to_wire(messages), question]

        async def make(turn: int) -> ModelRequest:
            return ModelRequest(messages=wire, agent=asked.name, turn=turn)

        model = by_cache(run, client)
        reply = cast(ModelReply, await ask_model(run, model, make, agent=asked.name, to="", silent=True))
    except ConvagentError as error:
        # The chat itself went well: a missing summary must not lose it.
        warnings.warn(
            f"Cannot extract summary using reflection_with_llm: {error}. Using an empty str as summary.",
            UserWarning,
            stacklevel=2,
        )
        return ""
    asked.usage.add(reply)
    return as_text(reply.message.get("content"))


def as_text(value: Any) -> str:
    """Return a summary as text: the content of a message, the text of parts, else its string."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return as_text(cast(Mapping[str, Any], value).get("content"))
    if isinstance(value, list):
        return content_text(cast(list[Any], value))
    return str(value)
