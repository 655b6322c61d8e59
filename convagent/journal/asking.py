"""Requests to people: the page of those that are open, and what settles one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, cast

from ..errors import JournalError
from ..human import HumanReply
from ..serde import read_value, write_value
from .base import Standing, StoredRequest
from .claims import hold, wake
from .codec import REQUEST, escaped, found, kept, request_from, unescaped, votes_text
from .schema import ANSWERED, EXPIRED, NEVER, OPEN, PER_RUN, span
from .tx import Tx

EVERYBODY = "*"
_AT_ONCE = 500
"""How many rows are looked up in one statement."""

# ---------------------------------------------------------------- looking


def request(tx: Tx, id: str) -> StoredRequest | None:
    """Return one request.

    Raises:
        JournalError: it is damaged.
    """
    row = tx.one(f"SELECT {REQUEST} WHERE q.id = ?", (escaped(id),))
    try:
        return None if row is None else request_from(tx, row)
    except ValueError as wrong:
        raise JournalError(f"{tx.url}: request {id!r} is damaged ({wrong}); others are not concerned") from None


def pending(tx: Tx, who: Sequence[str], run: str, limit: int, after: str) -> list[StoredRequest]:
    """Return a page of the open requests. One that is damaged is left out; its run says so when it is moved on."""
    begin: Any = (float("-inf"), 0.0, 0)
    if after:
        begin = tx.one("SELECT due, asked, request FROM requests WHERE id = ?", (escaped(after),))
        if begin is None:
            return []
    if run:
        numbers = _of_run(tx, who, run, tuple(begin), limit)
    else:
        numbers = _of_people(tx, who, begin, limit)
    if not numbers:
        return []
    rows = tx.all(f"SELECT q.request, {REQUEST} WHERE q.request IN ({', '.join('?' * len(numbers))})", numbers)
    by_number = {number: row for number, *row in rows}
    return [stored for number in numbers if (stored := _readable(tx, by_number[number])) is not None]


def standing(tx: Tx, who: Sequence[str], run: str) -> list[Standing]:
    """Return which requests are open, the one that is due first first, without reading what they ask."""
    begin = (float("-inf"), 0.0, 0)
    numbers = _of_run(tx, who, run, begin, None) if run else _of_people(tx, who, begin, PER_RUN)
    found: dict[int, Standing] = {}
    for at in range(0, len(numbers), _AT_ONCE):
        some = numbers[at : at + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = tx.all(f"SELECT request, id, level, votes FROM requests WHERE request IN ({marks})", some)
        found |= {number: Standing(unescaped(id), level, votes or "") for number, id, level, votes in rows}
    return [found[number] for number in numbers]


def _readable(tx: Tx, row: Sequence[Any]) -> StoredRequest | None:
    try:
        return request_from(tx, row)
    except ValueError:
        return None


def _of_people(tx: Tx, who: Sequence[str], begin: Sequence[Any], limit: int) -> list[int]:
    served = _lists_for(tx, who)
    if served == []:
        return []
    among = f" AND people IN ({', '.join('?' * len(served))})" if served else ""
    rows = tx.all(
        f"SELECT request FROM requests WHERE status = 0 AND (due, asked, request) > (?, ?, ?){among} "
        "ORDER BY due, asked, request LIMIT ?",
        (*begin, *(served or ()), limit),
    )
    return [number for (number,) in rows]


def _lists_for(tx: Tx, who: Sequence[str]) -> list[int] | None:
    """Return the lists of people that one of these is on, among those of open requests; None: every list."""
    if not who or EVERYBODY in who:
        return None
    lists = tx.all(_OPEN_LISTS)
    return [number for number, names in lists if _serves(names, who)]


_OPEN_LISTS = """
WITH RECURSIVE asked (people) AS (
    SELECT min(people) FROM requests WHERE status = 0
    UNION ALL
    SELECT (SELECT min(people) FROM requests WHERE status = 0 AND people > asked.people) FROM asked
    WHERE asked.people IS NOT NULL
)
SELECT list, names FROM lists WHERE list IN (SELECT people FROM asked)
"""
"""The lists of open requests: one look into an index for each list, however many requests there are."""


def _serves(names: str, who: Sequence[str]) -> bool:
    to = cast("list[str]", json.loads(names))
    return not to or not set(to).isdisjoint(who)


def _of_run(tx: Tx, who: Sequence[str], run: str, begin: tuple[float, float, int], limit: int | None) -> list[int]:
    row = tx.one("SELECT coalesce(root, run) FROM runs WHERE id = ?", (escaped(run),))
    if row is None:
        return []
    rows = tx.all(
        "SELECT q.due, q.asked, q.request, r.id, l.names FROM requests q JOIN runs r ON r.run = q.run "
        "JOIN lists l ON l.list = q.people WHERE q.request >= ? AND q.request < ? AND q.status = ? "
        "ORDER BY q.due, q.asked, q.request",
        (*span(row[0]), OPEN),
    )
    inside = (
        number
        for due, asked, number, id, names in rows
        if (due, asked, number) > begin
        and (unescaped(id) == run or unescaped(id).startswith(f"{run}/"))
        and (not who or EVERYBODY in who or _serves(names, who))
    )
    return list(islice(inside, limit))


# ---------------------------------------------------------------- settling


def settle(tx: Tx, id: str, level: int, reply: HumanReply, *, votes: int, final: bool, decision_id: str) -> bool:
    """Let an answer count, if the request stands as its giver saw it, and its time is not up."""
    row = tx.one("SELECT request FROM requests WHERE id = ?", (escaped(id),))
    if row is None:
        return False
    root = row[0] // PER_RUN
    hold(tx, root)
    row = tx.one("SELECT request, status, level, due, votes FROM requests WHERE id = ?", (escaped(id),))
    if row is None:
        return False
    number, status, now_level, due, given = row
    voted = read_value(HumanReply, found(tx, given)).votes if given else ()
    now = tx.now()
    if (status, now_level, len(voted)) != (OPEN, level, votes) or (now > due and tx.trusted()):
        return False
    if not final:
        tx.run("UPDATE requests SET votes = ? WHERE request = ?", (kept(tx, votes_text(id, (*voted, reply))), number))
        tx.changed(root)
        return True
    whole = replace(reply, votes=reply.votes or voted)
    tx.run(
        "UPDATE requests SET status = ?, reply = ?, decision = ?, decided = ? WHERE request = ?",
        (ANSWERED, kept(tx, write_value(whole)), escaped(decision_id) or None, now, number),
    )
    wake(tx, root)
    return True


def any_due(tx: Tx) -> bool:
    """Return whether the time of an open request may be up, for whoever would otherwise keep others from writing."""
    return tx.one("SELECT 1 FROM requests WHERE status = 0 AND due <= ? LIMIT 1", (tx.now(),)) is not None


def expire(tx: Tx, id: str, level: int, *, force: bool, by: str) -> list[str]:
    """Let the time of requests be up."""
    now, trusted = tx.now(), tx.trusted()
    if not trusted and not force:
        return []
    which, values = ("id = ? AND level = ?", (escaped(id), level)) if id else ("status = 0 AND due <= ?", (now,))
    gone: list[str] = []
    # Whoever locks several runs does so in the order of their numbers.
    rows = tx.all(f"SELECT request, level, id FROM requests WHERE {which}", values)
    for number, seen, name in sorted(rows):
        hold(tx, number // PER_RUN)
        changed = tx.run(
            "UPDATE requests SET status = ?, decided = ?, decision = ? "
            "WHERE request = ? AND status = ? AND level = ? AND due <= ?",
            (EXPIRED, now, escaped(by) or None, number, OPEN, seen, NEVER if force and id else now),
        )
        if changed:
            gone.append(unescaped(name))
            wake(tx, number // PER_RUN)
    return gone
