"""What an observer is, and the simplest one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..events import Event


class Observer(Protocol):
    """Anything that is told of every event of a run, in order. It must not block for long."""

    def __call__(self, event: Event, /) -> None:
        """Take one event."""
        ...


class Collector:
    """Keeps every event it is told of."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event, /) -> None:
        """Keep one event."""
        self.events.append(event)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)
