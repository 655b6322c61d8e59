"""Messages that only hand over, and are left out of what models are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import cast

from ..messages import Message


def without_transit(messages: Iterable[Message], names: Collection[str]) -> list[Message]:
    """Return messages without the calls of some tools, and without their results."""
    kept: list[Message] = []
    gone: set[int] = set()
    for message in messages:
        if message.get("tool_calls"):
            calls = message.get("tool_calls") or []
            gone = {place for place, call in enumerate(calls) if (call.get("function") or {}).get("name") in names}
            found = _without_calls(message, gone) if gone else message
        elif message.get("tool_responses") and gone:
            found, gone = _without_results(message, gone), set[int]()
        else:
            found = message
        if found is not None:
            kept.append(found)
    return kept


def _without_calls(message: Message, gone: Collection[int]) -> Message | None:
    left = [call for place, call in enumerate(message.get("tool_calls") or ()) if place not in gone]
    if left:
        return cast(Message, {**message, "tool_calls": left})
    if not message.get("content"):
        return None
    return cast(Message, {key: value for key, value in message.items() if key != "tool_calls"})


def _without_results(message: Message, gone: Collection[int]) -> Message | None:
    """Return a message without the results of those calls, which stand in the order of the calls."""
    left = [result for place, result in enumerate(message.get("tool_responses") or ()) if place not in gone]
    return cast(Message, {**message, "tool_responses": left}) if left else None
