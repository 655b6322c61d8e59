"""Keep secrets out of what is shown: which names hold them, and how values look in reprs and errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from .entry import Secret

MASK = "**********"

_SECRET_NAME = re.compile(
    r"(^|[_-])(api_?key|key|keys|token|secret|password|passwd|credentials?|authorization|cookie)$"
    r"|^x?-?api-?key$|secret|authorization|password",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z_ .-]{0,23}|[\d., -]{1,12}")
_KEY_PREFIX = re.compile(r"(sk|pk|rk|gsk|xai|hf|ghp|csk|pplx|key|bearer|basic)[-_ ]", re.IGNORECASE)


class MaskedDict(dict[str, Any]):
    """A dict whose repr shows no secret; its items are what they are."""

    def __repr__(self) -> str:
        return repr(masked(dict(self)))

    __str__ = __repr__


def is_secret_name(name: str) -> bool:
    """Return whether a field or header of this name holds something nobody should read."""
    return _SECRET_NAME.search(name) is not None


def wrapped(value: Any, name: str = "") -> Any:
    """Return a value with every secret in it, at any depth, as a `Secret`; containers are copied."""
    if isinstance(value, Mapping):
        found = cast(Mapping[Any, Any], value)
        return {key: wrapped(item, str(key)) for key, item in found.items()}
    if isinstance(value, (list, tuple)):
        return [wrapped(item, name) for item in cast(list[Any], value)]
    if name and isinstance(value, str) and value and is_secret_name(name):
        return Secret(value)
    return value


def masked(value: Any, name: str = "") -> Any:
    """Return a value as JSON may show it: secrets as asterisks, URLs without user info and query."""
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, Mapping):
        return {key: masked(item, str(key)) for key, item in cast(Mapping[Any, Any], value).items()}
    if isinstance(value, (list, tuple)):
        return [masked(item, name) for item in cast(list[Any], value)]
    if isinstance(value, str):
        if name and value and is_secret_name(name):
            return MASK
        return public_url(value) if "://" in value else value
    return value


def public_url(url: str) -> str:
    """Return a URL without user info, query and fragment, any of which may hold a secret."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def shown(value: object) -> str:
    """Return how an error message may show a bad value.

    Numbers and short words are shown. Any longer text may be a key that was pasted into the
    wrong field, so only its length is told.
    """
    if value is None or isinstance(value, (bool, int, float)):
        text = repr(value)
        return text if len(text) <= 24 else f"a number of {len(text)} digits"
    if isinstance(value, str):
        if not value:
            return "''"
        if _WORD.fullmatch(value) and not _KEY_PREFIX.match(value):
            return repr(value)
        return f"a text of {len(value)} characters"
    name = type(value).__name__
    return f"an object of type {name}" if name not in ("list", "dict", "tuple", "set") else f"a {name}"
