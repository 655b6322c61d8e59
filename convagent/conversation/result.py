"""What a conversation came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..agent import Ending
from ..messages import Message


def no_cost() -> dict[str, Any]:
    """Return the cost of a chat that asked no model."""
    return {"usage_including_cached_inference": {}, "usage_excluding_cached_inference": {}}


@dataclass(slots=True)
class ChatResult:
    """The result of a chat, seen by its initiator."""

    chat_id: int | str = 0
    """The queue's id of the chat if it has one, else the run's id."""
    chat_history: list[Message] = field(default_factory=list[Message])
    """The initiator's view: its own messages have role assistant."""
    summary: str = ""
    cost: dict[str, Any] = field(default_factory=no_cost)
    """Usage by model, including and excluding what came from the cache."""
    human_input: list[str] = field(default_factory=list[str])
    """What people typed for the initiator."""
    reason: str = ""
    """Why the chat ended, in words."""
    last_speaker: str = ""
    parsed: Any = None
    """The validated object of the last structured answer, if one was asked for."""
    context_variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    how: Ending = "done"
    """How it ended: `done` by itself, `limit` at any limit, `stopped` by a person, `refused` by a rule or a person who
    refused what it cannot do without, `failed` by an error."""
