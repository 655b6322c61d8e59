"""Lengths of time as a person writes them."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from .errors import ConfigError

Duration = str | float | timedelta
"""``"10m"``, ``"1h30m"``, ``"3 d"``, seconds, or a `timedelta`."""

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[smhdw])\s*")


def seconds(value: Duration, what: str = "within") -> float:
    """Return a duration in seconds.

    Raises:
        ConfigError: it is not one, not finite, or not above zero.
    """
    found = _read(value)
    if found is None or not math.isfinite(found) or found <= 0:
        raise ConfigError(f"{what}={value!r} is not a length of time; expected '30s', '10m', '1h30m', '2d' or seconds")
    return found


def _read(value: object) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    parts = list(_PART.finditer(text))
    if not parts or "".join(p[0] for p in parts) != text:
        return None
    return sum(float(p[1]) * _SECONDS[p[2]] for p in parts)


def spoken(length: float) -> str:
    """Return seconds as a person writes them: ``1h30m``, ``45s``, ``0.5s``."""
    if length < 60:
        return f"{length:g}s"
    left, parts = round(length), list[str]()
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, int(_SECONDS[unit]))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
