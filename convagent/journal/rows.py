"""The rows of a run as they are read: quickly, to go on with it, or with their chain, to prove it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..chain import chained, digest_of, head_of
from ..errors import JournalError
from .base import Row
from .codec import crc_of, found, unescaped
from .schema import span
from .tx import Tx


def damaged(tx: Tx, run: str, where: str, why: str) -> JournalError:
    """Return what is raised where a run cannot be used."""
    return JournalError(
        f"{tx.url}: run {run!r} is damaged: {where} cannot be used: {why}. Other runs are not concerned; "
        "restore this one from a copy, or delete it"
    )


@dataclass(slots=True)
class Kept:
    """One run, and where the rows of it that were read end."""

    id: str
    turn: int
    last: tuple[int, str]
    """Number and hash of its last row, as the run has it."""
    seq: int = 0
    hash: str = ""


def runs_of(tx: Tx, root: int) -> dict[int, Kept]:
    """Return a run and those inside it, by their numbers."""
    rows = tx.all("SELECT run, id, turn, seq, head FROM runs WHERE run = ? OR root = ?", (root, root))
    return {n: Kept(unescaped(id), turn, (seq, bytes(head).hex() if head else "")) for n, id, turn, seq, head in rows}


# ---------------------------------------------------------------- to go on


def rows_of(tx: Tx, root: int, runs: Mapping[int, Kept]) -> list[Row]:
    """Return the rows of a run and those inside it, in the order in which they were written.

    Each one's check sum is looked at, and that none is missing; the chain is not.

    Raises:
        JournalError: one is damaged, or missing.
    """
    begin, end = span(root)
    stored = tx.all(
        "SELECT place - ?, run, seq, key, fence, time, body, crc FROM events WHERE place >= ? AND place < ? "
        "ORDER BY place",
        (begin, begin, end),
    )
    whole = runs[root].id
    texts: list[str] = []
    for expected, (place, number, seq, key, fence, time, body, crc) in enumerate(stored, 1):
        kept = runs.get(number)
        if place != expected or kept is None:
            raise damaged(tx, whole, f"row at place {expected}", "it is missing, or its run is")
        try:
            if crc_of(seq, key, fence, time, body) != crc:
                raise ValueError("its check sum is wrong")
            _check_turn(kept, key)
            texts.append(body if body[0] == "{" else found(tx, body))
        except (ValueError, TypeError, LookupError) as wrong:
            raise damaged(tx, kept.id, f"row {seq} (place {place})", str(wrong)) from None
        kept.seq = seq
    for kept in runs.values():
        if kept.seq != kept.last[0]:
            raise damaged(tx, kept.id, f"row {kept.last[0]}, the last one,", f"it ends at row {kept.seq}")
    return [
        Row(runs[number].id, seq, unescaped(key), fence, time, body)
        for (_, number, seq, key, fence, time, _, _), body in zip(stored, _parsed(tx, whole, texts), strict=True)
    ]


def _check_turn(kept: Kept, key: str) -> None:
    turn = key.partition("/")[0]
    if turn.isdecimal() and int(turn) > kept.turn + 1:
        raise ValueError(f"it belongs to turn {turn}, and turn {kept.turn} is the last one that is finished")


def _parsed(tx: Tx, run: str, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return bodies as JSON has them: all at once, which takes half of the time."""
    try:
        bodies = cast("list[Any]", json.loads(f"[{','.join(texts)}]"))
    except (ValueError, RecursionError) as wrong:
        raise damaged(tx, run, "a row", str(wrong)) from None
    if len(bodies) != len(texts) or not all(type(body) is dict for body in bodies):
        raise damaged(tx, run, "a row", "it is no JSON object")
    return bodies


# ---------------------------------------------------------------- to prove


@dataclass(frozen=True, slots=True)
class Link:
    """One row with what ties it to the one before it."""

    run: str
    seq: int
    text: str
    """Its body, as it was written."""
    head: str
    salt: str
    hash: str


def links(tx: Tx, root: int, runs: Mapping[int, Kept]) -> list[Link]:
    """Return the rows of a run and those inside it, in the order in which they were written, their chains computed.

    Raises:
        JournalError: one does not follow from what stands before it, or one is missing.
    """
    made: list[Link] = []
    for place, number, *values in tx.all(
        "SELECT place, run, seq, key, fence, time, body, salt, hash FROM events WHERE place >= ? AND place < ? "
        "ORDER BY place",
        span(root),
    ):
        kept, where = runs.get(number), place - span(root)[0]
        if kept is None:
            raise damaged(tx, runs[root].id, f"row at place {where}", "its run is missing")
        try:
            link = _link(tx, kept, values)
        except (ValueError, TypeError, RecursionError) as wrong:
            raise damaged(tx, kept.id, f"row {values[0]} (place {where})", str(wrong)) from None
        kept.seq, kept.hash = link.seq, link.hash
        made.append(link)
    for kept in runs.values():
        if (kept.seq, kept.hash) != kept.last:
            raise damaged(tx, kept.id, f"row {kept.last[0]}, the last one,", f"it ends at row {kept.seq}")
    return made


def _link(tx: Tx, kept: Kept, values: Sequence[Any]) -> Link:
    seq, key, fence, time, body, salt, hash = values
    text = found(tx, body)
    head = head_of(kept.id, seq, time, unescaped(key), fence)
    salted, hashed = bytes(salt).hex() if salt is not None else "", bytes(hash).hex()
    digest = digest_of(salted, text) if salt is not None else str(json.loads(text).get("erased"))
    if chained(kept.hash, head, digest) != hashed:
        raise ValueError("it does not follow from the row before it: one was edited, or is missing")
    return Link(kept.id, seq, text, head, salted, hashed)
