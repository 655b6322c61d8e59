"""What a tool may learn about the call it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


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
    approved_by: str = ""
    """The person who approved this call; empty: nobody was asked."""
    form: Any = None
    """What the approval filled in, where a policy asked with a form."""
    _tell: Callable[[float, float | None, str], None] | None = field(default=None, repr=False, compare=False)

    def progress(self, done: float, total: float | None = None, note: str = "") -> None:
        """Say how far the tool is; whoever watches the run sees it. From any thread.

        Args:
            done: how much is done, in any unit.
            total: how much there is; None: not known.
            note: what is being done.
        """
        if self._tell is not None:
            self._tell(done, total, note)
