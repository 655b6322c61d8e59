"""What a conversation has come to, from what was kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import serde
from ..events import ModelCallFinished
from ..messages import content_text
from .context import RunContext
from .state import ConversationState

_MESSAGES = frozenset(("text", "tool_call", "tool_response", "function_call", "function_response", "message"))
_FOLDED = frozenset((
    "termination", "input_reply", "decided", "grant", "grant_revoked", "clear_agents_history", "handoff", "passed",
    "plan", "plan_progress", "on_condition_llm_transition", "on_context_condition_transition",
    "reply_result_transition", "guardrail_transition",
))  # fmt: skip
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
    kind, find = body["type"], body.get
    if kind in _MESSAGES:
        state.said(
            find("side", 0), serde.revived(body["message"]), body["sender"], find("inner", False), find("by", ""),
            find("owes", True), find("auto_replies", 0),
        )  # fmt: skip
        if "typed_by" in body:
            state.wrote(content_text(serde.revived(body["message"]).get("content")), body["typed_by"])
    elif kind in _FOLDED:
        state.apply(serde.read_body(body))
