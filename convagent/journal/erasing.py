"""What is deleted: a person's data in a run that is over, or a whole run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from ..chain import digest_of, erased
from ..errors import JournalError
from ..human import HumanRequest
from ..serde import encode, write_value
from .codec import crc_of, dropped, escaped, found, kept, listed, unescaped
from .loading import requests_of
from .schema import RUNNING, span
from .tx import Tx

# ---------------------------------------------------------------- a person


def forget(tx: Tx, root: int, run: str, person: str) -> int:
    """Delete body and salt of the rows of a run in which a person's name stands; return how many."""
    named = re.compile(rf"(?<!\w){re.escape(person)}(?!\w)")  # ours say it inside a sentence, too: not allowed by ada
    answered = _forget_requests(tx, root, run, named)
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
        if not _names(values, named) and values.isdisjoint(answered):
            continue
        bare = erased(digest_of(bytes(salt).hex(), text))
        dropped(tx, body)
        tx.run(
            "UPDATE events SET body = ?, salt = NULL, crc = ? WHERE place = ?",
            (bare, crc_of(seq, key, fence, time, bare), place),
        )
        count += 1
    _forget_spec(tx, root, person)
    tx.changed(root)
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


def _names(texts: Iterable[str], named: re.Pattern[str]) -> bool:
    return any(named.search(text) for text in texts)


def _forget_requests(tx: Tx, root: int, run: str, named: re.Pattern[str]) -> set[str]:
    """Delete what stands in requests that a person answered or escalated, or is named in; return their ids."""
    theirs: set[str] = set()
    for stored in requests_of(tx, root, run):
        request, id = stored.request, escaped(stored.id)
        *texts, decision = tx.one(
            "SELECT told.body, q.body, q.votes, q.reply, q.history, q.decision FROM requests q "
            "LEFT JOIN events told ON told.place = q.told WHERE q.id = ?",
            (id,),
        )
        values = {value for text in texts if text for value in _texts(json.loads(found(tx, text)))}
        if not _names((*values, unescaped(decision or "")), named):
            continue
        theirs.add(stored.id)
        for text in texts[1:]:  # the event loses its own body with its row
            dropped(tx, text or "")
        bare = HumanRequest(request.id, "(erased)", request.agent, decisions=request.decisions, level=request.level)
        ended = [{name: value for name, value in level.items() if name != "by"} for level in stored.history]
        tx.run(
            "UPDATE requests SET body = ?, told = NULL, people = ?, votes = NULL, reply = NULL, decision = NULL, "
            "history = ? WHERE id = ?",
            (write_value(bare), listed(tx, ()), encode(ended) if ended else None, id),
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
    tx.changed(root)


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
