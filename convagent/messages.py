"""Messages in the shape of the chat-completions interface, and how many tokens they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, cast

from .errors import MessageError

Role = Literal["system", "user", "assistant", "tool", "function"]
Content = str | list[dict[str, Any]] | Callable[[Mapping[str, Any]], str] | None


class FunctionCall(TypedDict, total=False):
    """What a model wants to call: a name and the arguments as JSON text."""

    name: str
    arguments: str


class ToolCall(TypedDict, total=False):
    """One tool call of a reply. Servers omit or repeat ids; an empty id is legal."""

    id: str
    type: str
    function: FunctionCall


class Message(TypedDict, total=False):
    """One message. Every key is optional; a valid message has content, a call or results."""

    role: str
    content: Content
    name: str
    tool_calls: list[ToolCall]
    tool_call_id: str
    tool_responses: list[Message]
    function_call: FunctionCall
    context: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and cost of one or more model calls."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    """US dollars; 0.0 where the price is unknown."""

    @property
    def total_tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cost + other.cost,
        )


def user(content: str, **more: Any) -> Message:
    """Make a message of role user."""
    return cast(Message, {"role": "user", "content": content, **more})


def assistant(content: str | None, **more: Any) -> Message:
    """Make a message of role assistant."""
    return cast(Message, {"role": "assistant", "content": content, **more})


def system(content: str, **more: Any) -> Message:
    """Make a message of role system."""
    return cast(Message, {"role": "system", "content": content, **more})


def as_message(value: object) -> Message:
    """Read a string or a mapping as a message.

    Raises:
        MessageError: the value is neither, or has none of content, tool_calls,
            function_call, tool_responses.
    """
    if isinstance(value, str):
        return {"content": value}
    if isinstance(value, Mapping):
        found = cast(Message, dict(cast(Mapping[str, Any], value)))
        if any(found.get(key) is not None for key in _BODY_KEYS):
            return found
        raise MessageError(
            f"message {value!r} can't be converted into a valid ChatCompletion message: it has none of "
            "'content', 'tool_calls', 'function_call'; give it a 'content', or pass a string"
        )
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return as_message(dump())
    raise MessageError(f"message {value!r} is a {type(value).__name__}; expected a string or a dict with 'content'")


_BODY_KEYS = ("content", "tool_calls", "function_call", "tool_responses")


def resolve_content(message: Message) -> str | list[dict[str, Any]] | None:
    """Return the content of a message, calling it with the message's context if it is a function."""
    content = message.get("content")
    if callable(content):
        return content(message.get("context") or {})
    return content


def content_text(content: object) -> str:
    """Return the text of a content: strings as they are, parts a line each, images as ``<image>``."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_part_text(part) for part in cast(list[object], content))
    return str(content)


def _part_text(part: object) -> str:
    if not isinstance(part, Mapping):
        return str(part)
    found = cast(Mapping[str, Any], part)
    kind = found.get("type")
    if kind in ("text", "input_text"):
        return str(found.get("text", ""))
    if kind in ("image_url", "input_image", "image"):
        return "<image>"
    return f"<{kind}>"
