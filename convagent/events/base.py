"""What every event has in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from types import SimpleNamespace
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened in a run."""

    type: ClassVar[str] = "event"
    transient: ClassVar[bool] = False

    run_id: str = ""
    seq: int = 0
    """Position in the run, counted from 1; transient events carry the last stored one's."""
    at: float = 0.0
    """When, in seconds since the epoch, by the runtime's clock."""
    agent: str = ""
    """The agent whose turn it happened in, or empty."""

    @property
    def content(self) -> Any:
        """The classic payload: the event's own fields as attributes."""
        return SimpleNamespace(uuid=self.run_id, **self._payload())

    def _payload(self) -> dict[str, Any]:
        own = (f.name for f in fields(self) if f.name not in _ENVELOPE and not f.name.startswith("_"))
        return {name: getattr(self, name) for name in own}

    def print(self, f: Callable[..., Any] | None = None) -> None:
        """Write the event as the classic transcript does, through `f` (default: `print`).

        Events that have no place in the transcript, and messages of silent chats, write nothing.
        """
        from ..transcript import write

        write(self, f)


_ENVELOPE = frozenset(("run_id", "seq", "at", "agent"))


def stamp(event: Event, run_id: str, seq: int, at: float) -> None:
    """Write the envelope of an event that nobody has seen yet. For runtimes."""
    put = object.__setattr__
    put(event, "run_id", run_id)
    put(event, "seq", seq)
    put(event, "at", at)
