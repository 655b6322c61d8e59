"""`convagent doctor --journal`: what is wrong in a journal, and what to do about it."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_args

from .._screen import visible
from ..errors import JournalError
from ..journal import Inbox, SQLiteJournal
from ..journal.base import OVER, Journal, RunInfo, RunStatus, StoredRequest
from .inbox import open_ones
from .journals import opened
from .runs import every_run
from .tables import ago, span

LONG = 300.0
"""Seconds after which what should have moved on by itself is said to be stuck."""
SHOWN = 10
"""How many of a kind are named one by one."""
WRONG = "WRONG: "


def health(options: Any) -> tuple[str, bool]:
    """Return what is to be said of a journal, a line each, and whether all is well."""
    try:
        with opened(options) as journal:
            if options.confirm_clock:
                _confirm(journal)
            lines = [line for part in _PARTS for line in part(journal)]
    except JournalError as error:
        return f"{WRONG}{error}", False
    return "\n".join(map(visible, lines)), not any(line.startswith(WRONG) for line in lines)


def _some(found: Sequence[str]) -> Iterator[str]:
    """Give the first of many, and how many more there are."""
    yield from found[:SHOWN]
    if len(found) > SHOWN:
        yield f"{WRONG}and {len(found) - SHOWN} more like these"


# ---------------------------------------------------------------- the database


def _database(journal: Journal) -> Iterator[str]:
    if not isinstance(journal, SQLiteJournal):
        yield journal.url
        return
    wal = _size(f"{journal.path}-wal")
    yield f"{journal.path}: {_bytes(_size(journal.path))}, and {_bytes(wal)} not yet taken over (WAL)"
    problem = _integrity(journal.path)
    yield f"{WRONG}the file is damaged: {problem}; restore a copy" if problem else "the file is whole (integrity_check)"


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _bytes(size: float) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"


def _integrity(path: str) -> str:
    """Return what SQLite finds wrong in a file; empty: nothing."""
    connection = sqlite3.connect(path, timeout=10)
    try:
        found = [str(text) for (text,) in connection.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        return str(error)
    finally:
        connection.close()
    return "" if found == ["ok"] else "; ".join(found)


def _clock(journal: Journal) -> Iterator[str]:
    problem = journal.clock_problem() if isinstance(journal, SQLiteJournal) else ""
    if problem:
        yield (
            f"{WRONG}{problem}, so that no deadline passes. If it is right now: "
            f"convagent doctor --confirm-clock --journal {journal.url}"
        )


def _confirm(journal: Journal) -> None:
    if isinstance(journal, SQLiteJournal):
        journal.confirm_clock()


# ---------------------------------------------------------------- runs


def _runs(journal: Journal) -> Iterator[str]:
    count: Counter[RunStatus] = Counter()
    left: list[RunInfo] = []
    for info in every_run(journal, []):
        count[info.status] += 1
        if info.status not in ("done", "waiting") or info.open_requests:
            left.append(info)
    told = ", ".join(f"{count[status]} {status}" for status in get_args(RunStatus) if count[status])
    yield f"runs: {told or 'none'}"
    for judge in (_blocked, _deserted, _idle, _orphaned):
        yield from _some([line for info in left if (line := judge(journal, info))])


def _blocked(journal: Journal, info: RunInfo) -> str:
    if info.status != "blocked":
        return ""
    return (
        f"{WRONG}run {info.id} is blocked: {info.reason or 'no reason was kept'}; "
        "repair that, then start a worker or `convagent resume` it"
    )


def _deserted(journal: Journal, info: RunInfo) -> str:
    silent = journal.now() - info.updated
    if info.status != "running" or info.worker or silent < LONG:
        return ""
    return f"{WRONG}run {info.id}: its process died {ago(silent)}; {_who_knows(journal, info)}"


def _idle(journal: Journal, info: RunInfo) -> str:
    waited = journal.now() - info.updated
    if info.status != "ready" or waited < LONG:
        return ""
    return f"{WRONG}run {info.id} could go on since {span(waited)}; {_who_knows(journal, info)}"


def _who_knows(journal: Journal, info: RunInfo) -> str:
    workers = journal.workers()
    if any(set(info.agents) <= set(worker.agents) for worker in workers if _is_there(journal, worker.seen)):
        return "a worker that knows its agents is there, and has not taken it"
    return f"no worker is there that knows {' and '.join(info.agents)}; start one, or `convagent resume` it"


def _is_there(journal: Journal, seen: float) -> bool:
    return journal.now() - seen < LONG


def _orphaned(journal: Journal, info: RunInfo) -> str:
    if info.status not in OVER or not info.open_requests:
        return ""
    return f"{WRONG}run {info.id} is {info.status}, and nobody waits for its {info.open_requests} open questions"


def _workers(journal: Journal) -> Iterator[str]:
    there = [worker for worker in journal.workers() if _is_there(journal, worker.seen)]
    for worker in there[:SHOWN]:
        yield f"worker {worker.name} knows {', '.join(worker.agents)}; seen {ago(journal.now() - worker.seen)}"


# ---------------------------------------------------------------- requests and messages


def _requests(journal: Journal) -> Iterator[str]:
    now, waiting, overdue = journal.now(), 0, list[StoredRequest]()
    for stored in open_ones(Inbox(journal)):
        waiting += 1
        due = stored.request.deadline
        if due is not None and now - due > LONG:
            overdue.append(stored)
    yield f"questions: {waiting} open"
    yield from _some([_overdue(stored, now) for stored in overdue])


def _overdue(stored: StoredRequest, now: float) -> str:
    late = span(now - (stored.request.deadline or now))
    return f"{WRONG}question {stored.id}: its time was up {late} ago; a worker lets it pass, and none does"


def _messages(journal: Journal) -> Iterator[str]:
    for one in journal.messages(("given up",), limit=SHOWN):
        yield f"{WRONG}message {one.id} to {one.target} was given up after {one.attempts} tries: {one.error}"


_PARTS: Sequence[Callable[[Journal], Iterator[str]]] = (_database, _clock, _runs, _workers, _requests, _messages)
