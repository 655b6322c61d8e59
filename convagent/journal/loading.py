"""A run as it is kept, and what came in for one that is moved on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..chain import chained, digest_of, head_of
from ..errors import JournalError
from .base import Claim, Loaded, News, Row, StoredControl, StoredRequest
from .claims import INFO, info_from
from .codec import REQUEST, escaped, found, request_from, unescaped
from .schema import OPEN, span
from .tx import Tx
from .upcast import lifted
from .writing import Held, check, crc_of

# ---------------------------------------------------------------- rows


@dataclass(slots=True)
class Kept:
    """One run, and where the rows of it that were read end."""

    id: str
    turn: int
    last: tuple[int, str]
    """Number and hash of its last row, as the run has it."""
    seq: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One row with what ties it to the one before it."""

    row: Row
    text: str
    """Its body, as it was written."""
    head: str
    salt: str
    hash: str


def runs_of(tx: Tx, root: int) -> dict[int, Kept]:
    """Return a run and those inside it, by their numbers."""
    rows = tx.all("SELECT run, id, turn, seq, head FROM runs WHERE run = ? OR root = ?", (root, root))
    return {n: Kept(unescaped(id), turn, (seq, bytes(head).hex() if head else "")) for n, id, turn, seq, head in rows}


def links(tx: Tx, root: int, runs: Mapping[int, Kept]) -> list[Link]:
    """Return the rows of a run and those inside it, in the order in which they were written.

    Raises:
        JournalError: one is damaged, or missing.
    """
    made: list[Link] = []
    for values in tx.all(
        "SELECT place, run, seq, key, fence, time, body, crc, salt, hash FROM events "
        "WHERE place >= ? AND place < ? ORDER BY place",
        span(root),
    ):
        place, number = values[0] - span(root)[0], values[1]
        kept = runs.get(number)
        if kept is None:
            raise _damaged(tx, next(iter(runs.values())).id, f"row at place {place}", "its run is missing")
        try:
            link = _link(tx, kept, values[2:])
        except (ValueError, TypeError, RecursionError) as wrong:
            raise _damaged(tx, kept.id, f"row {values[2]} (place {place})", str(wrong)) from None
        kept.seq, kept.hash = link.row.seq, link.hash
        made.append(link)
    for kept in runs.values():
        if (kept.seq, kept.hash) != kept.last:
            raise _damaged(tx, kept.id, f"row {kept.last[0]}, the last one,", f"it ends at row {kept.seq}")
    return made


def _link(tx: Tx, kept: Kept, values: Sequence[Any]) -> Link:
    seq, key, fence, time, body, crc, salt, hash = values
    if crc_of(body) != crc:
        raise ValueError("its check sum is wrong")
    text, key = found(tx, body), unescaped(key)
    parsed = json.loads(text)
    if not isinstance(parsed, dict):
        raise ValueError("it is no JSON object")
    fields = cast("dict[str, Any]", parsed)
    head = head_of(kept.id, seq, time, key, fence)
    salted, hashed = bytes(salt).hex() if salt is not None else "", bytes(hash).hex()
    digest = digest_of(salted, text) if salt is not None else str(fields.get("erased"))
    if chained(kept.hash, head, digest) != hashed:
        raise ValueError("it does not follow from the row before it: one was edited, or is missing")
    turn = key.partition("/")[0]
    if turn.isdecimal() and int(turn) > kept.turn + 1:
        raise ValueError(f"it belongs to turn {turn}, and turn {kept.turn} is the last one that is finished")
    return Link(Row(kept.id, seq, key, fence, time, fields), text, head, salted, hashed)


def _damaged(tx: Tx, run: str, where: str, why: str) -> JournalError:
    return JournalError(
        f"{tx.url}: run {run!r} is damaged: {where} cannot be used: {why}. Other runs are not concerned; "
        "restore this one from a copy, or delete it"
    )


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
        raise _damaged(tx, run, "its specification", str(wrong)) from None
    inner = runs_of(tx, number)
    rows = tuple(lifted(link.row) for link in links(tx, number, inner))
    timers = tx.all("SELECT run, key, due FROM timers WHERE root = ?", (number,))
    return Loaded(
        info=info_from(rest, tx.ticks()),
        spec=wanted,
        rows=rows,
        turns={kept.id: kept.turn for kept in inner.values()},
        requests=tuple(requests_of(tx, number, run)),
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
        raise _damaged(tx, run, "its specification", str(wrong)) from None


def requests_of(tx: Tx, root: int, run: str) -> list[StoredRequest]:
    """Return every request of a run and those inside it, in the order in which they were first asked.

    Raises:
        JournalError: one is damaged.
    """
    rows = tx.all(f"SELECT {REQUEST} WHERE q.request >= ? AND q.request < ? ORDER BY q.request", span(root))
    try:
        return [request_from(tx, row) for row in rows]
    except ValueError as wrong:
        raise _damaged(tx, run, "a request", str(wrong)) from None


def controls_of(tx: Tx, root: int) -> tuple[StoredControl, ...]:
    """Return the control messages that are not met yet, oldest first."""
    rows = tx.all("SELECT number, at, body FROM controls WHERE root = ? ORDER BY number", (root,))
    return tuple(StoredControl(number=number, at=at, **json.loads(body)) for number, at, body in rows)


# ---------------------------------------------------------------- news


def news(tx: Tx, held: Held, claim: Claim, requests: Sequence[str]) -> News:
    """Return what came in, which the holder of the claim knows from now on."""
    check(tx, held, claim)
    settled: list[StoredRequest] = []
    for id in requests:
        row = tx.one(f"SELECT {REQUEST} WHERE q.id = ? AND q.status <> ?", (escaped(id), OPEN))
        if row is not None:
            settled.append(request_from(tx, row))
            held.standing.discard(escaped(id))
    controls = controls_of(tx, held.root)
    held.heard = max((held.heard, *(control.number for control in controls)))
    return News(tuple(settled), controls)
