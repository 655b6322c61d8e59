"""What a channel is: an observer that may reply."""

from __future__ import annotations

from typing import Protocol

from ..events import Event


class Channel(Protocol):
    """A way to a person. It is told of every event; to an `InputRequestEvent` it may `reply`.

    It replies now, or later and from any thread, and names the request by its id. Of several
    channels the first reply counts.
    """

    @property
    def name(self) -> str:
        """What the channel is called in replies and in the audit."""
        ...

    def __call__(self, event: Event, /) -> None:
        """Take one event."""
        ...
