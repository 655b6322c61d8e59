"""Where rows that an older convagent wrote become rows of now, as they are read; what is stored stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..serde import VERSION
from .base import Row

_LIFTS: Mapping[int, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {}
"""By version: what makes a body of the next one of it, its ``v`` included."""


def lifted(row: Row) -> Row:
    """Return a row as this version would have written it. One of a later version stays as it is."""
    body = row.body
    version = body.get("v")
    while isinstance(version, int) and version < VERSION and version in _LIFTS:
        body = _LIFTS[version](body)
        version = body.get("v")
    return row if body is row.body else replace(row, body=body)
