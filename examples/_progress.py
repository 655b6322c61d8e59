"""A bar that shows how far some rows are, where a person watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Row = TypeVar("Row")


def progress(rows: Iterable[Row], total: int) -> Iterator[Row]:
    """Give the rows on, drawing how far they are on a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb" or total < 1000:
        yield from rows
        return
    drawn = -1
    for count, row in enumerate(rows, 1):
        done = 40 * min(count, total) // total
        if done != drawn:
            drawn = done
            print(f"\rchecking [{'#' * done:40}] {count:,} of {total:,}", end="", file=sys.stderr, flush=True)
        yield row
    print("\r\x1b[K", end="", file=sys.stderr, flush=True)
