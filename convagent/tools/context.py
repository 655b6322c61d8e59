"""What a tool may learn about the call it serves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The call that a tool serves; a parameter annotated with it receives it and is never shown to a model."""

    run_id: str
    agent: str
    """The agent on whose behalf the tool runs."""
    call_id: str | None
    """The id of the call, if the server gave one; ids may be empty or repeat."""
    idempotency_key: str
    """The same for every attempt at this one call, and for no other: hand it to services that accept one."""
