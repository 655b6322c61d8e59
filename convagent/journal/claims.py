"""Runs: who may move which one on, and what wakes one that waits."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from typing import Any, cast

from ..errors import FencedError, JournalError, one_of
from ..serde import encode
from .base import OVER, Claim, RunInfo, RunStatus
from .codec import escaped, kept, listed, unescaped
from .schema import CANCELLED, DONE, FAILED, OPEN, PER_RUN, READY, RUNNING, STATUSES, WAITING, span
from .tx import Tx
from .worker import is_gone

# ---------------------------------------------------------------- beginning


def begin(
    tx: Tx, run: str, spec: Mapping[str, Any], agents: Sequence[str], worker: str, lease: float, status: RunStatus
) -> tuple[int, Claim]:
    """Keep a new run; return its number and the claim."""
    if tx.one("SELECT 1 FROM runs WHERE id = ?", (escaped(run),)):
        raise JournalError(f"{tx.url}: there is a run {run!r} already; resume it, or begin another under a new id")
    now, held = tx.now(), status == "running"
    number = tx.insert(
        "runs",
        "run",
        {
            "id": escaped(run), "turn": 0, "seq": 0, "status": STATUSES.index(status), "fence": 1,
            "worker": escaped(worker) if held else None, "lease": tx.ticks() + lease if held else None,
            "wake": now if status == "ready" else None, "agents": listed(tx, agents), "started": now, "updated": now,
            "spec": kept(tx, encode(spec)),
        },
    )  # fmt: skip
    tx.changed(number)
    return number, Claim(run, 1, worker)


# ---------------------------------------------------------------- claiming


def claim(tx: Tx, run: str, worker: str, lease: float) -> tuple[int, Claim]:
    """Claim a run; return its number and the claim."""
    row = tx.one(f"SELECT run, root, status, fence, worker, lease FROM runs WHERE id = ?{tx.lock}", (escaped(run),))
    if row is None:
        raise JournalError(f"{tx.url}: there is no run {run!r}; `convagent runs` lists them")
    number, root, status, fence, holder, until = row
    if root is not None:
        raise JournalError(f"{tx.url}: {run!r} is a run inside another; {run.partition('/')[0]!r} is the one to go on")
    if status in (DONE, FAILED):
        raise JournalError(f"{tx.url}: run {run!r} is over: {STATUSES[status]}")
    holder, left = unescaped(holder or ""), (until or 0.0) - tx.ticks()
    if status == RUNNING and holder != worker and left > 0 and not is_gone(holder):
        raise JournalError(
            f"{tx.url}: run {run!r} is held by {holder}, which moves it on; "
            f"if that has died, the run is free in {left:.0f} s"
        )
    return number, _take(tx, number, run, fence, worker, lease)


def _take(tx: Tx, number: int, run: str, fence: int, worker: str, lease: float) -> Claim:
    tx.run(
        "UPDATE runs SET status = ?, fence = ?, worker = ?, lease = ?, wake = NULL, updated = ? WHERE run = ?",
        (RUNNING, fence + 1, escaped(worker), tx.ticks() + lease, tx.now(), number),
    )
    return Claim(run, fence + 1, worker)


def claim_ready(
    tx: Tx, worker: str, knows: Container[str], lease: float, limit: int, held: Container[str] = ()
) -> list[tuple[int, Claim]]:
    """Claim runs that are to be moved on, but none that is `held` here; return their numbers and the claims."""
    chosen = [(number, id, fence) for number, id, fence in _deserted(tx, knows) if unescaped(id) not in held][:limit]
    if len(chosen) < limit:
        due = sorted(_due(tx, knows, limit - len(chosen)))
        chosen += [(number, id, fence) for _, number, id, fence in due][: limit - len(chosen)]
    return [(number, _take(tx, number, unescaped(id), fence, worker, lease)) for number, id, fence in chosen]


STARTABLE = "root IS NULL AND ((status IN (?, ?) AND wake <= ?) OR (status = ? AND worker IS NOT NULL AND lease <= ?))"
"""Which runs can go on, and are moved by nobody; `startable` says the values."""


def startable(tx: Tx, since: float = 0.0) -> tuple[float, ...]:
    """Return the values of `STARTABLE`.

    Args:
        since: only what has been ready, or due, for so many seconds; what its worker has left is meant anyway.
    """
    return (READY, WAITING, tx.now() - since, RUNNING, tx.ticks())


def claim_one(tx: Tx, run: str, worker: str, lease: float) -> tuple[int, Claim] | None:
    """Claim a run if it can go on and nobody moves it; of several who try at once, one gets it."""
    row = tx.one(f"SELECT run, fence FROM runs WHERE id = ? AND {STARTABLE}{tx.lock}", (escaped(run), *startable(tx)))
    return None if row is None else (row[0], _take(tx, row[0], run, row[1], worker, lease))


def any_ready(tx: Tx, knows: Container[str]) -> bool:
    """Return whether `claim_ready` may find anything, for whoever would otherwise keep others from writing."""
    if tx.one(f"SELECT 1 FROM runs WHERE status = {READY} AND wake IS NOT NULL LIMIT 1"):
        return True
    ended = f"SELECT 1 FROM runs WHERE worker IS NOT NULL AND status = {RUNNING} AND lease <= ? LIMIT 1"
    return bool(tx.one(ended, (tx.ticks(),)) or _due(tx, knows, 1) or _gone(tx))


def _gone(tx: Tx) -> list[str]:
    """Return the workers, as they are written, that have died on this machine with runs that they held."""
    workers = tx.all("SELECT DISTINCT worker FROM runs WHERE worker IS NOT NULL AND status = ?", (RUNNING,))
    return [worker for (worker,) in workers if is_gone(unescaped(worker))]


def desert(tx: Tx) -> None:
    """Let the leases end whose workers have died on this machine."""
    for worker in _gone(tx):
        tx.run("UPDATE runs SET lease = 0 WHERE worker = ? AND status = ?", (worker, RUNNING))


def _deserted(tx: Tx, knows: Container[str]) -> list[tuple[int, str, int]]:
    """Return the runs whose worker has let its lease end, or has died on this machine, the longest first."""
    desert(tx)
    rows = tx.all(
        "SELECT run, id, fence, agents FROM runs WHERE worker IS NOT NULL AND status = ? AND lease <= ? "
        f"ORDER BY lease{tx.skip}",
        (RUNNING, tx.ticks()),
    )
    lists = {agents: tx.one("SELECT names FROM lists WHERE list = ?", (agents,))[0] for *_, agents in rows}
    return [(run, id, fence) for run, id, fence, agents in rows if _known(lists[agents], knows)]


def _due(tx: Tx, knows: Container[str], limit: int) -> list[tuple[float, int, str, int]]:
    """Return runs that are ready, or that wait and are due."""
    now = tx.now() if tx.trusted() else None
    here = "EXISTS (SELECT 1 FROM runs WHERE status = ? AND agents = list AND wake IS NOT NULL"
    lists = tx.all(f"SELECT list, names FROM lists WHERE {here}) OR {here} AND wake <= ?)", (READY, WAITING, now))
    found: list[tuple[float, int, str, int]] = []
    for agents in [number for number, names in lists if _known(names, knows)]:
        sql = "SELECT wake, run, id, fence FROM runs WHERE status = ? AND agents = ? AND wake IS NOT NULL"
        found += tx.all(f"{sql} ORDER BY wake LIMIT ?{tx.skip}", (READY, agents, limit))
        if now is not None:
            found += tx.all(f"{sql} AND wake <= ? ORDER BY wake LIMIT ?{tx.skip}", (WAITING, agents, now, limit))
    return found


def _known(names: str, knows: Container[str]) -> bool:
    return all(name in knows for name in cast("list[str]", json.loads(names)))


def renew(tx: Tx, worker: str, lease: float, held: Container[str] | None = None) -> frozenset[str]:
    """Prolong the claims of a worker; return the runs that it holds.

    Args:
        held: the runs that it still moves: what it let go of without a word is for others when its lease ends.
    """
    rows = tx.all(
        f"SELECT run, id FROM runs WHERE worker = ? AND status = ? ORDER BY run{tx.lock}", (escaped(worker), RUNNING)
    )  # in one order, for whoever locks several
    ours = {number: unescaped(id) for number, id in rows}
    gone = [number for number, id in ours.items() if held is not None and id not in held]
    others = f" AND run NOT IN ({', '.join('?' * len(gone))})" if gone else ""
    tx.run(
        f"UPDATE runs SET lease = ? WHERE worker = ? AND status = ?{others}",
        (tx.ticks() + lease, escaped(worker), RUNNING, *gone),
    )
    return frozenset(ours.values())


def prolong(tx: Tx, claim: Claim, lease: float) -> None:
    """Prolong one claim.

    Raises:
        FencedError: the run was taken over.
    """
    row = tx.one(f"SELECT run, fence FROM runs WHERE id = ?{tx.lock}", (escaped(claim.run),))
    if row is None or row[1] != claim.fence:
        raise fenced(claim)
    tx.run("UPDATE runs SET lease = ? WHERE run = ? AND status = ?", (tx.ticks() + lease, row[0], RUNNING))


def fenced(claim: Claim) -> FencedError:
    """Return what is said to whoever held a run once."""
    return FencedError(f"run {claim.run!r} was taken over by another process, and goes on there")


def release(tx: Tx, run: str, status: RunStatus, reason: str) -> bool:
    """Change the status of a run that nobody holds; what somebody still writes who held it once is refused."""
    row = tx.one(f"SELECT run, status, lease FROM runs WHERE id = ? AND root IS NULL{tx.lock}", (escaped(run),))
    if row is None or row[1] in (DONE, FAILED) or (row[1] == RUNNING and (row[2] or 0.0) > tx.ticks()):
        return False
    number, now = row[0], tx.now()
    tx.run(
        "UPDATE runs SET status = ?, reason = ?, fence = fence + 1, worker = NULL, lease = NULL, wake = ?, updated = ? "
        "WHERE run = ?",
        (STATUSES.index(status), escaped(reason), now if status == "ready" else None, now, number),
    )
    if status in OVER:
        end(tx, number)
    tx.changed(number)
    return True


# ---------------------------------------------------------------- waking and ending


def hold(tx: Tx, root: int) -> None:
    """Let nobody else change a run until the transaction ends. On SQLite nobody can anyway."""
    if tx.lock:
        tx.one(f"SELECT 1 FROM runs WHERE run = ?{tx.lock}", (root,))


def wake(tx: Tx, root: int) -> None:
    """Let a run that waits be moved on."""
    now = tx.now()
    tx.run(
        "UPDATE runs SET status = ?, wake = ?, updated = ? WHERE run = ? AND status = ?",
        (READY, now, now, root, WAITING),
    )
    tx.changed(root)


def end(tx: Tx, root: int) -> None:
    """Let nothing of a run that is over be open."""
    tx.run(
        f"UPDATE requests SET status = ?, decided = ? WHERE request >= ? AND request < ? AND status = {OPEN}",
        (CANCELLED, tx.now(), *span(root)),
    )
    tx.run("DELETE FROM timers WHERE root = ?", (root,))
    tx.run("DELETE FROM controls WHERE root = ?", (root,))


def steer(tx: Tx, run: str, action: str, text: str, by: str, force: bool) -> bool:
    """Keep a control message for a run, or for the one around it, and wake it."""
    row = tx.one("SELECT coalesce(root, run) FROM runs WHERE id = ?", (escaped(run),))
    if row is None:
        return False
    (root,) = row
    (status,) = tx.one(f"SELECT status FROM runs WHERE run = ?{tx.lock}", (root,))
    if status in (DONE, FAILED):
        return False
    body = encode({"action": action, "text": text, "by": by, "force": force})
    tx.run("INSERT INTO controls (root, at, body) VALUES (?, ?, ?)", (root, tx.now(), body))
    wake(tx, root)
    return True


# ---------------------------------------------------------------- listing

INFO = (
    "r.id, r.status, (SELECT names FROM lists WHERE list = r.agents), r.started, r.updated, r.turn, r.reason, "
    "r.worker, r.lease, r.fence, r.wake, "
    f"(SELECT count(*) FROM requests WHERE request >= r.run * {PER_RUN} AND request < (r.run + 1) * {PER_RUN} "
    "AND requests.status = 0) FROM runs r"
)
"""What `info_from` reads."""


def info_from(row: Any, ticks: float) -> RunInfo:
    """Return a run from a row of `INFO`."""
    id, status, agents, started, updated, turn, reason, worker, lease, fence, due, waiting = row
    held = status == RUNNING and worker is not None and (lease or 0.0) > ticks
    return RunInfo(
        id=unescaped(id),
        status=cast("RunStatus", STATUSES[status]),
        agents=tuple(json.loads(agents)),
        started=started,
        updated=updated,
        turn=turn,
        reason=unescaped(reason or ""),
        worker=unescaped(worker or "") if held else "",
        fence=fence,
        wake=due if status == WAITING else None,
        open_requests=waiting,
    )


def runs(tx: Tx, status: Sequence[RunStatus], limit: int, after: str) -> list[RunInfo]:
    """Return runs, the latest first.

    Raises:
        ConfigError: there is no such status.
    """
    unknown = [word for word in ((status,) if isinstance(status, str) else status) if word not in STATUSES]
    if unknown or isinstance(status, str):
        raise one_of("status", status if isinstance(status, str) else unknown[0], (f"({s!r},)" for s in STATUSES))
    where, values = ["r.root IS NULL"], list[Any]()
    if status:
        where.append(f"r.status IN ({', '.join('?' * len(status))})")
        values += [STATUSES.index(s) for s in status]
    if after:
        where.append("r.run < (SELECT run FROM runs WHERE id = ?)")
        values.append(escaped(after))
    rows = tx.all(f"SELECT {INFO} WHERE {' AND '.join(where)} ORDER BY r.run DESC LIMIT ?", (*values, limit))
    ticks = tx.ticks()
    return [info_from(row, ticks) for row in rows]
