"""Small tables as text, and times and shares as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from .._screen import visible


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows below their head, columns aligned; numbers to the right."""
    cells = [[visible(str(cell)) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
    right = [
        bool(rows) and all(isinstance(row[i], (int, float)) or _is_number(row[i]) for row in rows)
        for i in range(len(head))
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(head), ["-" * width for width in widths], *cells]
    )


def _is_number(cell: object) -> bool:
    return isinstance(cell, str) and (cell == "-" or cell[:1].isdigit())


def percent(part: float, whole: float) -> str:
    """Return a share: ``75 %``; of nothing ``-``."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def moment(at: float) -> str:
    """Return a time as UTC, to the second."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):  # of a clock of its own, far from any calendar
        return f"{at:g}"


def median(values: Sequence[float]) -> float | None:
    """Return the middle of some values; None: there are none."""
    return quantile(values, 0.5)


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which this share of the values lies, between the two that are nearest."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
