"""What a channel is: an observer that may reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeGuard

from ..errors import ConfigError
from ..events import Event, InputRequestEvent
from ..human import ANYBODY, Seat


class Channel(Protocol):
    """A way to a person. It is told of every event; to an `InputRequestEvent` it may `reply`.

    It replies now, or later and from any thread, and names the request by its id. Of several
    channels the first valid answer counts; the others learn by `event.when_answered`. A channel that
    raises is an event, and the question stands on the others.

    A channel is told on the loop's thread, so it does not block: one that waits for a person does so
    in a thread or task of its own.
    """

    @property
    def name(self) -> str:
        """What the channel is called in replies and in the audit; of the channels of a run each has its own."""
        ...

    @property
    def seats(self) -> Sequence[Seat]:
        """Who answers there. What a channel lacks this is, or `Seat()` alone: anybody, in every role."""
        ...

    def __call__(self, event: Event, /) -> None:
        """Take one event."""
        ...


def is_asked(event: Event, seats: Sequence[Seat]) -> TypeGuard[InputRequestEvent]:
    """Return whether an event is a question that stands, and that one of these may answer."""
    return isinstance(event, InputRequestEvent) and not event.answered and any(event.is_for(seat) for seat in seats)


def seat_of(seats: Sequence[Seat], by: str) -> Seat | None:
    """Return where a person sits: at the seat of that name, or at one for whoever is there; None: nowhere."""
    named = next((seat for seat in seats if seat.person and seat.person == by), None)
    return named or next((seat for seat in seats if not seat.person), None)


def as_roles(roles: str | Sequence[str]) -> tuple[str, ...]:
    """Return roles as a tuple; a text is one role."""
    return (roles,) if isinstance(roles, str) else tuple(roles)


def as_seats(seats: Sequence[Seat]) -> tuple[Seat, ...]:
    """Return who answers at a channel; none named: anybody.

    Raises:
        ConfigError: one of them is no `Seat`.
    """
    wrong = next((seat for seat in seats if not isinstance(seat, Seat)), None)  # pyright: ignore[reportUnnecessaryIsInstance]
    if wrong is not None:
        raise ConfigError(f"seats: {wrong!r} is no Seat; expected such as [Seat('ada', ('clerk',))]")
    return tuple(seats) or (ANYBODY,)
