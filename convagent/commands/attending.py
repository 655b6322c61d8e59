"""Whether a worker is there that may go on with a run."""

from __future__ import annotations

from collections.abc import Sequence

from ..journal.base import Journal, RunInfo, WorkerInfo
from ..journal.worker import is_gone

ABSENT = 90.0
"""Seconds after which a worker that was not heard of is no longer there: some times what it lets pass between two."""


def those_there(journal: Journal) -> list[WorkerInfo]:
    """Return the workers that are there."""
    return there_and_lost(journal)[0]


def there_and_lost(journal: Journal) -> tuple[list[WorkerInfo], list[WorkerInfo]]:
    """Return the workers that are there, and those that were, lately, and did not end as they should."""
    there, lost = list[WorkerInfo](), list[WorkerInfo]()
    now = journal.now()
    for worker in journal.workers():
        (lost if now - worker.seen >= ABSENT or is_gone(worker.name) else there).append(worker)
    return there, lost


def nobody_knows(info: RunInfo, there: Sequence[WorkerInfo]) -> str:
    """Say that none of these workers could go on with a run, and what to do; empty: there is one."""
    if known_to(info, there):
        return ""
    return f"no worker is there that knows {' and '.join(info.agents)}; start one, or `convagent resume` it"


def known_to(info: RunInfo, there: Sequence[WorkerInfo]) -> bool:
    """Return whether one of these workers may take a run."""
    return any(set(info.agents) <= set(worker.agents) for worker in there)
