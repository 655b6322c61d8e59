"""Put requests on a queue, for a program that takes them when it likes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from .._sync.portal import portals
from ..errors import UsageError
from ..events import Event, InputRequestEvent
from ..human import ANYBODY, Decision, HumanRequest, Receipt, Seat
from .base import as_seats, is_asked
from .open_requests import OpenRequests
from .payload import request_as_json


class Putting(Protocol):
    """A queue: `asyncio.Queue`, `queue.Queue`, or any other that can be put to without waiting."""

    def put_nowait(self, item: Any, /) -> None:
        """Put an item, or raise because it is full."""
        ...


class QueueChannel:
    """A channel to whoever takes requests from a queue, and answers by `answer()`.

        requests = queue.Queue()
        desk = QueueChannel(requests, seats=[Seat("ada", ("clerk",))])
        ...
        desk.answer(requests.get().id, "approve", by="ada")

    A request that was answered elsewhere, or whose time is up, is not `pending` any more; it stays
    in the queue, and an answer to it is told so.

    Args:
        queue: where requests are put. An `asyncio.Queue` belongs to the loop that reads it: make
            the channel there, if that is not the run's own.
        seats: who answers; by default anybody, in every role. Only what is for them is put.
        name: what the channel is called.
        as_json: put dicts of JSON values, secrets hidden, instead of `HumanRequest` objects.
    """

    def __init__(
        self, queue: Putting, *, seats: Sequence[Seat] = (ANYBODY,), name: str = "queue", as_json: bool = False
    ) -> None:
        self._queue, self._as_json = queue, as_json
        self._is_asyncio = isinstance(queue, asyncio.Queue)
        self.name, self.seats = name, as_seats(seats)
        self._requests = OpenRequests(name, self.seats, "program")
        self._loop = _running_loop() if self._is_asyncio else None

    def __repr__(self) -> str:
        return f"QueueChannel({self.name!r}, {len(self.pending)} pending)"

    @property
    def pending(self) -> list[HumanRequest]:
        """The requests that nobody has answered yet, the oldest first."""
        return self._requests.pending

    def answer(self, request_id: str, answer: str | Decision, *, by: str = "", level: int | None = None) -> Receipt:
        """Answer a request, as typed or by a decision, from any thread; returns what became of it.

        Args:
            request_id: the request's `id`.
            answer: a text, read as strictly as what is typed at a terminal, or a `Decision`.
            by: who answers. It is not needed where the channel has one seat.
            level: the request's `level` as they read it: once it was escalated the answer is late; None: whatever it
                is now.
        """
        return self._requests.answer(request_id, answer, by, level)

    def __call__(self, event: Event, /) -> None:
        """Put a question to who answers here on the queue."""
        if not is_asked(event, self.seats):
            return
        item = request_as_json(event.request) if self._as_json else event.request
        self._requests.add(event)  # before it is put: whoever takes it may answer at once
        try:
            self._put(event, item)
        except BaseException:
            self._requests.remove(event)
            raise

    def _put(self, event: InputRequestEvent, item: Any) -> None:
        if not self._is_asyncio:
            self._queue.put_nowait(item)
            return
        here = asyncio.get_running_loop()
        if self._loop is None and portals.is_portal_thread():
            raise UsageError(
                f"channel {self.name!r}: the run is on another thread than its asyncio.Queue; make the QueueChannel "
                "inside the event loop that reads the queue, or use queue.Queue"
            )
        if self._loop is None or self._loop is here:
            self._queue.put_nowait(item)
            return
        self._loop.call_soon_threadsafe(self._put_there, event, item, here)

    def _put_there(self, event: InputRequestEvent, item: Any, run_loop: asyncio.AbstractEventLoop) -> None:
        """Put it on the loop of the queue; tell the run's loop when that fails."""
        try:
            self._queue.put_nowait(item)
        except Exception as error:  # noqa: BLE001 - a queue may be of any kind; the question stands on the others
            self._requests.remove(event)
            run_loop.call_soon_threadsafe(partial(event.channel_failed, self.name, error))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
