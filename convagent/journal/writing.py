"""What a batch writes: rows in their chains, requests, timers, and what becomes of the run."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

from ..chain import Salts, chained, digest_of, head_of
from ..errors import JournalError
from ..human import HumanRequest
from ..serde import encode, write_value
from .base import OVER, Batch, Claim, NewRequest, NewRow
from .claims import end, fenced
from .codec import crc_of, dropped, due_of, escaped, kept, kept_as, listed, unescaped
from .posting import post
from .schema import ANSWERED, CANCELLED, OPEN, PER_RUN, READY, REQUEST_STATUSES, RUNNING, STATUSES, span
from .tx import SQLValue, Tx


@dataclass(slots=True)
class Chain:
    """Where the rows of one run end."""

    run: int
    seq: int
    hash: str
    turn: int


@dataclass(slots=True)
class Held:
    """What this process knows of a run that it holds, so that writing does not read it again."""

    root: int
    fence: int
    place: int
    """The number of its last row."""
    chains: dict[str, Chain] = field(default_factory=dict[str, Chain])
    standing: set[str] = field(default_factory=set[str])
    """Requests of which the holder does not know yet that they are open no more."""
    heard: int = 0
    """The number of the last control message of which the holder knows."""
    told: tuple[frozenset[str], int] = (frozenset(), 0)
    """What it was told of, by `news`; that it has heard it shows in its next batch that does not end its claim."""
    sure: bool = True
    """Whether place and chains are as the database has them."""

    def undone(self, standing: set[str], heard: int) -> None:
        """Be told that a transaction may have failed: what it began from is known, what it wrote is not."""
        self.standing, self.heard, self.sure = standing, heard, False

    def tell(self, requests: Iterable[str], control: int) -> None:
        """Be told what the holder is told of, of which it may not have heard when it hands in its next batch."""
        ids, before = self.told
        self.told = (ids.union(requests), max(before, control))

    def hear(self) -> None:
        """Be told that the holder goes on, and so has heard what it was told of."""
        ids, control = self.told
        self.standing -= ids
        self.heard = max(self.heard, control)


def held_by(tx: Tx, root: int, claim: Claim, *, new: bool = False) -> Held:
    """Return what there is to know of a run that was claimed."""
    if new:
        return Held(root, claim.fence, span(root)[0], {claim.run: Chain(root, 0, "", 0)})
    held = Held(root, claim.fence, _place(tx, root))
    rows = tx.all(f"SELECT id FROM requests WHERE request >= ? AND request < ? AND status = {OPEN}", span(root))
    held.standing = {id for (id,) in rows}
    return held


def check(tx: Tx, held: Held, claim: Claim) -> int:
    """Let the holder of a claim go on; return the status of the run.

    Raises:
        FencedError: the run was taken over.
    """
    row = tx.one(f"SELECT fence, status FROM runs WHERE run = ?{tx.lock}", (held.root,))
    if row is None or row[0] != claim.fence:
        raise fenced(claim)
    if not held.sure:
        held.chains.clear()
        held.place, held.sure = _place(tx, held.root), True
    return int(row[1])


def _place(tx: Tx, root: int) -> int:
    begin, end = span(root)
    return tx.one("SELECT max(place) FROM events WHERE place >= ? AND place < ?", (begin, end))[0] or begin


def append(tx: Tx, held: Held, claim: Claim, batch: Batch, salts: Salts) -> bool:
    """Write a batch; return whether it was written as asked. What was written before is not written twice."""
    status, now, stood = check(tx, held, claim), tx.now(), frozenset(held.standing)
    moved, places = _write_rows(tx, held, batch.rows, salts)
    for run, turn in batch.turns.items():
        moved[run] = chain = _chain(tx, held, run)
        chain.turn = max(chain.turn, turn)
    for one in batch.requests:
        _ask(tx, held, one, places.get((one.run, one.told)), now)
    _write_rest(tx, held, batch, now)
    if batch.status is None:
        held.hear()
    # Ready already: this batch was written by an attempt whose outcome got lost, and something came in since.
    as_asked = batch.status != "waiting" or not (_came_in(tx, held, stood, batch.wake, now) or status == READY)
    _end_batch(tx, held, claim, batch, moved, as_asked, now)
    return as_asked


def _write_rest(tx: Tx, held: Held, batch: Batch, now: float) -> None:
    for id in batch.closed:
        held.standing.discard(escaped(id))
        tx.run(
            f"UPDATE requests SET status = {CANCELLED}, decided = ? "
            f"WHERE id = ? AND request >= ? AND request < ? AND status = {OPEN}",
            (now, escaped(id), *span(held.root)),
        )
    for run, key, due in batch.timers:
        tx.run(
            "INSERT INTO timers (root, run, key, due) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (root, run, key) DO UPDATE SET due = excluded.due",
            (held.root, _chain(tx, held, run).run, escaped(key), due),
        )
    for message in batch.outbox:
        post(tx, held.root, message, now)
    for number in batch.taken:
        tx.run("DELETE FROM controls WHERE number = ? AND root = ?", (number, held.root))


# ---------------------------------------------------------------- rows


def _write_rows(
    tx: Tx, held: Held, rows: Sequence[NewRow], salts: Salts
) -> tuple[dict[str, Chain], dict[tuple[str, str], int]]:
    """Write rows; return the chains that they are in, and the place of each by run and key."""
    moved: dict[str, Chain] = {}
    places: dict[tuple[str, str], int] = {}
    written: list[Sequence[SQLValue]] = []
    for row in rows:
        chain = moved.get(row.run) or _chain(tx, held, row.run)
        if row.seq <= chain.seq:
            _known(tx, held, row, chain)
            continue
        moved[row.run] = chain
        salt, time = salts.fresh(), float(row.time)
        head = head_of(row.run, row.seq, time, row.key, held.fence)
        chain.seq, chain.hash = row.seq, chained(chain.hash, head, digest_of(salt.hex(), row.body))
        held.place += 1
        places[row.run, row.key] = held.place
        key, body = escaped(row.key), kept(tx, row.body)
        written.append(
            (
                held.place, chain.run, row.seq, key, held.fence, time, body,
                crc_of(row.seq, key, held.fence, time, body), salt, bytes.fromhex(chain.hash),
            )
        )  # fmt: skip
    if held.place >= span(held.root)[1]:
        raise JournalError(f"{tx.url}: the run has {PER_RUN} rows, and no more can be kept; go on in a new one")
    if written:
        tx.many(
            "INSERT INTO events (place, run, seq, key, fence, time, body, crc, salt, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            written,
        )
    return moved, places


def _chain(tx: Tx, held: Held, run: str) -> Chain:
    """Return where a run's rows end; begin it, if it is a new one inside the run that is held."""
    chain = held.chains.get(run)
    if chain is None:
        row = tx.one("SELECT run, seq, head, turn, root FROM runs WHERE id = ?", (escaped(run),))
        if row is None:
            values: dict[str, SQLValue] = {"id": escaped(run), "root": held.root, "turn": 0, "seq": 0}
            chain = Chain(tx.insert("runs", "run", values), 0, "", 0)
        else:
            number, seq, head, turn, root = row
            if held.root not in (root, number):
                raise JournalError(f"{tx.url}: run {run!r} does not belong to the run that writes it")
            chain = Chain(number, seq, bytes(head).hex() if head else "", turn)
        held.chains[run] = chain
    return chain


def _known(tx: Tx, held: Held, row: NewRow, chain: Chain) -> None:
    """Let a row pass that was written already, by an attempt whose outcome got lost."""
    there = tx.one(
        "SELECT fence, key, crc FROM events WHERE place >= ? AND place < ? AND run = ? AND seq = ?",
        (*span(held.root), chain.run, row.seq),
    )
    crc = crc_of(row.seq, escaped(row.key), held.fence, float(row.time), kept_as(row.body))
    if there is None or tuple(there) != (held.fence, escaped(row.key), crc):
        raise JournalError(f"{tx.url}: row {row.seq} of run {row.run!r} does not come after its last, {chain.seq}")


# ---------------------------------------------------------------- requests


def _ask(tx: Tx, held: Held, new: NewRequest, told: int | None, now: float) -> None:
    """Let a request be open; `told` is the place of the row that holds it."""
    request, body = new.request, "" if told is not None else kept(tx, write_value(new.request))
    begin, end = span(held.root)
    place = (escaped(request.id), _chain(tx, held, new.run).run, escaped(new.key))
    stands = (request.level, now, due_of(request), listed(tx, request.to), body, told)
    added = tx.run(
        "INSERT INTO requests (request, id, run, key, status, level, asked, due, people, body, told) VALUES "
        "((SELECT coalesce(max(request) + 1, ?) FROM requests WHERE request >= ? AND request < ?), "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (begin, begin, end, *place, OPEN, *stands),
    )
    if not added and not _ask_again(tx, held, request, stands, now):
        dropped(tx, body)
        return
    held.standing.add(place[0])
    tx.changed(held.root)


def _ask_again(tx: Tx, held: Held, request: HumanRequest, stands: Sequence[SQLValue], now: float) -> bool:
    """Let a request be open that was there already: at its next level, or once more after it was withdrawn."""
    number, status, level, decided, by, history, body = tx.one(
        "SELECT request, status, level, decided, decision, history, body FROM requests WHERE id = ?",
        (escaped(request.id),),
    )
    if number // PER_RUN != held.root:
        raise JournalError(f"{tx.url}: request {request.id!r} belongs to another run; ids of requests are unique")
    if status == ANSWERED or (request.level <= level and status != CANCELLED):
        return False  # an answer outranks a later level; what stands so already is not asked again
    if request.level > level:
        history = _longer(history, level, status, decided or now, unescaped(by or ""))
    dropped(tx, body)
    tx.run(
        f"UPDATE requests SET status = {OPEN}, level = ?, asked = ?, due = ?, people = ?, body = ?, told = ?, "
        "history = ?, votes = NULL, reply = NULL, decision = NULL, decided = NULL WHERE id = ?",
        (*stands, history, escaped(request.id)),
    )
    return True


def _longer(history: str | None, level: int, status: int, at: float, by: str) -> str:
    """Return how the earlier levels of a request ended, with one more."""
    how = "escalated" if status == OPEN or by else REQUEST_STATUSES[status]
    ended = {"level": level, "status": how, "at": at, **({"by": by} if by else {})}
    return encode([*(json.loads(history) if history else ()), ended])


# ---------------------------------------------------------------- what becomes of the run


def _came_in(tx: Tx, held: Held, stood: Container[str], wake: float | None, now: float) -> bool:
    """Return whether a run that is to wait has something to go on with, which its holder is hereby told.

    Only a request that stood before the batch can have been decided: one that it asked is open until it is written.
    """
    status = "SELECT status FROM requests WHERE id = ?"
    decided = {id for id in held.standing if id in stood and tx.one(status, (id,)) != (OPEN,)}
    heard = tx.one("SELECT max(number) FROM controls WHERE root = ?", (held.root,))[0] or 0
    due = wake is not None and wake <= now and tx.trusted()
    news = bool(decided) or heard > held.heard or due
    held.standing -= decided
    held.heard = max(held.heard, heard)
    return news


def _end_batch(
    tx: Tx, held: Held, claim: Claim, batch: Batch, moved: dict[str, Chain], as_asked: bool, now: float
) -> None:
    for run, chain in moved.items():
        if run != claim.run:
            tx.run(
                "UPDATE runs SET seq = ?, head = ?, turn = ? WHERE run = ?",
                (chain.seq, bytes.fromhex(chain.hash) or None, chain.turn, chain.run),
            )
    root = _chain(tx, held, claim.run)
    place = (root.seq, bytes.fromhex(root.hash) or None, root.turn, now)
    moves = "UPDATE runs SET seq = ?, head = ?, turn = ?, updated = ?"
    if batch.status is None:
        tx.run(f"{moves} WHERE run = ?", (*place, held.root))
        return
    if not as_asked:
        tx.run(
            f"{moves}, status = ?, wake = NULL, worker = ?, lease = coalesce(lease, ?) WHERE run = ?",
            (*place, RUNNING, escaped(claim.worker), tx.ticks(), held.root),
        )
        return
    wake = batch.wake if batch.status == "waiting" else now if batch.status == "ready" else None
    running = batch.status == "running"
    tx.run(
        f"{moves}, status = ?, reason = ?, wake = ?{'' if running else ', worker = NULL, lease = NULL'} WHERE run = ?",
        (*place, STATUSES.index(batch.status), escaped(batch.reason), wake, held.root),
    )
    if batch.status in OVER:
        end(tx, held.root)
    tx.changed(held.root)
