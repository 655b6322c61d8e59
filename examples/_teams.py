"""What the rules of several agents share: which agent is asked, and what the others said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from convagent import ModelRequest

Rules = Callable[[Sequence[Mapping[str, Any]]], Any]


def by_agent(**rules: Rules) -> Callable[[ModelRequest], Any]:
    """Return what answers in the model's place, for each agent by its own rules."""

    def answer(request: ModelRequest) -> Any:
        return rules[request.agent](request.messages)

    return answer


def said(messages: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """Return what somebody said to this agent, in order."""
    return [str(m["content"]) for m in messages if m.get("name") == name and m.get("content")]


def task(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return what an agent was told first."""
    return next((str(m["content"]) for m in messages if m.get("role") == "user"), "")


def wishes(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return what people want to be different, of those who sent something back."""
    return " ".join(text for m in messages if "Revise it:" in (text := str(m.get("content")))).lower()
