"""The messages between two agents, and each one's view of them."""

from __future__ import annotations

from typing import Any, cast

from ..agent import Agent
from ..messages import Message, content_text

_KEPT = ("content", "function_call", "tool_responses", "tool_calls", "tool_call_id", "name", "context")


class Thread:
    """An append-only record of what two agents said to each other.

    Each side's view is derived when it is first asked for, and extended as the record grows:
    own messages have role assistant, the other's role user. A view is an ordinary list that
    belongs to its agent; what a user changes in it is that agent's memory from then on.
    """

    __slots__ = ("_done", "_entries", "_views", "first", "second")

    def __init__(self, first: Agent, second: Agent) -> None:
        self.first, self.second = first, second
        self._entries: list[tuple[bool, Message, bool]] = []
        self._views: list[list[Message] | None] = [None, None]
        self._done = [0, 0]

    def add(self, sender: Agent, message: Message, inner: bool = False) -> None:
        """Append a message of one side; an `inner` one is seen by that side only."""
        self._entries.append((sender is self.first, message, inner))

    def preset(self, agent: Agent, messages: list[Message]) -> None:
        """Give one side a view that was made elsewhere; later messages are appended to that list."""
        side = 0 if agent is self.first else 1
        self._views[side] = messages
        self._done[side] = len(self._entries)

    def view(self, agent: Agent) -> list[Message]:
        """Return one side's messages, as chat-completions messages; the same list every time."""
        side = 0 if agent is self.first else 1
        view = self._views[side]
        if view is None:
            view = self._views[side] = []
        entries, done = self._entries, self._done[side]
        if done < len(entries):
            for from_first, message, inner in entries[done:] if done else entries:
                own = from_first is (side == 0) or self.first is self.second
                if own or not inner:
                    view.append(as_seen(message, own, (self.first if from_first else self.second).name))
            self._done[side] = len(entries)
        return view

    def other(self, agent: Agent) -> Agent:
        """Return the agent on the other side."""
        return self.second if agent is self.first else self.first

    def has(self, agent: Agent, other: Agent) -> bool:
        """Return whether this thread is between these two."""
        return (agent is self.first and other is self.second) or (agent is self.second and other is self.first)


def as_seen(message: Message, own: bool, sender: str) -> Message:
    """Return a message in the form in which one side's history holds it."""
    raw = cast(dict[str, Any], message)
    if len(raw) == 1 and "content" in raw:
        return cast(Message, {"content": raw["content"], "role": "assistant" if own else "user", "name": sender})
    seen: dict[str, Any] = {k: raw[k] for k in _KEPT if k in raw and raw[k] is not None}
    call = seen.get("function_call") or seen.get("tool_calls")
    if "content" not in seen:
        seen["content"] = None if call else ""
    role = raw.get("role")
    if role in ("function", "tool"):
        seen["role"] = role
        if "tool_responses" in seen:
            seen["tool_responses"] = [{**r, "content": _result_text(r)} for r in seen["tool_responses"]]
    else:
        seen["role"] = raw.get("override_role") or ("assistant" if own else "user")
    if call:
        seen["role"] = "assistant"
    elif "name" not in seen:
        seen["name"] = sender
    return cast(Message, seen)


def _result_text(response: Message) -> str:
    content: Any = response.get("content")
    if content is None or isinstance(content, (str, list)):
        return content_text(cast(object, content))
    return str(content)


def to_wire(messages: list[Message], out: list[Message] | None = None, start: int = 0) -> list[Message]:
    """Expand tool responses and drop what no endpoint takes; appends to `out` from `start` on."""
    wire: list[Message] = [] if out is None else out
    for message in messages[start:] if start else messages:
        responses = message.get("tool_responses")
        content = message.get("content")
        if responses:
            wire.extend(responses)
            if message.get("role") != "tool":
                wire.append(_without(message, "tool_responses", "context"))
        elif "context" in message or callable(content):
            plain = _without(message, "context")
            if callable(content):
                plain["content"] = content(message.get("context") or {})
            wire.append(plain)
        else:
            wire.append(message)
    return wire


def _without(message: Message, *keys: str) -> Message:
    return cast(Message, {k: v for k, v in message.items() if k not in keys})
