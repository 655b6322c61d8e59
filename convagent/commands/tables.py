"""Tables and times as the commands print them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import datetime

from .._screen import is_tty, visible
from ..journal.base import RunInfo

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
LEAST = 20
"""Columns that the last column of a table has at least."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows below their head, columns aligned; on a terminal the last column is cut to its width."""
    lines = [list(head), *([visible(" ".join(cell.split())) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head) - 1)]
    room = max(shutil.get_terminal_size().columns - sum(widths) - 2 * len(widths), LEAST)
    cut = room if is_tty(sys.stdout) else None
    return "\n".join("  ".join([*map(str.ljust, line, widths), _cut(line[-1], cut)]).rstrip() for line in lines)


def _cut(text: str, room: int | None) -> str:
    return text if room is None or len(text) <= room else text[: room - 3] + "..."


def state(info: RunInfo) -> str:
    """Say how a run stands."""
    return f"{info.status} (process gone)" if info.deserted else info.status


def span(seconds: float) -> str:
    """Return a length of time in its two largest units: ``3d4h``, ``12m``, ``5s``."""
    left, parts = max(round(seconds), 0), list[str]()
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count and len(parts) < 2:
            parts.append(f"{count}{unit}")
        elif parts:
            break
    return "".join(parts) or "0s"


def ago(seconds: float) -> str:
    """Say how long ago something was."""
    return f"{span(seconds)} ago" if seconds >= 1 else "now"


def at(time: float) -> str:
    """Return a time in seconds since the epoch as a clock of here shows it."""
    try:
        return datetime.fromtimestamp(time).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    except (ValueError, OverflowError, OSError):  # of a clock of its own, far from any calendar
        return f"{time:g}"
