"""What a tool returns that says more than a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..agent import Agent
from ..errors import ConfigError
from .targets import AgentTarget, TransitionTarget


@dataclass
class ReplyResult:
    """What a tool returns: a text for the model, who is to go on, and variables to set."""

    message: str
    target: TransitionTarget | None = None
    """Who is to go on; an agent will do. None: whoever called the tool."""
    context_variables: Mapping[str, Any] | None = None
    """Variables to set."""

    def __post_init__(self) -> None:
        given: Any = self.target
        if isinstance(given, Agent):
            self.target = AgentTarget(given)
        elif given is not None and not isinstance(given, TransitionTarget):
            raise ConfigError(f"ReplyResult: target={given!r} is a {type(given).__name__}; expected a target")
        text: Any = self.message
        if not isinstance(text, str):
            raise ConfigError(f"ReplyResult: message={text!r} is a {type(text).__name__}; expected text")

    def as_signal(self) -> tuple[str, dict[str, Any]]:
        """Return what it says: the text, and the rest as JSON values."""
        signal: dict[str, Any] = {}
        if self.target is not None:
            signal |= self.target.as_signal()[1]
        if self.context_variables:
            signal["variables"] = dict(self.context_variables)
        return self.message, signal

    def __str__(self) -> str:
        return self.message
