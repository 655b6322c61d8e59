"""What is deleted: a person's data in a run that is over, or a whole run."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator
from typing import Any, cast

from ..chain import digest_of, erased
from ..errors import JournalError
from ..human import HumanReply, HumanRequest
from ..serde import encode, write_value
from .base import StoredRequest
from .codec import crc_of, dropped, escaped, found, kept, listed, unescaped
from .loading import requests_of
from .schema import RUNNING, span
from .tx import Tx

ERASED = "(erased)"
"""Stands where a text was that named somebody."""

# ---------------------------------------------------------------- a person


def forget(tx: Tx, root: int, run: str, person: str) -> int:
    """Delete what a run that is over holds of a person, by their name; return how many rows that concerned.

    Body and salt go of each row in which the name stands; the names of runs, and the keys of what they did, stay: the
    chain is made of them.
    """
    named = re.compile(rf"(?<!\w){re.escape(person)}(?!\w)")  # ours say it inside a sentence, too: not allowed by ada
    answered, said = _forget_requests(tx, root, run, named)
    count = 0
    for place, seq, key, fence, time, body, salt in tx.all(
        "SELECT place, seq, key, fence, time, body, salt FROM events "
        "WHERE place >= ? AND place < ? AND salt IS NOT NULL",
        span(root),
    ):
        try:
            text = found(tx, body)
            value = json.loads(text)
        except ValueError:
            continue  # it is damaged, and says nothing any more
        values = set(_texts(value))
        if not _names(values, named) and values.isdisjoint(answered) and said.isdisjoint(_contents(value)):
            continue
        bare = erased(digest_of(bytes(salt).hex(), text))
        dropped(tx, body)
        tx.run(
            "UPDATE events SET body = ?, salt = NULL, crc = ? WHERE place = ?",
            (bare, crc_of(seq, key, fence, time, bare), place),
        )
        count += 1
    _forget_letters(tx, root, answered, named)
    _forget_run(tx, root, named)
    tx.changed(root)
    return count


def _texts(value: Any) -> Iterator[str]:
    """Return every text in a value that JSON gave, names of fields included: some mappings are of the user."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)


def _contents(value: Any) -> Iterator[str]:
    """Return the texts in a row that may be a person's own words: an agent speaks them as its message."""
    if isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            if name in _CONTENTS and isinstance(inner, str):
                yield inner
            else:
                yield from _contents(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _contents(inner)


_CONTENTS = ("content", "summary", "value")


def _names(texts: Iterable[str], named: re.Pattern[str]) -> bool:
    return any(named.search(text) for text in texts)


def _forget_requests(tx: Tx, root: int, run: str, named: re.Pattern[str]) -> tuple[set[str], set[str]]:
    """Delete what stands in requests that a person answered or escalated, or is named in.

    Returns:
        the ids of these requests, and the texts that the person gave as answers.
    """
    theirs, said = set[str](), set[str]()
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
        said.update(text for reply in _replies(stored) if named.search(reply.by) for text in _given(reply))
        for text in texts[1:]:  # the event loses its own body with its row
            dropped(tx, text or "")
        agent = ERASED if named.search(request.agent) else request.agent
        bare = HumanRequest(request.id, ERASED, agent, decisions=request.decisions, level=request.level)
        ended = [{name: value for name, value in level.items() if name != "by"} for level in stored.history]
        tx.run(
            "UPDATE requests SET body = ?, told = NULL, people = ?, votes = NULL, reply = NULL, decision = NULL, "
            "history = ? WHERE id = ?",
            (write_value(bare), listed(tx, ()), encode(ended) if ended else None, id),
        )
    return theirs, said


def _replies(stored: StoredRequest) -> tuple[HumanReply, ...]:
    return stored.votes if stored.reply is None else (*stored.votes, *stored.reply.votes, stored.reply)


def _given(reply: HumanReply) -> Iterator[str]:
    texts = (reply.text, *((reply.decision.text, reply.decision.value) if reply.decision is not None else ()))
    return (text for text in texts if isinstance(text, str) and text.strip())


def _forget_letters(tx: Tx, root: int, answered: Container[str], named: re.Pattern[str]) -> None:
    """Delete what was written to people outside of what a person answered, or with their name in it."""
    rows = tx.all("SELECT message, request, target, body, error FROM outbox WHERE root = ?", (root,))
    for message, request, target, body, error in rows:
        texts = (unescaped(target), unescaped(error or ""), *_texts_in(unescaped(found(tx, body))))
        if unescaped(request) in answered or _names(texts, named):
            dropped(tx, body)
            tx.run("DELETE FROM outbox WHERE message = ?", (message,))


def _texts_in(letter: str) -> Iterator[str]:
    try:
        return _texts(json.loads(letter))
    except ValueError:  # it is no JSON
        return iter((letter,))


def _forget_run(tx: Tx, root: int, named: re.Pattern[str]) -> None:
    """Take a person out of what stands of a run besides its rows."""
    agents, reason, spec = tx.one(
        "SELECT (SELECT names FROM lists WHERE list = agents), reason, spec FROM runs WHERE run = ?", (root,)
    )
    if reason and named.search(unescaped(reason)):
        tx.run("UPDATE runs SET reason = ? WHERE run = ?", (ERASED, root))
    names = cast("list[str]", json.loads(agents or "[]"))
    if _names(names, named):
        tx.run("UPDATE runs SET agents = ? WHERE run = ?", (listed(tx, _without(names, named)), root))
    _forget_spec(tx, root, spec, named)


def _forget_spec(tx: Tx, root: int, text: str, named: re.Pattern[str]) -> None:
    try:
        spec = cast("dict[str, Any]", json.loads(found(tx, text)))
    except ValueError:
        return  # it is damaged, and says nothing any more
    if not _names(_texts(spec), named):
        return
    left = cast("dict[str, Any]", _without(spec, named))
    if _names(_texts({**spec, "people": None}), named):  # with fewer people less is allowed; with fewer rules, more
        left |= {"oversight": [], "erased": True}
    dropped(tx, text)
    tx.run("UPDATE runs SET spec = ? WHERE run = ?", (kept(tx, encode(left)), root))


def _without(value: Any, named: re.Pattern[str]) -> Any:
    """Return a value that JSON gave with nothing in it that names somebody."""
    if isinstance(value, str):
        return ERASED if named.search(value) else value
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value).items()
        return {name: _without(inner, named) for name, inner in fields if not named.search(name)}
    if isinstance(value, list):
        return [_without(inner, named) for inner in cast("list[Any]", value)]
    return value


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
