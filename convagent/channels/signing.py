"""Signatures of webhooks, as https://www.standardwebhooks.com lays down (version 1.0.0, symmetric).

Three headers: `webhook-id` says which message it is, the same at every attempt; `webhook-timestamp`
when this attempt was made, in whole seconds since the epoch; `webhook-signature` holds
``v1,<base64>``, an HMAC-SHA256 over ``id.timestamp.body``, one for each key, with blanks between.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from ..errors import ConfigError
from ..models.entry import Secret

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
_ID = re.compile(r"[A-Za-z0-9_:/=+-]{1,255}")  # without a full stop, which separates what is signed
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_MOST_SIGNATURES = 10


class NotSigned(Exception):
    """A message is not signed by who shares the secret, or not now; the text says what was expected."""


class Signer:
    """Sign and check messages with secrets that both sides know; no repr and no error shows them.

    Args:
        secret: ``whsec_`` and the base64 of 24 to 64 random bytes; several while one is replaced:
            each signs, and any may have signed.

    Raises:
        ConfigError: a secret is not one.
    """

    def __init__(self, secret: str | Sequence[str]) -> None:
        given = [secret] if isinstance(secret, str) else list(secret)
        if not given:
            raise ConfigError(_EXPECTED)
        self._secrets = [Secret(_checked(one)) for one in given]

    def __repr__(self) -> str:
        return f"Signer({self._secrets!r})"

    def headers(self, id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """Return the three headers of a message."""
        signatures = [f"v1,{base64.b64encode(mac).decode()}" for mac in self._macs(id, str(timestamp), body)]
        return {
            "webhook-id": id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signatures),
        }

    def check(self, headers: Mapping[str, str], body: bytes, now: float, tolerance: float) -> tuple[str, int]:
        """Return the id and the timestamp of a message.

        Args:
            headers: names in lower case.
            body: as it was received, to the byte.
            now: in seconds since the epoch.
            tolerance: how many seconds the timestamp may be from it, either way.

        Raises:
            NotSigned: a header is missing, the time is too far away, or no signature fits.
        """
        id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        signatures = headers.get("webhook-signature", "")
        if not _ID.fullmatch(id) or not _TIMESTAMP.fullmatch(timestamp) or not signatures:
            raise NotSigned("expected the headers webhook-id, webhook-timestamp and webhook-signature")
        age = now - int(timestamp)
        if abs(age) > tolerance:
            when = "old" if age > 0 else "ahead of this machine's clock"
            raise NotSigned(f"webhook-timestamp is {abs(age):.0f} s {when}; at most {tolerance:.0f} s are taken")
        if not self._fits(signatures, self._macs(id, timestamp, body)):
            raise NotSigned("webhook-signature does not fit; it is v1, and HMAC-SHA256 over id.timestamp.body")
        return id, int(timestamp)

    def _macs(self, id: str, timestamp: str, body: bytes) -> list[bytes]:
        signed = f"{id}.{timestamp}.".encode() + body
        return [hmac.digest(_key(secret), signed, hashlib.sha256) for secret in self._secrets]

    @staticmethod
    def _fits(header: str, expected: list[bytes]) -> bool:
        """Compare every signature with every key, in a time that does not tell how near one is."""
        fits = False
        for signature in header.split(" ")[:_MOST_SIGNATURES]:
            version, _, text = signature.partition(",")
            given = _decoded(text) if version == "v1" else None
            for mac in expected:
                fits |= given is not None and hmac.compare_digest(mac, given)
        return fits


def new_secret() -> str:
    """Return a new random secret, for both sides to keep."""
    import secrets

    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


_EXPECTED = (
    f"the secret of a webhook is {_PREFIX} and the base64 of {_SHORTEST} to {_LONGEST} random bytes; "
    "convagent.channels.signing.new_secret() makes one"
)


def _checked(secret: object) -> str:
    if not isinstance(secret, str) or not secret.startswith(_PREFIX):
        raise ConfigError(_EXPECTED)
    key = _decoded(secret.removeprefix(_PREFIX))
    if key is None or not _SHORTEST <= len(key) <= _LONGEST:
        raise ConfigError(_EXPECTED)
    return secret


def _key(secret: Secret) -> bytes:
    return base64.b64decode(secret.reveal().removeprefix(_PREFIX) + "==")


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
