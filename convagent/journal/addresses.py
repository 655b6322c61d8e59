"""Addresses of databases: what of them may be shown, and what is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from ..errors import ConfigError, JournalError

POSTGRES = ("postgresql://", "postgres://")
ESCAPED = "characters such as @ : / in a password are written as %40 %3A %2F"

LINK: Mapping[str, int] = {
    "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 10_000
}  # fmt: skip
"""How a connection finds out within some 15 s that nobody is at its other end, in words of libpq. Where a network
swallows what is sent, the system would wait for a quarter of an hour."""

_MISWRITTEN = re.compile(r"postgres(ql)?:|(host|hostaddr|port|user|password|dbname|service)\s*=")


def expect_address(place: str) -> None:
    """Refuse what was meant for an address of a database and is none, before it is taken for a path, and shown.

    Raises:
        ConfigError: it is in another form; nothing of it is repeated.
        JournalError: it cannot be read, or where its password ends cannot be told.
    """
    if place.startswith(POSTGRES):
        if _is_unreadable(place):
            raise JournalError(f"{without_password(place)}: this address cannot be read; {ESCAPED}")
    elif _MISWRITTEN.match(place):
        raise ConfigError("a journal in PostgreSQL is named by an address, postgresql://user@host/database")


def without_password(url: str) -> str:
    """Return an address as it may be shown; where it cannot be read, only what kind it is."""
    scheme, _, rest = url.partition("://")
    if _is_unreadable(url):
        return f"{scheme}://..."
    login, at, place = rest.rpartition("@")
    parts = urlsplit(f"{scheme}://{place}")
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if "password" not in name], safe="/")
    return urlunsplit((scheme, f"{login.partition(':')[0]}{at}{parts.netloc}", parts.path, query, ""))


def passwords(url: str) -> frozenset[str]:
    """Return the passwords in an address, as they are written and as they are meant."""
    login, _, place = url.partition("://")[2].rpartition("@")
    password = login.partition(":")[2]
    named = (value for name, value in parse_qsl(place.partition("?")[2]) if "password" in name)
    return frozenset({password, unquote(password), *named} - {""})


def link(url: str) -> dict[str, Any]:
    """Return `LINK` without what an address says itself."""
    said = {name for name, _ in parse_qsl(url.partition("?")[2])}
    return {name: value for name, value in LINK.items() if name not in said}


def _is_unreadable(url: str) -> bool:
    """Say whether an @ stands where libpq would not end the password by it, or a host cannot be one."""
    login, _, place = url.partition("://")[2].rpartition("@")
    try:
        urlsplit(f"//{place}")
    except ValueError:
        return True
    return "@" in login or "/" in login or "?" in login.partition(":")[0]
