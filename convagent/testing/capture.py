"""Keep what happened in a run, for a test to look at."""

from __future__ import annotations

from typing import TypeVar

from ..events import Event, InputRequestEvent, MessageEvent

E = TypeVar("E", bound=Event)


class CapturedEvents(list[Event]):
    """A list of events that fills itself: an observer. Made by `capture_events`."""

    def __init__(self, *kinds: type[Event]) -> None:
        super().__init__()
        self._kinds = kinds or (Event,)

    def __call__(self, event: Event, /) -> None:
        """Keep one event, if it is of a kind that was asked for."""
        if isinstance(event, self._kinds):
            self.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of a class and its subclasses, in order."""
        return [event for event in self if isinstance(event, kind)]

    def only(self, kind: type[E]) -> E:
        """Return the one event of a class.

        Raises:
            AssertionError: there is none, or more than one; the text lists what there is.
        """
        found = self.of(kind)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} events of {kind.__name__}, expected one; captured: {self.types}")
        return found[0]

    @property
    def types(self) -> list[str]:
        """The types, in order: `["run_started", "text", ...]`. Pieces of streamed text are left out."""
        return [event.type for event in self if not event.transient]

    @property
    def said(self) -> list[tuple[str, str]]:
        """Every message that went from one agent to the other, as (sender, text)."""
        return [(event.sender, event.text) for event in self.of(MessageEvent) if not event.inner]

    @property
    def prompts(self) -> list[str]:
        """Every question to a person."""
        return [event.prompt for event in self.of(InputRequestEvent)]


def capture_events(*kinds: type[Event]) -> CapturedEvents:
    """Return an empty list that keeps the events it is told of: pass it as an observer.

        events = capture_events()
        alice.initiate_chat(bob, message="hi", observers=[events])
        assert events.said[0] == ("alice", "hi")

    Args:
        kinds: classes of the events to keep; none: all.
    """
    return CapturedEvents(*kinds)
