"""`clear history` in what a member of a group says: who is to forget what, and what of the text remains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..events import ClearAgentsHistoryEvent
from ..messages import content_text


def clearing(message: object, names: Sequence[str], manager: str) -> tuple[ClearAgentsHistoryEvent, Any] | None:
    """Read ``clear history [agent] [number of messages to keep]`` in a message.

    Args:
        message: what is about to be said; only what a person or a tool said, a dict, is looked at.
        names: those of the members.
        manager: whose turn it is told as.

    Returns:
        what is to be forgotten, and the message without the command; None: there is none in it.
    """
    if not isinstance(message, Mapping):
        return None
    said = cast("Mapping[str, Any]", message)
    text = content_text(said.get("content"))
    words = text.split()
    upper = [word.upper() for word in words]
    if "CLEAR HISTORY" not in text.upper() or "CLEAR" not in upper:
        return None
    at = len(upper) - 1 - upper[::-1].index("CLEAR")
    who, keep, taken = "", None, 2
    for word in words[at + 2 : at + 4]:
        number = _number(word)
        if number is not None:
            keep, taken = number, taken + 1
        elif not who and (word in names or word[:-1] in names):
            who, taken = word if word in names else word[:-1], taken + 1
    if "tool_responses" in said and not keep:
        keep = 1  # the call that it answers has to stay
    event = ClearAgentsHistoryEvent(agent_name=who, nr_events_to_preserve=keep, agent=manager)
    return event, {**said, "content": " ".join(words[:at] + words[at + taken :])}


def _number(word: str) -> int | None:
    """Return the number that a word is, a full stop or the like after it left out."""
    digits = word if word.isdecimal() else word[:-1]
    return int(digits) if digits.isdecimal() else None
