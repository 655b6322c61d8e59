"""The little of ASGI that one endpoint needs; https://asgi.readthedocs.io, version 3."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Refused(Exception):
    """A request that is answered with an HTTP error."""

    def __init__(self, status: int, problem: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem)
        self.status, self.headers = status, headers or {}


class Gone(Exception):
    """The client went away before it had said everything."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers, names in lower case; of one that stands twice nothing can be believed.

    Raises:
        Refused: a `webhook-` header stands twice.
    """
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in found and name.startswith("webhook-"):
            raise Refused(401, f"the header {name} stands twice")
        found[name] = value.decode("latin-1")
    return found


async def read_body(receive: Receive, headers: Mapping[str, str], most: int, within: float) -> bytes:
    """Return the whole body.

    Raises:
        Refused: it is larger than `most` bytes, or not complete in `within` seconds.
        Gone: the client went away.
    """
    too_large = Refused(413, f"the body is larger than {most} bytes", {"connection": "close"})
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:12]) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                body += message.get("body", b"")
                if len(body) > most:
                    raise too_large
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise Refused(408, f"the body did not come within {within:g} s", {"connection": "close"}) from None


async def send_json(send: Send, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
    """Answer with a JSON value."""
    body = json.dumps(value).encode()
    sent = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    pairs = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def serve_lifespan(receive: Receive, send: Send) -> None:
    """Say that there is nothing to start and nothing to shut down."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
