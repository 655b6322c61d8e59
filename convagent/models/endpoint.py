"""What an endpoint is called and how its failures read. Shared by the adapters; no I/O, never a key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from ..errors import (
    BadModelReply,
    ModelAuthError,
    ModelError,
    ModelRateLimited,
    ModelRequestError,
    ModelServerError,
    ModelTimeout,
    ModelUnreachable,
)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Take keys, and the parts of keys that servers quote, out of a text."""
    for secret in secrets:
        if len(secret) < 4:
            continue
        text = text.replace(secret, _HIDDEN)
        if len(secret) >= 12:
            text = _WORD.sub(lambda word, key=secret: _HIDDEN if _part_of(word.group(), key) else word.group(), text)
    return _REPEATED.sub(_HIDDEN, _MASKED.sub(_HIDDEN, text))


_HIDDEN = "[key]"
_REPEATED = re.compile(r"(?:\[key\][*._-]*){2,}")
_WORD = re.compile(r"[\w.-]{4,}")
# What servers make of a key they quote (sk-ab***yz), and what looks like one.
_MASKED = re.compile(r"[\w.-]*\*{2,}[\w.*-]*|\b(?:sk|pk|gsk|xai|tgp)[-_][\w-]{8,}|\bBearer\s+[\w.~+/=-]{8,}")


def _part_of(word: str, key: str) -> bool:
    word = word.strip(".-")
    return len(word) >= 4 and (key.startswith(word) or key.endswith(word) or (len(word) >= 8 and word in key))


def said(body: object, text: str) -> str:
    """Return what the body of an error says, as one line of at most 500 characters."""
    words: Any = body
    if isinstance(body, Mapping):
        whole = cast(Mapping[str, Any], body)
        inner: Any = whole.get("error")
        one = cast(Mapping[str, Any], inner if isinstance(inner, dict) else whole)
        words = cast(Any, one.get("message") or one.get("detail") or inner or whole)
    line = " ".join(str(text if words is None else words).split())
    return line if len(line) <= 500 else line[:500] + "..."


def status_error(code: int, text: str, headers: Mapping[str, str], *, model: str, where: str) -> ModelError:
    """Return the error for an HTTP status."""
    after = retry_after(headers)
    wait = f"; the server asks to wait {after:g} s" if after is not None else ""
    match code:
        case 401:
            kind, lead = ModelAuthError, "the key was refused"
        case 403:
            kind, lead = ModelAuthError, "the key may not do this"
        case 429:
            kind, lead = ModelRateLimited, "too many requests, or no quota left"
        case 408:
            kind, lead = ModelTimeout, "the server gave up waiting"
        case 404:
            kind, lead = ModelRequestError, "not found (is the model's name, or base_url, right?)"
        case _ if code >= 500:
            kind, lead = ModelServerError, "the server failed"
        case _:
            kind, lead = ModelRequestError, "the request was refused"
    detail = f": {text}" if text else ""
    return kind(f"{lead} ({code}){wait}{detail}", model=model, endpoint=where, status=code, retry_after=after)


def connection_error(text: str, *, model: str, where: str) -> ModelError:
    """Return the error for a connection that failed with this text."""
    if half(text):
        return BadModelReply(f"the answer broke off half way: {text}", model=model, endpoint=where)
    hint = "is base_url right and the server up?"
    return ModelUnreachable(f"no connection ({text}); {hint}", model=model, endpoint=where)


def half(text: str) -> bool:
    """Say whether the HTTP packages' words mean that an answer broke off."""
    return any(words in text for words in _HALF)


_HALF = (
    "without sending complete message body",
    "incomplete chunked read",
    "payload is not completed",
    "Not enough data to satisfy content length",
)


def timeout(text: str, *, model: str, where: str, seconds: float | None) -> ModelTimeout:
    """Return the error for a server that took too long."""
    limit = f" within {seconds:g} s (timeout={seconds:g})" if seconds is not None else " in time"
    return ModelTimeout(text + limit, model=model, endpoint=where)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After header asks for, if it is a number."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
    return None
