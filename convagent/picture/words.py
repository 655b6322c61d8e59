"""Times, numbers and values as a picture spells them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .._screen import visible
from ..duration import spoken
from ..serde import encode

MANY = 20_000
"""How many characters of one text are shown."""
SHORT = 2_000
"""How many characters of a text are looked at where only its beginning is shown."""


def shown(value: object) -> str:
    """Return a text without what cannot be shown: control characters are spelled, half a surrogate pair replaced."""
    text = value if isinstance(value, str) else str(value)
    return visible(text).encode("utf-8", "replace").decode()


def limited(value: str) -> str:
    """Return a text as it is shown; the rest of a very long one is counted."""
    text = shown(value[:MANY])
    return text if len(value) <= MANY else f"{text}\n[and {len(value) - MANY:,} more characters]"


def one_line(value: str) -> str:
    """Return the beginning of a text, on one line."""
    return " ".join(shown(value[:SHORT]).split())


def arguments(given: Mapping[str, Any] | str | None) -> str:
    """Return arguments a line each, as ``name=value``."""
    if not given:
        return ""
    found: Any = given
    if isinstance(given, str):
        try:
            found = json.loads(given)
        except (ValueError, RecursionError):
            return given
    if not isinstance(found, Mapping):
        return str(given)
    return "\n".join(f"{name}={value(item)}" for name, item in cast("Mapping[str, Any]", found).items())


def among(names: Sequence[str], most: int) -> str:
    """Return names in a row, so many at most."""
    told = [cut(one_line(name), 40) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(told)} and {len(names) - most} more"
    return " and ".join(part for part in (", ".join(told[:-1]), *told[-1:]) if part)


def value(item: object) -> str:
    """Return a value as JSON, in its own characters."""
    return json.dumps(json.loads(encode(item)), ensure_ascii=False)


def lasted(seconds: float) -> str:
    """Return a span of time as a person reads it: ``40ms``, ``1.2s``, ``4m``, ``2d3h``."""
    if seconds < 0.0005:
        return "0s"
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return spoken(round(seconds, 1))
    whole = round(seconds / 60) * 60 if seconds >= 3600 else round(seconds)
    return spoken(round(whole / 3600) * 3600 if seconds >= 86400 else whole)


def since(seconds: float) -> str:
    """Return the time since a run began as a clock shows it: ``0:04.2``, ``14:00``, ``1:02:03``, ``2d 03:04``."""
    whole = int(max(seconds, 0.0))
    days, hours, minutes, left = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{days}d {hours:02}:{minutes:02}"
    if hours:
        return f"{hours}:{minutes:02}:{left:02}"
    return f"{minutes}:{left:02}" + (f".{int(seconds * 10) % 10}" if whole < 60 else "")


def money(cost: float) -> str:
    """Return a price in dollars; ``-`` where none is known."""
    if not cost:
        return "-"
    return f"${cost:,.2f}" if cost >= 1 else f"${cost:.4f}" if cost >= 0.0001 else f"${cost:.2g}"


def columns(text: str) -> int:
    """Return how many columns of a terminal, or widths of a letter, a text takes."""
    return len(text) if text.isascii() else sum(_wide(letter) for letter in text)


def _wide(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cut(text: str, room: int) -> str:
    """Return as much of a text as fits in so many columns, with an ellipsis where something is left out."""
    if len(text) <= room // 2 or columns(text) <= room:
        return text
    taken, used = 0, 1
    for letter in text:
        used += _wide(letter)
        if used > room:
            break
        taken += 1
    return f"{text[:taken].rstrip()}…" if room > 0 else ""


def wrapped(text: str, room: int, lines: int) -> list[str]:
    """Return a text on so many lines at most; what does not fit is left out, with an ellipsis."""
    found: list[str] = []
    rest = one_line(text)
    while rest and len(found) < lines - 1 and columns(rest) > room:
        head = cut(rest, room + 1).removesuffix("…")
        space = head.rfind(" ")
        taken = head[:space] if space > room // 3 else head
        if not taken:
            break
        found.append(taken.rstrip())
        rest = rest[len(taken) :].lstrip()
    return [*found, cut(rest, room)] if rest else found
