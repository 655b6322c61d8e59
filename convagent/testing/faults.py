"""What the loopback server answers: replies, and the ways to misbehave instead."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import ConfigError
from ..messages import Message


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to misbehave instead of answering. Made by the functions below."""

    kind: Literal["status", "raw", "half_body", "hang", "drop", "slow", "broken_stream"]
    status: int = 200
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    seconds: float = 0.0
    after: int = 0
    hang: bool = False
    reply: Any = None


def status(code: int, *, retry_after: float | None = None, message: str | None = None) -> Fault:
    """Answer with an HTTP error. 401 quotes a part of the key, as the real service does.

    Raises:
        ConfigError: it is no HTTP error.
    """
    if not 400 <= code <= 599:
        raise ConfigError(f"status({code}): expected an HTTP error from 400 to 599; for other answers use raw(...)")
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    return Fault("status", status=code, text=message or "", headers=headers)


def raw(body: str | Mapping[str, Any], *, code: int = 200, content_type: str = "application/json") -> Fault:
    """Answer with exactly this body."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Fault("raw", status=code, text=text, headers={"content-type": content_type})


def not_json() -> Fault:
    """Answer 200 with a page that is not JSON, as a wrong base_url often does."""
    return raw("<html><body>It works!</body></html>")


def no_choices() -> Fault:
    """Answer 200 with a completion that has no choices."""
    return raw({"id": "chatcmpl-0", "object": "chat.completion", "created": 0, "model": "test", "choices": []})


def half_body(reply: Any = "half of a reply") -> Fault:
    """Promise a whole body, send half of it, close the connection."""
    return Fault("half_body", reply=reply)


def hang() -> Fault:
    """Accept the request and never answer (until the server is closed)."""
    return Fault("hang")


def drop() -> Fault:
    """Close the connection without a byte."""
    return Fault("drop")


def slow(seconds: float, reply: Any = "a slow reply") -> Fault:
    """Answer after a time."""
    return Fault("slow", seconds=seconds, reply=reply)


def broken_stream(reply: Any = "this stream breaks in the middle", *, after: int = 2, hang: bool = False) -> Fault:
    """Stream the first `after` pieces of a reply, then close the connection, or never go on."""
    return Fault("broken_stream", reply=reply, after=after, hang=hang)


Reply = str | Message | Mapping[str, Any] | Sequence[Mapping[str, Any]] | Fault
ReplyItem = Reply | Callable[[Mapping[str, Any]], Reply | Awaitable[Reply]]
