"""The requests that stand at a channel whose answers come later, by their ids."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from ..events import InputRequestEvent
from ..human import Decision, HumanReply, HumanRequest, Receipt, Seat
from ..oversight.counting import outdated
from .base import seat_of

_REMEMBERED = 1000
"""How many closed requests are known, so that an answer that comes later is told what became of them."""


class OpenRequests:
    """Requests by id, and who may answer them. Its methods may be called from any thread.

    Args:
        channel: its name.
        seats: who answers there.
        authenticated: how the channel knows who answers.
    """

    def __init__(self, channel: str, seats: Sequence[Seat], authenticated: str) -> None:
        self._channel, self._seats, self._authenticated = channel, seats, authenticated
        self._lock = Lock()
        self._open: dict[str, InputRequestEvent] = {}
        self._closed: OrderedDict[str, InputRequestEvent] = OrderedDict()

    @property
    def pending(self) -> list[HumanRequest]:
        """The requests that nobody has answered yet, the oldest first."""
        with self._lock:
            return [event.request for event in self._open.values()]

    def add(self, event: InputRequestEvent, closed: Callable[[], None] | None = None) -> None:
        """Let a request stand until it is answered somewhere.

        Args:
            event: the question.
            closed: called once it is of no use any more: at once if it is so already, else in any thread.
        """
        with self._lock:
            self._open[event.request.id] = event

        def close() -> None:
            self._close(event)
            if closed is not None:
                closed()

        event.when_answered(close)

    def remove(self, event: InputRequestEvent) -> None:
        """Forget a request that could not be put to anybody."""
        with self._lock:
            if self._open.get(event.request.id) is event:
                del self._open[event.request.id]

    def answer(self, request_id: str, answer: str | Decision, by: str = "", level: int | None = None) -> Receipt:
        """Hand in an answer, as typed or as a decision; returns what became of it.

        Args:
            request_id: the request's.
            answer: what was typed, or decided.
            by: who answers.
            level: that of the question as they read it; None: whatever it is now.
        """
        with self._lock:
            event = self._open.get(request_id)
            closed = self._closed.get(request_id) if event is None else None
        refused = None if event is None else outdated(event.request, level)
        if refused is not None:
            return refused
        event = event or closed
        if event is None:
            return Receipt("unknown", f"there is no request {request_id!r} at {self._channel!r}")
        seat = seat_of(self._seats, by) if by or len(self._seats) > 1 else self._seats[0]
        if seat is None:
            people = ", ".join(sorted(seat.person for seat in self._seats))
            problem = f"{by or 'nobody'} does not answer at {self._channel!r}; expected by: {people}"
            return event.refuse(HumanReply(request_id, by=by, channel=self._channel, roles=()), problem)
        return event.reply(
            HumanReply(
                request_id,
                answer if isinstance(answer, str) else "",
                by=by or seat.person,
                channel=self._channel,
                decision=answer if isinstance(answer, Decision) else None,
                roles=seat.roles,
                authenticated=self._authenticated,
            )
        )

    def _close(self, event: InputRequestEvent) -> None:
        request_id = event.request.id
        with self._lock:
            if self._open.get(request_id) is not event:
                return  # the same question stands again, a level higher
            del self._open[request_id]
            self._closed[request_id] = event
            if len(self._closed) > _REMEMBERED:
                self._closed.popitem(last=False)
