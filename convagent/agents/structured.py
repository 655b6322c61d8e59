"""Structured answers of a run that is gone on with: a journal keeps JSON, and the agents know what it stood for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import BadModelReply
from ..models.structured import parse


def last_parsed(agents: Iterable[Any], past: Iterable[Mapping[str, Any]], before: Any = None) -> Any:
    """Return what the last message that satisfies its sender's `response_format` stands for.

    Args:
        agents: those who take part.
        past: what happened, as JSON.
        before: what there was before that.
    """
    forms = {agent.name: form for agent in agents if (form := getattr(agent, "response_format", None)) is not None}
    found = before
    for body in past if forms else ():
        message: Any = body.get("message")
        text = message.get("content") if message and body.get("sender") in forms else None
        if isinstance(text, str):
            try:
                found = parse(forms[body["sender"]], text)
            except BadModelReply:
                continue  # a person said it, or a hook changed it
    return found
