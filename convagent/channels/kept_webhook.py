"""A webhook over a journal: what is to be posted outlives the process, and so does who is told what became of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import wait
from contextlib import suppress
from contextvars import Context
from datetime import UTC, datetime
from typing import Any

from .._sync import Started
from .._sync.portal import portals, submit
from ..duration import Duration, seconds
from ..errors import JournalError
from ..events import Event
from ..human import ANYBODY, HumanRequest, Receipt, Seat
from ..journal import Inbox, open_journal
from ..journal.base import NewMessage, StoredMessage
from ..oversight.backoff import Backoff, exponential
from .base import as_seats, seat_of
from .endpoint import Endpoint, Limits
from .outbox import Outbox, Undeliverable
from .payload import Answer, request_as_json
from .signing import Signer

OPENED, WITHDRAWN = "request.opened", "request.withdrawn"
LOOK = 1.0
"""Seconds after which messages are looked for although nobody said that there are any."""
AT_ONCE = 20


class KeptWebhook:
    """A channel to a service of yours for runs in a journal: posts requests there, and takes the answers at `app`.

        hook = KeptWebhook("runs.db", "https://desk.example.org/requests", secret, seats=[Seat(roles=("clerk",))])
        customer.run(desk, message="...", journal="runs.db", channels=[hook])

    A message is kept in one transaction with its question, and posted by whichever process has a channel of this
    name, again and again while the receiver is down, also after a restart. It may arrive twice, under the same
    ``webhook-id``. Answers are decisions of the inbox: they need no process that moves the run. Signed as
    `WebhookChannel` signs; what follows a question that was settled elsewhere is a `request.withdrawn`.

    Args:
        journal: where the runs are kept: a path, a URL, or a journal.
        url: where requests are posted to.
        secret: ``whsec_...``; several while one is replaced.
        seats: who answers there; only what is for them is posted.
        name: what the channel is called: the same in every process that is to deliver its messages.
        timeout: how long one attempt may take.
        attempts: how many are made at most.
        backoff: how long is waited between them.
        tolerance: how far the time of an answer may be from this machine's.
        largest: how many bytes an answer may have.
        remember: how many answers are known again within the tolerance.

    Raises:
        ConfigError: the URL or the secret is not one; neither is shown.
        MissingExtra: the extra `webhook` is not installed.
    """

    def __init__(
        self,
        journal: Any,
        url: str,
        secret: str | Sequence[str],
        *,
        seats: Sequence[Seat] = (ANYBODY,),
        name: str = "webhook",
        timeout: Duration = "15s",
        attempts: int = 50,
        backoff: Backoff | None = None,
        tolerance: Duration = "5m",
        largest: int = 64 * 1024,
        remember: int = 10_000,
    ) -> None:
        self.name, self.seats = name, as_seats(seats)
        signer = Signer(secret)
        self._journal = open_journal(journal)
        self._inbox = Inbox(self._journal)
        self._timeout, self._attempts = seconds(timeout, "timeout"), attempts
        self._backoff = backoff or exponential("1s", limit="10m")
        self._outbox = Outbox(url, signer, timeout=self._timeout, attempts=1, backoff=self._backoff)
        limits = Limits(tolerance=seconds(tolerance, "tolerance"), largest=largest, remember=remember)
        self.app = Endpoint(signer, self._hand_in, limits)
        """Takes the answers: an ASGI application, for any path."""
        self._known: dict[str, int] = {}
        """Requests that the receiver knows of, and their levels."""
        self._posts: Started[None] | None = submit(portals.get().loop, self._deliver(), Context())

    def __repr__(self) -> str:
        return f"KeptWebhook({self._outbox.where!r}, name={self.name!r})"

    def close(self) -> None:
        """Post nothing more from this process. What is due stays due, and what is under way becomes so again."""
        posts, self._posts = self._posts, None
        if posts is not None:
            posts.cancel()
            wait((posts,), timeout=self._timeout)

    def __call__(self, event: Event, /) -> None:
        """Be a channel: what is to be posted is a letter, see `letter`."""

    # ------------------------------------------------------------ out

    def letter(self, request: HumanRequest, at: float) -> NewMessage | None:
        """Return the message that says of a question that it stands; None: nobody there may answer it."""
        if not request.decisions or not any(seat.serves(request.to) for seat in self.seats):
            return None
        return self._message(OPENED, request.id, request.level, at, request_as_json(request))

    def _message(self, kind: str, request: str, level: int, at: float, data: dict[str, Any]) -> NewMessage:
        timestamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = json.dumps({"type": kind, "timestamp": timestamp, "data": data}, separators=(",", ":"))
        text = json.dumps([kind, self.name, request, level])
        id = "msg_" + hashlib.sha256(text.encode()).hexdigest()[:32]
        return NewMessage(id=id, request=request, level=level, target=self.name, body=body)

    async def _deliver(self) -> None:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def told() -> None:
            loop.call_soon_threadsafe(changed.set)

        unwatch = self._journal.watch(told)
        try:
            self._remember()
            while True:
                changed.clear()
                if not await self._round():
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK):  # `wait_for` of Python 3.11 may lose a cancellation
                            await changed.wait()
        finally:
            unwatch()

    def _remember(self) -> None:
        """Learn which questions the receiver knows of, from before this process."""
        for message in self._journal.messages(("delivered",), 1000):
            if message.target == self.name and message.request:
                self._known.setdefault(message.request, message.level)

    async def _round(self) -> bool:
        """Post what is due, and say so if there was anything."""
        try:
            due = self._journal.claim_messages(AT_ONCE, 2 * self._timeout, self.name)
            await asyncio.gather(*(self._post(message) for message in due))
            await self._withdraw()
        except JournalError:
            return False  # it is looked for again
        return bool(due)

    async def _post(self, message: StoredMessage) -> None:
        try:
            await self._outbox.post(message.id, message.body.encode(), lambda: None)
        except Undeliverable as error:
            again = None if message.attempts >= self._attempts else self._backoff.delay(message.attempts)
            self._journal.undelivered(message.id, str(error), again)
            return
        except asyncio.CancelledError:
            self._journal.undelivered(message.id, "the process that posted it ended", 0.0)
            raise
        self._journal.delivered(message.id)
        self._known[message.request] = message.level

    async def _withdraw(self) -> None:
        """Say of questions that were settled elsewhere that nobody waits for an answer any more."""
        for request, level in tuple(self._known.items()):
            stored = self._journal.request(request)
            if stored is not None and stored.status == "open" and stored.request.level == level:
                continue
            del self._known[request]
            if stored is None or (stored.reply is not None and stored.reply.channel == self.name):
                continue
            made = self._message(WITHDRAWN, request, level, self._journal.now(), {"id": request, "level": level})
            try:
                await self._outbox.post(made.id, made.body.encode(), lambda: None)
            except Undeliverable:
                continue  # an answer that comes all the same is told that it is late

    # ------------------------------------------------------------ in

    def _hand_in(self, given: Answer) -> Receipt:
        if not given.by and any(not seat.person for seat in self.seats):
            return Receipt("invalid", "by: expected who answers")
        seat = seat_of(self.seats, given.by)
        if seat is None:
            return Receipt("invalid", f"by: nobody called {given.by!r} answers here")
        return self._inbox.decide(
            given.request_id, given.answer, by=given.by, channel=self.name, roles=seat.roles,
            authenticated="signature", level=given.level,
        )  # fmt: skip
