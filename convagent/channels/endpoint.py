"""Take signed answers over HTTP: an ASGI application."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from ..human import Receipt
from .asgi import Gone, Receive, Refused, Scope, Send, headers_of, read_body, send_json, serve_lifespan
from .payload import Answer, BadAnswer, answer_from_json
from .signing import NotSigned, Signer

_STATUS = {"accepted": 200, "invalid": 400, "unknown": 404, "duplicate": 409, "conflict": 409, "late": 410}


@dataclass(frozen=True, slots=True)
class Limits:
    """What an endpoint takes."""

    tolerance: float
    """How many seconds the time of an answer may be from this machine's."""
    largest: int
    """How many bytes a body may have."""
    remember: int
    """How many messages are known again."""
    within: float = 10.0
    """How many seconds a body may take to come."""


class Endpoint:
    """Take answers, for any path.

    It takes a signed POST of ``{"request_id": ..., "level": ..., "decision" or "text": ..., "by": ...}``, and
    answers with the receipt: 200 accepted, 400 invalid, 404 unknown, 409 duplicate or conflict,
    410 late. A message that is not signed, or not now, is answered 401, one that came already 409,
    one that is too large 413.

    Args:
        signer: checks who sent it.
        hand_in: takes an answer, and returns what became of it.
        limits: what is taken.
        now: the time in seconds since the epoch.
    """

    def __init__(
        self,
        signer: Signer,
        hand_in: Callable[[Answer], Receipt],
        limits: Limits,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._now = now
        self._signer, self._hand_in, self._limits = signer, hand_in, limits
        self._seen = _Seen(limits.remember)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI lays down."""
        match scope["type"]:
            case "http":
                await self._serve(scope, receive, send)
            case "lifespan":
                await serve_lifespan(receive, send)
            case _:
                await send({"type": "websocket.close"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            receipt, request_id = await self._take(scope, receive)
        except Refused as refused:
            word = {400: "invalid", 409: "duplicate"}.get(refused.status, "refused")
            await send_json(send, refused.status, {"status": word, "problem": str(refused)}, refused.headers)
        except Gone:
            pass  # nobody is there to be answered
        else:
            answer = {"request_id": request_id, "status": receipt.status, "problem": receipt.problem}
            await send_json(send, _STATUS[receipt.status], answer)

    async def _take(self, scope: Scope, receive: Receive) -> tuple[Receipt, str]:
        if scope["method"] != "POST":
            raise Refused(405, "expected a POST", {"allow": "POST"})
        headers, limits = headers_of(scope), self._limits
        body = await read_body(receive, headers, limits.largest, limits.within)
        now = self._now()
        try:
            message_id, timestamp = self._signer.check(headers, body, now, limits.tolerance)
        except NotSigned as wrong:
            raise Refused(401, str(wrong)) from None
        self._seen.add(message_id, timestamp + limits.tolerance, now)
        try:
            answer = answer_from_json(body)
        except BadAnswer as wrong:
            raise Refused(400, str(wrong)) from None
        return self._hand_in(answer), answer.request_id


class _Seen:
    """Messages that came, until their time is so far away that they would be refused for that."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._until: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def add(self, message_id: str, until: float, now: float) -> None:
        """Note a message.

        Raises:
            Refused: it came already; or so many came that this one could not be known again.
        """
        with self._lock:
            if self._until.get(message_id, 0.0) >= now:
                raise Refused(409, f"message {message_id} came already; each is taken once")
            if len(self._until) >= self._most:
                self._until = OrderedDict((known, end) for known, end in self._until.items() if end >= now)
            if len(self._until) >= self._most:
                raise Refused(503, "too many answers in a short time; send it again later", {"retry-after": "60"})
            self._until[message_id] = until
