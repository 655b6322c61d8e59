"""Where rows that an older convagent wrote become rows of now, as they are read; what is stored stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..serde import VERSION
from .base import Row

_LIFTS: Mapping[int, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {}
"""By version: what makes a body of the next one of it, its ``v`` included."""


def lifted(rows: list[Row]) -> list[Row]:
    """Return rows as this version would have written them. One of a later version stays as it is."""
    return [row._replace(body=lift(row.body)) for row in rows] if _LIFTS else rows


def lift(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a body as this version would have written it."""
    while isinstance(version := body.get("v"), int) and version < VERSION:
        body = _LIFTS[version](body)
    return body
