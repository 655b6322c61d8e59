"""What an endpoint is called and how its failures read. Shared by the adapters; no I/O, never a key."""

from __future__ import annotations

import math
import re
import time
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


def status_error(
    code: int,
    text: str,
    headers: Mapping[str, str],
    *,
    model: str,
    where: str,
    attempts: str = "",
    patience: float | None = None,
) -> ModelError:
    """Return the error for an HTTP status.

    Args:
        code: the status.
        text: what the server says.
        headers: of the answer.
        model: who was asked.
        where: the endpoint.
        attempts: what is to be said of several attempts.
        patience: the longest wait in seconds that the server may ask for.
    """
    after = retry_after(headers)
    wait = f"; the server asks to wait {after:g} s" if after is not None else ""
    if after is not None and patience is not None and after > patience:
        wait += f", and at most {patience:g} s are waited"
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
    said = f"{lead} ({code}){attempts}{wait}{detail}"
    request_id = headers.get("x-request-id", "")
    return kind(said, model=model, endpoint=where, status=code, retry_after=after, request_id=request_id)


def connection_error(text: str, *, model: str, where: str, attempts: str = "") -> ModelError:
    """Return the error for a connection that failed with this text."""
    if half(text):
        return BadModelReply(f"the answer broke off half way{attempts}: {text}", model=model, endpoint=where)
    hint = "is base_url right and the server up?"
    return ModelUnreachable(f"no connection ({text}){attempts}; {hint}", model=model, endpoint=where)


def half(text: str) -> bool:
    """Say whether the HTTP packages' words mean that an answer broke off."""
    return any(words in text for words in _HALF)


_HALF = (
    "without sending complete message body",
    "incomplete chunked read",
    "payload is not completed",
    "Not enough data to satisfy content length",
)


def timeout(text: str, *, model: str, where: str, seconds: float | None, attempts: str = "") -> ModelTimeout:
    """Return the error for a server that took too long."""
    limit = f" within {seconds:g} s (timeout={seconds:g})" if seconds is not None else " in time"
    return ModelTimeout(text + limit + attempts, model=model, endpoint=where)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After header asks for, stated as a number or as a date."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            asked = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        return asked if math.isfinite(asked) else None
    return _until(headers.get("retry-after", ""))


def _until(date: str) -> float | None:
    """Return the seconds until an HTTP date."""
    from email.utils import parsedate_to_datetime  # wanted for few answers, and slow to import

    try:
        return round(max(parsedate_to_datetime(date).timestamp() - time.time(), 0.0), 1)
    except (TypeError, ValueError, OverflowError):
        return None
