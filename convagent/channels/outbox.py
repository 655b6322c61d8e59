"""Deliver signed messages to one URL, and again when the receiver may only be down: the home of httpx2."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from random import random
from typing import Any

from ..errors import ConfigError, MissingExtra
from ..models.endpoint import retry_after
from ..models.entry import Secret
from ..models.per_loop import PerLoop
from ..oversight.backoff import Backoff
from .signing import Signer

_READ = 64 * 1024
"""How much of an answer is read, so that the connection can be used again."""
_AT_ONCE = 20
_AGAIN = frozenset((408, 425, 429))


class Undeliverable(Exception):
    """A message did not arrive, or nobody said that it did; the text says why and shows no secret."""


class Outbox:
    """Post messages to one URL.

    Args:
        url: http or https. Only scheme and host of it are ever shown: the rest may be a secret.
        signer: signs each attempt, with its own time.
        timeout: seconds for one attempt.
        attempts: how many are made at most.
        backoff: how long is waited between them.

    Raises:
        ConfigError: the URL is not one, or `attempts` is below 1.
        MissingExtra: httpx2 is not installed.
    """

    def __init__(self, url: str, signer: Signer, *, timeout: float, attempts: int, backoff: Backoff) -> None:
        if importlib.util.find_spec("httpx2") is None:
            raise MissingExtra("the webhook channel", "webhook")
        self.where = _where(url)
        if attempts < 1:
            raise ConfigError(f"attempts={attempts!r}: expected a number from 1")
        self._url = Secret(url)
        self._signer = signer
        self._timeout, self._attempts, self._backoff = timeout, attempts, backoff
        self._clients = PerLoop(lambda: (_Client(), True))

    async def post(self, id: str, body: bytes, trying: Callable[[], None]) -> None:
        """Deliver one message: until a 2xx says that it arrived.

        Tried again after failed connections, time-outs, 408, 425, 429 and 5xx; a Retry-After is
        kept to, up to the longest wait. Anything else is final, redirections too.

        Args:
            id: the same at every attempt, so that the receiver can tell.
            body: JSON.
            trying: called before the first attempt: from then on it may have arrived.

        Raises:
            Undeliverable: it is given up.
        """
        began = time.monotonic()
        for attempt in range(1, self._attempts + 1):
            trying()
            failed = await self._try(id, body)
            if failed is None:
                return
            if not failed.again or attempt == self._attempts:
                told = f" after {attempt} attempts in {time.monotonic() - began:.1f} s" if attempt > 1 else ""
                raise Undeliverable(f"POST {self.where}: {failed.why}{told}")
            await asyncio.sleep(self._pause(attempt, failed.after))

    def _pause(self, attempt: int, asked: float | None) -> float:
        if asked is not None and asked > 0:
            return min(asked, self._backoff.limit)
        # Spread a little, so that many that failed together do not come back together.
        return self._backoff.delay(attempt) * (1 - 0.25 * random())

    async def _try(self, id: str, body: bytes) -> _Failed | None:
        client: _Client = self._clients.get()
        try:
            # The client's own limits are for each read: a receiver that drips would hold for ever.
            async with client.turn, asyncio.timeout(self._timeout):
                headers = {"content-type": "application/json", **self._signer.headers(id, int(time.time()), body)}
                status, answered = await client.post(self._url.reveal(), headers, body)
        except TimeoutError:
            return _Failed(f"no answer within {self._timeout:g} s", again=True)
        except client.refused as error:
            return _Failed(f"it cannot be sent ({type(error).__name__})", again=False)
        except client.failed as error:
            return _Failed(f"no connection ({type(error).__name__})", again=True)
        if 200 <= status < 300:
            return None
        return _Failed(f"the receiver answered {status}", status in _AGAIN or status >= 500, retry_after(answered))


class _Failed:
    """An attempt that came to nothing, and whether another makes sense."""

    __slots__ = ("after", "again", "why")

    def __init__(self, why: str, again: bool, after: float | None = None) -> None:
        self.why, self.again, self.after = why, again, after


class _Client:
    """The HTTP client of one event loop. Texts of its errors may hold the URL, so only their names are told."""

    def __init__(self) -> None:
        import httpx2

        logging.getLogger(httpx2.__name__).addFilter(_not_ours)
        self._http = httpx2.AsyncClient(timeout=None, follow_redirects=False)
        self.turn = asyncio.Semaphore(_AT_ONCE)
        """Waited for outside the time of an attempt: a thousand questions at once are not a slow receiver."""
        self.refused = (httpx2.UnsupportedProtocol, httpx2.InvalidURL)
        self.failed = httpx2.TransportError

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        _posting.set(True)
        async with self._http.stream("POST", url, headers=headers, content=body) as response:
            read = 0
            async for piece in response.aiter_raw():
                read += len(piece)
                if read > _READ:
                    break
            return response.status_code, response.headers

    async def close(self) -> None:
        await self._http.aclose()


_posting: ContextVar[bool] = ContextVar("convagent_posting", default=False)
"""Whether this task posts for us."""


def _not_ours(record: logging.LogRecord) -> bool:
    """Leave out of the log what the client says of our posts: it would show the whole URL."""
    return not _posting.get()


def _where(url: str) -> str:
    """Return scheme, host and port of a URL.

    Raises:
        ConfigError: it has none; the text does not show it.
    """
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError("the url of a webhook is not one: expected http:// or https://, a host and a path")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
