"""Texts that this server signed, and knows again."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any, cast

from ...errors import ConfigError

SHORTEST = 32
_LONGEST_TEXT = 4096


class Keys:
    """One secret, and a key of its own for each purpose: what is signed for one is worth nothing for another.

    Args:
        secret: at least 32 characters; empty: a random one, which ends with the process.

    Raises:
        ConfigError: the secret is too short.
    """

    def __init__(self, secret: str = "") -> None:
        if secret and len(secret) < SHORTEST:
            raise ConfigError(
                f"the secret of a web inbox has {len(secret)} characters; expected {SHORTEST} or more, "
                "such as secrets.token_urlsafe(32)"
            )
        self._root = secret.encode() if secret else secrets.token_bytes(32)

    def __repr__(self) -> str:
        return "Keys(**********)"

    def mark(self, purpose: str, *parts: str) -> str:
        """Return what stands for these texts, and can be made by nobody else."""
        return _encoded(self._mac(purpose, json.dumps(parts).encode()))

    def fits(self, mark: str, purpose: str, *parts: str) -> bool:
        """Return whether a mark is that of these texts, in a time that does not tell how near it is."""
        return hmac.compare_digest(self.mark(purpose, *parts).encode(), mark.encode("utf-8", "replace"))

    def seal(self, purpose: str, values: Mapping[str, Any]) -> str:
        """Return values as a text that can be read by anybody and changed by nobody."""
        body = _encoded(json.dumps(values, separators=(",", ":")).encode())
        return f"{body}.{_encoded(self._mac(purpose, body.encode()))}"

    def opened(self, purpose: str, sealed: str) -> Mapping[str, Any] | None:
        """Return the values that were sealed for this purpose; None: they were not, or were changed."""
        body, _, mac = sealed.partition(".")
        if len(sealed) > _LONGEST_TEXT or not sealed.isascii():
            return None
        if not hmac.compare_digest(_encoded(self._mac(purpose, body.encode())).encode(), mac.encode()):
            return None
        try:
            found = json.loads(_decoded(body))
        except (ValueError, binascii.Error):
            return None
        return cast("Mapping[str, Any]", found) if isinstance(found, dict) else None

    def _mac(self, purpose: str, message: bytes) -> bytes:
        key = hmac.digest(self._root, b"convagent web inbox: " + purpose.encode(), hashlib.sha256)
        return hmac.digest(key, message, hashlib.sha256)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
