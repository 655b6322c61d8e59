"""What the gate is told of an action, and what comes out of it. The gate itself is loaded with the first policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..action import Action


@dataclass(frozen=True, slots=True)
class Go:
    """It may happen, as the action says, which an edit may have changed."""

    action: Action
    by: str = ""
    """Who approved or edited it; empty: no person."""
    edited: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The arguments that a person changed."""
    edited_by: str = ""
    form: Any = None
    """What the approval filled in."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not happen."""

    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Instead:
    """A person put a result in its place."""

    value: Any
    by: str = ""


@dataclass(frozen=True, slots=True)
class Revise:
    """The proposer is to try again, with what is to be different."""

    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """What failed is to be tried again, after so many seconds."""

    delay: float = 0.0
    by: str = ""


Verdict = Go | Refused | Instead | Revise | Again


REPLY: Mapping[str, Any] = {
    "type": "object", "properties": {"content": {"type": "string"}}, "required": ["content"],
}  # fmt: skip
"""The JSON Schema of the arguments of an action of kind `reply`."""


@dataclass(slots=True)
class Subject:
    """What a person is shown of an action, and what its changed arguments must satisfy."""

    preview: str | Callable[[Mapping[str, Any]], Awaitable[str]] = ""
    """What would happen, or what makes that of the arguments once somebody is asked."""
    schema: Mapping[str, Any] | None = None
    complete: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    """Checks and converts changed arguments; raises `ToolArgumentsError`."""
    impact: Callable[[Mapping[str, Any]], Awaitable[Any]] | None = None
    """Estimates what it comes to, and anew when somebody changed it; where that raises it is denied."""
    revisable: bool = True
    """Whether whoever proposed it can try again with a wish."""


NOTHING_SHOWN = Subject()
