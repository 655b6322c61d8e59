"""What a conversation has come to, from what was kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import serde
from ..events import ModelCallFinished
from .context import RunContext
from .state import ConversationState

_MESSAGES = frozenset(("text", "tool_call", "tool_response", "function_call", "function_response", "message"))
_SAID = ("inner", "by", "owes", "auto_replies")
_FOLDED = frozenset(("termination", "input_reply", "decided", "grant", "grant_revoked", "clear_agents_history"))
"""Types of other events that the state is a fold of."""


def restore(run: RunContext, bodies: Iterable[Mapping[str, Any]], turn: int) -> None:
    """Let a run stand after a turn.

    Args:
        run: it has not begun yet.
        bodies: its events as JSON, in order, up to the end of that turn.
        turn: the number of the turn.
    """
    calls: dict[str, int] = {}
    for body in bodies:
        fold(run.state, body)
        if body["type"] == ModelCallFinished.type:
            calls[body["agent"]] = max(calls.get(body["agent"], 0), body.get("position", 0) + 1)
    run.after(turn, calls)


def fold(state: ConversationState, body: Mapping[str, Any]) -> None:
    """Fold an event into a state, from JSON. Messages are by far the most, and made into no event for it."""
    if body["type"] in _MESSAGES:
        rest = {name: body[name] for name in _SAID if name in body}
        state.said(body.get("side", 0), serde.revived(body["message"]), body["sender"], **rest)
    elif body["type"] in _FOLDED:
        state.apply(serde.read_body(body))
