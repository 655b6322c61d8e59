"""The messages between two agents, and each one's view of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any, cast

from ..agent import Agent
from ..messages import Message, content_text

_INNER = 1
_FEW = 127
"""As many agents fit into a byte, beside whether a message is an inner one."""
_KEPT = ("content", "function_call", "tool_responses", "tool_calls", "tool_call_id", "name", "context")


class Thread:
    """An append-only record of what two agents, or the members of a group, said to each other.

    Each one's view is derived when it is first asked for, and extended as the record grows: own messages
    have role assistant, those of the others role user. A view is an ordinary list that belongs to its
    agent; what a user changes in it is that agent's memory from then on.
    """

    __slots__ = ("_done", "_marks", "_said", "_views", "agents")

    def __init__(self, first: Agent, second: Agent, *others: Agent) -> None:
        self.agents: tuple[Agent, ...] = (first, second, *others)
        self._said: list[Message | str] = []
        """Every message; of one that is a text and nothing else the text: thousands of threads may wait at once."""
        self._marks: bytearray | array[int] = bytearray() if len(self.agents) <= _FEW else array("L")
        """Of each message whose it is, by position, and whether it is an inner one."""
        self._views: list[list[Message] | None] = [None] * len(self.agents)
        self._done = [0] * len(self.agents)

    def side(self, agent: Agent) -> int:
        """Return the position of an agent; one that does not belong here stands where the second does."""
        for position, member in enumerate(self.agents):
            if member is agent:
                return position
        return 1

    def add(self, sender: Agent, message: Message, inner: bool = False) -> None:
        """Append a message of one of them; an `inner` one is seen by that one only."""
        content = message.get("content")
        self._said.append(content if len(message) == 1 and isinstance(content, str) else message)
        side = 0 if sender is self.agents[0] else self.side(sender)
        self._marks.append(side << 1 | (_INNER if inner else 0))

    def preset(self, agent: Agent, messages: list[Message]) -> None:
        """Give one of them a view that was made elsewhere; later messages are appended to that list."""
        side = self.side(agent)
        self._views[side] = messages
        self._done[side] = len(self._said)

    def view(self, agent: Agent) -> list[Message]:
        """Return one agent's messages, as chat-completions messages; the same list every time."""
        return self.view_of(0 if agent is self.agents[0] else self.side(agent))

    def view_of(self, side: int) -> list[Message]:
        """Return the messages as they are seen from a side."""
        view = self._views[side]
        if view is None:
            view = self._views[side] = []
        count = len(self._said)
        for position in range(self._done[side], count):
            seen = self._seen(position, side)
            if seen is not None:
                view.append(seen)
        self._done[side] = count
        return view

    def latest(self, agent: Agent) -> list[Message]:
        """Return one agent's view of the last message it sees, or its whole view where that was asked for before.

        For an agent that looks no further back: a view that nobody reads is not made.
        """
        return self.latest_of(0 if agent is self.agents[0] else self.side(agent))

    def latest_of(self, side: int) -> list[Message]:
        """Return the last message as it is seen from a side, or that side's whole view; see `latest`."""
        if self._views[side] is not None:
            return self.view_of(side)
        for position in range(len(self._said) - 1, -1, -1):
            seen = self._seen(position, side)
            if seen is not None:
                return [seen]
        return []

    def last_said(self) -> Message | None:
        """Return the last message that was no inner one, as it was sent; None: there is none."""
        for position in range(len(self._said) - 1, -1, -1):
            if not self._marks[position] & _INNER:
                said = self._said[position]
                return {"content": said} if isinstance(said, str) else said
        return None

    def _seen(self, position: int, side: int) -> Message | None:
        """Return a message as one of them sees it; None: it does not."""
        mark, said = self._marks[position], self._said[position]
        sender = self.agents[mark >> 1]
        own = mark >> 1 == side or sender is self.agents[side]
        if mark & _INNER and not own:
            return None
        if isinstance(said, str):
            return {"content": said, "role": "assistant" if own else "user", "name": sender.name}
        return as_seen(said, own, sender.name)

    def between(self, agent: Agent, other: Agent) -> Thread:
        """Return what these two said to each other."""
        return self

    def has(self, agent: Agent, other: Agent) -> bool:
        """Return whether both belong to this thread."""
        return any(agent is member for member in self.agents) and any(other is member for member in self.agents)


def view_of(messages: Iterable[Message], agent: Agent | str) -> list[Message]:
    """Return a conversation as one of its members sees it: its own messages have role assistant, those of others user.

    It is a function of the messages alone. Each message names who said it (``name``), as those of
    `ChatResult.chat_history` and `GroupChat.messages` do; calls and results keep their roles, and nothing is edited.

        view_of(result.chat_history, bob) == bob.chat_messages[ada]

    Args:
        messages: what was said, in order.
        agent: whose view, by name or itself.
    """
    name = agent if isinstance(agent, str) else agent.name
    return [as_seen(message, message.get("name") == name, message.get("name", "")) for message in messages]


def as_seen(message: Message, own: bool, sender: str) -> Message:
    """Return a message in the form in which one side's history holds it."""
    raw = cast(dict[str, Any], message)
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
