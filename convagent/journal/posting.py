"""Messages that are to be delivered outside, and the workers that are there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from .base import MessageStatus, NewMessage, StoredMessage, WorkerInfo
from .codec import dropped, escaped, found, kept, listed, unescaped
from .schema import DELIVERED, DUE, GIVEN_UP, MESSAGE_STATUSES
from .tx import Tx

DAY = 86400.0
_MESSAGE = (
    "o.id, r.id, o.request, o.level, o.target, o.body, o.status, o.attempts, o.due, o.error "
    "FROM outbox o JOIN runs r ON r.run = o.root"
)


def post(tx: Tx, root: int, message: NewMessage, now: float) -> None:
    """Keep a message."""
    if tx.one("SELECT 1 FROM outbox WHERE id = ?", (escaped(message.id),)):
        return
    tx.run(
        "INSERT INTO outbox (id, root, request, level, target, body, due, attempts, status) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
        (
            escaped(message.id), root, escaped(message.request), message.level, escaped(message.target),
            kept(tx, escaped(message.body)), now if message.due is None else message.due, DUE,
        ),
    )  # fmt: skip
    tx.changed(root)


def claim_messages(tx: Tx, limit: int, lease: float, target: str = "") -> list[StoredMessage]:
    """Return messages that are due, and make them due later."""
    now, there = tx.now(), " AND target = ?" if target else ""
    numbers = tx.all(
        f"SELECT message FROM outbox WHERE due IS NOT NULL AND due <= ?{there} ORDER BY due, message LIMIT ?{tx.skip}",
        (now, *((escaped(target),) if target else ()), limit),
    )
    taken: list[StoredMessage] = []
    for (number,) in numbers:
        tx.run("UPDATE outbox SET due = ?, attempts = attempts + 1 WHERE message = ?", (now + lease, number))
        taken.append(_message(tx, tx.one(f"SELECT {_MESSAGE} WHERE o.message = ?", (number,))))
    return taken


def delivered(tx: Tx, id: str) -> None:
    """Keep that a message was delivered; what it said is not needed any more."""
    row = tx.one(f"SELECT body FROM outbox WHERE id = ?{tx.lock}", (escaped(id),))
    if row is not None:
        dropped(tx, row[0])
        tx.run(
            "UPDATE outbox SET due = NULL, status = ?, error = NULL, body = '' WHERE id = ?", (DELIVERED, escaped(id))
        )


def undelivered(tx: Tx, id: str, error: str, again: float | None) -> None:
    """Keep why a message was not delivered."""
    due = None if again is None else tx.now() + again
    tx.run(
        "UPDATE outbox SET due = ?, status = ?, error = ? WHERE id = ? AND status = ?",
        (due, GIVEN_UP if again is None else DUE, escaped(error), escaped(id), DUE),
    )


def messages(tx: Tx, status: Sequence[MessageStatus], limit: int) -> list[StoredMessage]:
    """Return messages, the latest first."""
    numbers = [MESSAGE_STATUSES.index(s) for s in status or MESSAGE_STATUSES]
    rows = tx.all(
        f"SELECT {_MESSAGE} WHERE o.status IN ({', '.join('?' * len(numbers))}) ORDER BY o.message DESC LIMIT ?",
        (*numbers, limit),
    )
    return [_message(tx, row) for row in rows]


def _message(tx: Tx, row: Sequence[Any]) -> StoredMessage:
    id, run, request, level, target, body, status, attempts, due, error = row
    return StoredMessage(
        id=unescaped(id),
        run=unescaped(run),
        request=unescaped(request),
        level=level,
        target=unescaped(target),
        body=unescaped(found(tx, body)),
        status=cast("MessageStatus", MESSAGE_STATUSES[status]),
        attempts=attempts,
        due=due,
        error=unescaped(error or ""),
    )


# ---------------------------------------------------------------- workers


def attend(tx: Tx, worker: str, agents: Sequence[str]) -> None:
    """Keep that a worker lives, and forget those that have long been gone."""
    now = tx.now()
    tx.run(
        "INSERT INTO workers (name, agents, seen) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET agents = excluded.agents, seen = excluded.seen",
        (escaped(worker), listed(tx, agents), now),
    )
    tx.run("DELETE FROM workers WHERE seen < ?", (now - DAY,))


def depart(tx: Tx, worker: str) -> None:
    """Keep that a worker has ended as it should."""
    tx.run("DELETE FROM workers WHERE name = ?", (escaped(worker),))


def workers(tx: Tx) -> list[WorkerInfo]:
    """Return the workers that were there lately."""
    rows = tx.all(
        "SELECT w.name, l.names, w.seen FROM workers w JOIN lists l ON l.list = w.agents WHERE w.seen >= ? "
        "ORDER BY w.seen DESC, w.name",
        (tx.now() - DAY,),
    )
    return [WorkerInfo(unescaped(name), tuple(json.loads(names)), seen) for name, names, seen in rows]
