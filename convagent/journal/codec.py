"""Values of a journal as what stands in its tables, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from typing import Any, cast
from zlib import crc32

from ..human import HumanReply, HumanRequest
from ..serde import encode, made, read_value, write_value
from .base import RequestStatus, StoredRequest
from .schema import NEVER, PER_RUN, REQUEST_STATUSES
from .tx import Tx
from .upcast import lift

LARGE = 64 * 1024
"""From how many characters on a body is kept once for all that are the same."""
_MARK = "sha256:"


# ---------------------------------------------------------------- texts


def escaped(text: str) -> str:
    """Return any text as one that every database takes: no NUL, no half of a surrogate pair."""
    if text.isascii() and text.isprintable() and "\\" not in text and '"' not in text:
        return text
    return encode_basestring_ascii(text)[1:-1]


def unescaped(text: str) -> str:
    """Return the text that was escaped."""
    return text if "\\" not in text else json.loads(f'"{text}"')


def listed(tx: Tx, names: Sequence[str]) -> int:
    """Return the number of a list of names, which is kept once."""
    text = encode(names) if names else "[]"
    row = tx.one("SELECT list FROM lists WHERE names = ?", (text,))
    if row is None:
        tx.run("INSERT INTO lists (names) VALUES (?) ON CONFLICT (names) DO NOTHING", (text,))
        row = tx.one("SELECT list FROM lists WHERE names = ?", (text,))
    return int(row[0])


def crc_of(seq: int, key: str, fence: int, time: float, body: str) -> int:
    """Return the check sum of what stands in a row of events, as a number of four bytes."""
    return crc32(f"{seq} {key} {fence} {time!r} {body}".encode("utf-8", "surrogatepass")) - 0x80000000


# ---------------------------------------------------------------- large bodies


def kept(tx: Tx, body: str) -> str:
    """Return what stands for a body in its row: itself, or where it is found, if it is large."""
    text = kept_as(body)
    if text is not body:
        tx.run(
            "INSERT INTO bodies (hash, uses, body) VALUES (?, 1, ?) "
            "ON CONFLICT (hash) DO UPDATE SET uses = bodies.uses + 1",
            (text.removeprefix(_MARK), body),
        )
    return text


def kept_as(body: str) -> str:
    """Return what stands for a body in its row, without keeping it."""
    return body if len(body) < LARGE else _MARK + sha256(body.encode()).hexdigest()


def found(tx: Tx, text: str) -> str:
    """Return a body for which this stands.

    Raises:
        ValueError: it is gone.
    """
    if not text.startswith(_MARK):
        return text
    row = tx.one("SELECT body FROM bodies WHERE hash = ?", (text.removeprefix(_MARK),))
    if row is None:
        raise ValueError(f"its body, {text}, is missing")
    return str(row[0])


def dropped(tx: Tx, text: str) -> None:
    """Let a body go that a row does not have any more."""
    if text.startswith(_MARK):
        hash = text.removeprefix(_MARK)
        tx.run("UPDATE bodies SET uses = uses - 1 WHERE hash = ?", (hash,))
        tx.run("DELETE FROM bodies WHERE hash = ? AND uses < 1", (hash,))


# ---------------------------------------------------------------- requests

REQUEST = (
    "q.id, q.told, coalesce(told.body, q.body), run.id, root.id, q.key, q.status, q.asked, q.votes, q.reply, "
    "q.decision, q.decided, q.history, told.seq, told.key, told.fence, told.time, told.crc "
    "FROM requests q JOIN runs run ON run.run = q.run "
    f"JOIN runs root ON root.run = q.request / {PER_RUN} LEFT JOIN events told ON told.place = q.told"
)
"""What `request_from` reads."""


def due_of(request: HumanRequest) -> float:
    """Return when the time of a request is up."""
    return NEVER if request.deadline is None else min(float(request.deadline), NEVER)


def request_from(tx: Tx, row: Sequence[Any], bodies: Mapping[int, Mapping[str, Any]] | None = None) -> StoredRequest:
    """Return a request from a row of `REQUEST`.

    Args:
        bodies: by place: events that were read already.

    Raises:
        ValueError: it is damaged.
    """
    id, place, body, run, root, key, status, asked, votes, reply, decision, decided, history, *holder = row
    seq, row_key, fence, time, crc = holder
    known = bodies.get(place) if bodies else None
    if known is None and crc is not None and crc_of(seq, row_key, fence, time, body) != crc:
        raise ValueError("the check sum of the row that holds it is wrong")
    return StoredRequest(
        request=_request(id, json.loads(found(tx, body) or "null") if known is None else known),
        run=unescaped(run),
        root=unescaped(root),
        key=unescaped(key),
        status=cast("RequestStatus", REQUEST_STATUSES[status]),
        asked=asked,
        votes=read_value(HumanReply, found(tx, votes)).votes if votes else (),
        reply=read_value(HumanReply, found(tx, reply)) if reply else None,
        decision_id=unescaped(decision or ""),
        decided=decided,
        history=tuple(cast("list[Mapping[str, Any]]", json.loads(history))) if history else (),
    )


def _request(id: str, body: Any) -> HumanRequest:
    """Return a request from what JSON made of it, or of the event which tells of it."""
    match body:
        case {"type": str(), "request": _}:
            return made(HumanRequest, lift(body)["request"])
        case {"erased": str()}:
            return HumanRequest(unescaped(id), "(erased)", "")
        case _:
            return made(HumanRequest, body)


def votes_text(id: str, votes: Sequence[HumanReply]) -> str:
    """Return approvals as what stands in the table."""
    return write_value(HumanReply(id, votes=tuple(votes)))
