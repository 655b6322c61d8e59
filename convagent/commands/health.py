"""`convagent doctor --journal`: what is wrong in a journal, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_args

from .._screen import visible
from ..errors import JournalError
from ..journal import Inbox
from ..journal.base import OVER, Journal, RunInfo, RunStatus, StoredRequest, WorkerInfo
from ..journal.worker import is_gone, machine_of
from .attending import known_to, nobody_knows, there_and_lost, those_there
from .database import SHOWN, WRONG, confirm_clock, database, rows, some
from .inbox import open_ones
from .journals import every_run, opened
from .tables import ago, span

SOME = 1000
"""How many runs are looked at that could go on."""
LONG = 300.0
"""Seconds after which what should have moved on by itself is said to be stuck."""


def health(options: Any) -> tuple[str, bool]:
    """Return what is to be said of a journal, a line each, and whether all is well."""
    try:
        with opened(options) as journal:
            if options.confirm_clock:
                confirm_clock(journal)
            lines = [line for part in _PARTS for line in part(journal)]
    except JournalError as error:
        return f"{WRONG}{error}", False
    return "\n".join(map(visible, lines)), not any(line.startswith(WRONG) for line in lines)


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
        yield from some([line for info in left if (line := judge(journal, info))])


def _blocked(journal: Journal, info: RunInfo) -> str:
    if info.status != "blocked":
        return ""
    return (
        f"{WRONG}run {info.id} is blocked: {info.reason or 'no reason was kept'}; "
        "repair that, then start a worker or `convagent resume` it"
    )


def _deserted(journal: Journal, info: RunInfo) -> str:
    silent = journal.now() - info.updated
    if not info.deserted or (silent < LONG and known_to(info, those_there(journal))):  # a worker takes it in a moment
        return ""
    return f"{WRONG}run {info.id}: its process is gone, heard of last {ago(silent)}; {_who_knows(journal, info)}"


def _idle(journal: Journal, info: RunInfo) -> str:
    waited = journal.now() - info.updated
    if info.status != "ready" or waited < LONG:
        return ""
    return f"{WRONG}run {info.id} could go on since {span(waited)}; {_who_knows(journal, info)}"


def _who_knows(journal: Journal, info: RunInfo) -> str:
    return nobody_knows(info, those_there(journal)) or "a worker that knows its agents is there, and has not taken it"


def _orphaned(journal: Journal, info: RunInfo) -> str:
    if info.status not in OVER or not info.open_requests:
        return ""
    return f"{WRONG}run {info.id} is {info.status}, and nobody waits for its {info.open_requests} open questions"


def _workers(journal: Journal) -> Iterator[str]:
    there, lost = there_and_lost(journal)
    for worker in there[:SHOWN]:
        yield f"worker {worker.name} knows {', '.join(worker.agents)}; seen {ago(journal.now() - worker.seen)}"
    idle = [info for info in journal.runs(("ready", "running"), SOME) if info.status == "ready" or info.deserted]
    stuck = [info for info in idle if not known_to(info, there)]
    yield from some([_lost(worker, journal.now() - worker.seen, stuck) for worker in lost])


def _lost(worker: WorkerInfo, silent: float, stuck: Sequence[RunInfo]) -> str:
    machine = machine_of(worker.name)
    where = f" on {machine}" if machine else ""
    how = "has died" if is_gone(worker.name) else "is dead, frozen or cut off"
    said = f"worker {worker.name}{where} {how}, heard of last {ago(silent)}"
    waiting = sum(known_to(info, [worker]) for info in stuck)
    if not waiting:
        return f"{said}; nothing waits for it"
    runs = "1 run that it knows can" if waiting == 1 else f"{waiting} runs that it knows can"
    return f"{WRONG}{said}; {runs} go on, and no other worker is there that knows {', '.join(worker.agents)}: start one"


# ---------------------------------------------------------------- requests and messages


def _requests(journal: Journal) -> Iterator[str]:
    now, waiting, overdue = journal.now(), 0, list[StoredRequest]()
    for stored in open_ones(Inbox(journal)):
        waiting += 1
        due = stored.request.deadline
        if due is not None and now - due > LONG:
            overdue.append(stored)
    yield f"questions: {waiting} open"
    yield from some([_overdue(stored, now) for stored in overdue])


def _overdue(stored: StoredRequest, now: float) -> str:
    late = span(now - (stored.request.deadline or now))
    return f"{WRONG}question {stored.id}: its time was up {late} ago; a worker lets it pass, and none does"


def _messages(journal: Journal) -> Iterator[str]:
    for one in journal.messages(("given up",), limit=SHOWN):
        yield f"{WRONG}message {one.id} to {one.target} was given up after {one.attempts} tries: {one.error}"


_PARTS: Sequence[Callable[[Journal], Iterator[str]]] = (database, rows, _runs, _workers, _requests, _messages)
