"""What is deleted: a person's data in a run that is over, or a whole run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from ..chain import digest_of, erased
from ..errors import JournalError
from ..human import HumanRequest
from ..serde import encode, write_value
from .codec import dropped, escaped, found, kept, listed, unescaped
from .loading import requests_of
from .rows import crc_of
from .schema import RUNNING, span
from .tx import Tx

# ---------------------------------------------------------------- a person


def forget(tx: Tx, root: int, run: str, person: str) -> int:
    """Delete body and salt of the rows of a run in which a person's name stands; return how many."""
    answered = _forget_requests(tx, root, run, person)
    count = 0
    for place, seq, key, fence, time, body, salt in tx.all(
        "SELECT place, seq, key, fence, time, body, salt FROM events "
        "WHERE place >= ? AND place < ? AND salt IS NOT NULL",
        span(root),
    ):
        try:
            text = found(tx, body)
            values = set(_texts(json.loads(text)))
        except ValueError:
            continue  # it is damaged, and says nothing any more
        if not _concerns(values, person, answered):
            continue
        bare = erased(digest_of(bytes(salt).hex(), text))
        dropped(tx, body)
        tx.run(
            "UPDATE events SET body = ?, salt = NULL, crc = ? WHERE place = ?",
            (bare, crc_of(seq, key, fence, time, bare), place),
        )
        count += 1
    _forget_spec(tx, root, person)
    tx.changed()
    return count


def _texts(value: Any) -> Iterator[str]:
    """Return every text in a value that JSON gave."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in cast("dict[str, Any]", value).values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)


def _concerns(values: set[str], person: str, answered: set[str]) -> bool:
    return person in values or not values.isdisjoint(answered)


def _forget_requests(tx: Tx, root: int, run: str, person: str) -> set[str]:
    """Delete what requests say that a person answered, or that were for them by name; return their ids."""
    theirs: set[str] = set()
    for stored in requests_of(tx, root, run):
        request = stored.request
        replies = [*stored.votes, *([stored.reply, *stored.reply.votes] if stored.reply is not None else [])]
        if person not in (*request.to, *request.given, *(reply.by for reply in replies)):
            continue
        theirs.add(stored.id)
        row = tx.one("SELECT body, votes, reply FROM requests WHERE id = ?", (escaped(stored.id),))
        for text in row:
            dropped(tx, text or "")
        bare = HumanRequest(request.id, "(erased)", request.agent, decisions=request.decisions, level=request.level)
        tx.run(
            "UPDATE requests SET body = ?, people = ?, votes = NULL, reply = NULL, decision = NULL WHERE id = ?",
            (write_value(bare), listed(tx, ()), escaped(stored.id)),
        )
        tx.run("DELETE FROM outbox WHERE root = ? AND request = ?", (root, escaped(stored.id)))
    return theirs


def _forget_spec(tx: Tx, root: int, person: str) -> None:
    """Take a person out of the people of a run."""
    (spec,) = tx.one("SELECT spec FROM runs WHERE run = ?", (root,))
    try:
        values = cast("dict[str, Any]", json.loads(found(tx, spec)))
    except ValueError:
        return  # it is damaged, and says nothing any more
    people = values.get("people")
    if isinstance(people, dict) and cast("dict[str, Any]", people).pop(person, None) is not None:
        dropped(tx, spec)
        tx.run("UPDATE runs SET spec = ? WHERE run = ?", (kept(tx, encode(values)), root))


def forget_lists(tx: Tx, person: str) -> None:
    """Take the name of a person out of lists that nothing stands for any more."""
    for number, names in tx.all("SELECT list, names FROM lists"):
        used = (
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM requests WHERE people = ?) "
            "OR EXISTS (SELECT 1 FROM runs WHERE agents = ?) OR EXISTS (SELECT 1 FROM workers WHERE agents = ?)"
        )
        if person in json.loads(names) and tx.one(used, (number, number, number)) is None:
            tx.run("DELETE FROM lists WHERE list = ?", (number,))


# ---------------------------------------------------------------- a run


def delete(tx: Tx, root: int) -> None:
    """Delete a run and those inside it, and keep where their chains ended."""
    row = tx.one(f"SELECT id, status, lease FROM runs WHERE run = ?{tx.lock}", (root,))
    if row is None:
        return
    id, status, lease = row
    if status == RUNNING and (lease or 0.0) > tx.ticks():
        raise JournalError(f"{tx.url}: run {unescaped(id)!r} is moved on by somebody at this moment; stop it first")
    now = tx.now()
    for name, seq, head in tx.all(
        "SELECT id, seq, head FROM runs WHERE (run = ? OR root = ?) AND seq > 0", (root, root)
    ):
        tx.run(
            "INSERT INTO gone (id, seq, head, at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, head = excluded.head, at = excluded.at",
            (name, seq, head, now),
        )
    for text in _large(tx, root):
        dropped(tx, text)
    tx.run("DELETE FROM events WHERE place >= ? AND place < ?", span(root))
    tx.run("DELETE FROM requests WHERE request >= ? AND request < ?", span(root))
    for table in ("timers", "controls", "outbox"):
        tx.run(f"DELETE FROM {table} WHERE root = ?", (root,))
    tx.run("DELETE FROM runs WHERE root = ?", (root,))
    tx.run("DELETE FROM runs WHERE run = ?", (root,))
    tx.changed()


def _large(tx: Tx, root: int) -> Iterator[str]:
    """Return what stands for bodies that are kept apart, once for each use."""
    large = "substr(body, 1, 7) = 'sha256:'"
    texts = tx.all(f"SELECT body FROM events WHERE place >= ? AND place < ? AND {large}", span(root))
    texts += tx.all("SELECT body FROM outbox WHERE root = ?", (root,))
    texts += tx.all("SELECT spec FROM runs WHERE run = ?", (root,))
    for column in ("body", "votes", "reply"):
        its = f"SELECT {column} FROM requests WHERE request >= ? AND request < ? AND {column} IS NOT NULL"
        texts += tx.all(its, span(root))
    return (text for (text,) in texts)
