"""Post requests to a URL, signed, and take signed answers at an ASGI endpoint."""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import json
import os
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import wait
from contextvars import Context
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Any
from weakref import WeakSet

from .._sync import Started
from .._sync.portal import portals, submit
from ..duration import Duration, seconds
from ..errors import RunCancelled
from ..events import Event, InputRequestEvent
from ..human import ANYBODY, HumanRequest, Receipt, Seat
from ..oversight.backoff import Backoff, exponential
from .base import as_seats, is_asked
from .endpoint import Endpoint, Limits
from .open_requests import OpenRequests
from .outbox import Outbox, Undeliverable
from .payload import Answer, request_as_json
from .signing import Signer

_OPENED, _WITHDRAWN = "request.opened", "request.withdrawn"
_LAST_SECONDS = 2.0
"""How long at exit notices under way may take."""


class WebhookChannel:
    """A channel to a service of yours: requests are posted to it, and it posts the answers to `app`.

        channel = WebhookChannel("https://desk.example.org/requests", secret, seats=[Seat(roles=("clerk",))])
        uvicorn.run(channel.app, port=8080)  # in a thread or task beside the run

    Both ways are signed with the secret as Standard Webhooks lays down. Posts are made on a loop of
    their own, again and again while the receiver is down; one that cannot be delivered is a channel
    that failed, and the question stands on the others. Once a question that was posted is answered
    elsewhere, or nobody waits any more, a notice of type `request.withdrawn` follows.

    Who holds the secret is believed what it says of who answers: give each service its own.

    Args:
        url: where requests are posted to.
        secret: ``whsec_...``, see `convagent.channels.signing.new_secret`; several while one is replaced.
        seats: who answers there; by default anybody, in every role. Only what is for them is posted.
        name: what the channel is called.
        timeout: how long one attempt may take.
        attempts: how many are made at most.
        backoff: how long is waited between them.
        tolerance: how far the time of an answer may be from this machine's.
        largest: how many bytes an answer may have.
        remember: how many answers are known again within the tolerance; when they are more, new
            ones are put off (503).

    Raises:
        ConfigError: the URL or the secret is not one; neither is shown.
        MissingExtra: the extra `webhook` is not installed.
    """

    def __init__(
        self,
        url: str,
        secret: str | Sequence[str],
        *,
        seats: Sequence[Seat] = (ANYBODY,),
        name: str = "webhook",
        timeout: Duration = "15s",
        attempts: int = 8,
        backoff: Backoff | None = None,
        tolerance: Duration = "5m",
        largest: int = 64 * 1024,
        remember: int = 10_000,
    ) -> None:
        self.name, self.seats = name, as_seats(seats)
        signer = Signer(secret)
        self._outbox = Outbox(
            url,
            signer,
            timeout=seconds(timeout, "timeout"),
            attempts=attempts,
            backoff=backoff or exponential("1s", limit="1m"),
        )
        self._requests = OpenRequests(name, self.seats, "signature")
        self._posted: dict[str, _Posted] = {}
        limits = Limits(tolerance=seconds(tolerance, "tolerance"), largest=largest, remember=remember)
        self.app = Endpoint(signer, self._hand_in, limits)
        """Takes the answers: an ASGI application, for any path."""
        _channels.add(self)

    def __repr__(self) -> str:
        return f"WebhookChannel({self._outbox.where!r}, name={self.name!r}, {len(self.pending)} pending)"

    @property
    def pending(self) -> list[HumanRequest]:
        """The requests that nobody has answered yet, the oldest first."""
        return self._requests.pending

    # ------------------------------------------------------------ out

    def __call__(self, event: Event, /) -> None:
        """Begin to post a question to who answers here."""
        if not is_asked(event, self.seats):
            return
        posted = _Posted(event, asyncio.get_running_loop())
        body = _message(_OPENED, event.at, request_as_json(event.request))
        self._posted[event.request.id] = posted
        self._requests.add(event)  # before it is posted: the answer may be here at once
        posted.delivery = _start(self._deliver(posted, body))
        event.when_answered(partial(self._closed, posted))

    async def _deliver(self, posted: _Posted, body: bytes) -> None:
        try:
            await self._outbox.post(_message_id(_OPENED, posted.event), body, posted.try_it)
        except Undeliverable as error:
            posted.tried = False  # a receiver that cannot be reached is told nothing more
            posted.fail(self.name, str(error))

    def _closed(self, posted: _Posted) -> None:
        """Post no more, and say so to a receiver that may know of it. In the thread of whoever answered."""
        if self._posted.pop(posted.event.request.id, None) is posted and posted.delivery is not None:
            posted.delivery.cancel()
            _start(self._withdraw(posted, time.time()), last=True)

    def leave(self) -> None:
        """Say of everything that stands that nobody waits any more: for the end of the process."""
        for posted in tuple(self._posted.values()):
            self._closed(posted)

    def forget(self) -> None:
        """Forget what stands: for a forked child, where nobody waits for it."""
        self._posted.clear()

    async def _withdraw(self, posted: _Posted, at: float) -> None:
        with posted.lock:
            if not posted.tried or posted.answered_here:
                return
        request, opened = posted.event.request, _message_id(_OPENED, posted.event)
        body = _message(_WITHDRAWN, at, {"id": request.id, "level": request.level, "opened": opened})
        try:
            await self._outbox.post(_message_id(_WITHDRAWN, posted.event), body, lambda: None)
        except Undeliverable:
            return  # nobody waits for it: an answer that comes all the same is told that it is late

    # ------------------------------------------------------------ in

    def _hand_in(self, given: Answer) -> Receipt:
        if not given.by and any(not seat.person for seat in self.seats):
            return Receipt("invalid", "by: expected who answers")
        posted = self._posted.get(given.request_id)
        if posted is None:
            return self._requests.answer(given.request_id, given.answer, given.by, given.level)
        with posted.lock:
            receipt = self._requests.answer(given.request_id, given.answer, given.by, given.level)
            posted.answered_here = receipt.status == "accepted" and posted.event.answered
        return receipt


class _Posted:
    """A question on its way to the receiver, or there."""

    __slots__ = ("answered_here", "delivery", "event", "lock", "run_loop", "tried")

    def __init__(self, event: InputRequestEvent, run_loop: asyncio.AbstractEventLoop) -> None:
        self.event, self.run_loop = event, run_loop
        self.delivery: Started[None] | None = None
        self.tried = False
        self.answered_here = False
        self.lock = Lock()
        """Held while an answer is handed in, so that the notice is not sent to who answered."""

    def try_it(self) -> None:
        """Note that the receiver may know of it from now on."""
        self.tried = True

    def fail(self, channel: str, why: str) -> None:
        """Say to the run that nobody was reached."""
        try:
            self.run_loop.call_soon_threadsafe(self.event.channel_failed, channel, why)
        except RuntimeError:
            pass  # the loop of the run is closed, and nobody waits


def _message(type: str, at: float, data: dict[str, Any]) -> bytes:
    """Return a body in the shape that Standard Webhooks recommends."""
    timestamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": type, "timestamp": timestamp, "data": data}, separators=(",", ":")).encode()


def _message_id(type: str, event: InputRequestEvent) -> str:
    """Return an id that is the message's own: a question that stands a second time is another message."""
    text = json.dumps([type, event.run_id, event.seq, event.request.id])
    return "msg_" + hashlib.sha256(text.encode()).hexdigest()[:32]


# ---------------------------------------------------------------- posts under way


_channels: WeakSet[WebhookChannel] = WeakSet()
_last: set[Started[None]] = set()
"""Notices, which go on when their run has ended."""
_exiting = False


def _start(coro: Coroutine[Any, Any, None], *, last: bool = False) -> Started[None] | None:
    """Start a post on the process's own loop: it outlives the loop of a run."""
    if _exiting:
        coro.close()
        return None
    try:
        started = submit(portals.get().loop, coro, Context())
    except RunCancelled:  # the loop is being closed
        return None
    if last:
        _last.add(started)
        started.add_done_callback(_last.discard)
    return started


@atexit.register
def _finish() -> None:
    """Let receivers know that the runs of this process end with it, as far as two seconds go."""
    global _exiting
    for channel in tuple(_channels):
        channel.leave()
    _exiting = True
    wait(tuple(_last), timeout=_LAST_SECONDS)


def _forget() -> None:
    for channel in tuple(_channels):
        channel.forget()
    _last.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
