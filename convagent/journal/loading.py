"""A run as it is kept, and what came in for one that is moved on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..errors import JournalError
from ..events import InputRequestEvent
from .base import Claim, Loaded, News, Row, StoredControl, StoredRequest
from .claims import INFO, info_from
from .codec import REQUEST, escaped, found, request_from, unescaped
from .rows import damaged, rows_of, runs_of
from .schema import OPEN, span
from .tx import Tx
from .upcast import lifted
from .writing import Held, check

# ---------------------------------------------------------------- a run


def load(tx: Tx, run: str) -> Loaded:
    """Return a run as it is kept."""
    row = tx.one(f"SELECT r.run, r.root, r.spec, {INFO} WHERE r.id = ?", (escaped(run),))
    if row is None:
        raise JournalError(f"{tx.url}: there is no run {run!r}; `convagent runs` lists them")
    number, root, spec, *rest = row
    if root is not None:
        raise JournalError(f"{tx.url}: {run!r} is a run inside another; load {run.partition('/')[0]!r}")
    try:
        wanted = cast("dict[str, Any]", json.loads(found(tx, spec)))
    except ValueError as wrong:
        raise damaged(tx, run, "its specification", str(wrong)) from None
    inner = runs_of(tx, number)
    rows = tuple(lifted(rows_of(tx, number, inner)))
    timers = tx.all("SELECT run, key, due FROM timers WHERE root = ?", (number,))
    return Loaded(
        info=info_from(rest, tx.ticks()),
        spec=wanted,
        rows=rows,
        turns={kept.id: kept.turn for kept in inner.values()},
        requests=tuple(requests_of(tx, number, run, _told(number, rows))),
        timers={(inner[n].id, unescaped(key)): due for n, key, due in timers if n in inner},
        controls=controls_of(tx, number),
    )


def spec(tx: Tx, run: str) -> Mapping[str, Any]:
    """Return what was kept when a run, or the one around it, was begun."""
    row = tx.one(
        "SELECT root.spec FROM runs run JOIN runs root ON root.run = coalesce(run.root, run.run) WHERE run.id = ?",
        (escaped(run),),
    )
    if row is None:
        raise JournalError(f"{tx.url}: there is no run {run!r}; `convagent runs` lists them")
    try:
        return cast("dict[str, Any]", json.loads(found(tx, row[0])))
    except ValueError as wrong:
        raise damaged(tx, run, "its specification", str(wrong)) from None


def _told(root: int, rows: Sequence[Row]) -> dict[int, Mapping[str, Any]]:
    """Return the events that hold requests, by their places."""
    first = span(root)[0] + 1
    return {place: row.body for place, row in enumerate(rows, first) if row.body.get("type") == InputRequestEvent.type}


def requests_of(
    tx: Tx, root: int, run: str, bodies: Mapping[int, Mapping[str, Any]] | None = None
) -> list[StoredRequest]:
    """Return every request of a run and those inside it, in the order in which they were first asked.

    Args:
        root: the run's number.
        run: its id.
        bodies: by place: events that were read already.

    Raises:
        JournalError: one is damaged.
    """
    rows = tx.all(f"SELECT {REQUEST} WHERE q.request >= ? AND q.request < ? ORDER BY q.request", span(root))
    try:
        return [request_from(tx, row, bodies) for row in rows]
    except ValueError as wrong:
        raise damaged(tx, run, "a request", str(wrong)) from None


def controls_of(tx: Tx, root: int) -> tuple[StoredControl, ...]:
    """Return the control messages that are not met yet, oldest first."""
    rows = tx.all("SELECT number, at, body FROM controls WHERE root = ? ORDER BY number", (root,))
    return tuple(StoredControl(number=number, at=at, **json.loads(body)) for number, at, body in rows)


# ---------------------------------------------------------------- news


def news(tx: Tx, held: Held, claim: Claim, requests: Sequence[str]) -> News:
    """Return what came in for the holder of a claim."""
    check(tx, held, claim)
    settled: list[StoredRequest] = []
    for id in requests:
        row = tx.one(f"SELECT {REQUEST} WHERE q.id = ? AND q.status <> ?", (escaped(id), OPEN))
        if row is not None:
            settled.append(request_from(tx, row))
    controls = controls_of(tx, held.root)
    held.tell((escaped(stored.id) for stored in settled), max((c.number for c in controls), default=0))
    return News(tuple(settled), controls)
