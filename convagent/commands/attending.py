"""Whether a worker is there that may go on with a run."""

from __future__ import annotations

from collections.abc import Sequence

from ..journal.base import Journal, RunInfo, WorkerInfo

ABSENT = 300.0
"""Seconds after which a worker that was not heard of is no longer there."""


def those_there(journal: Journal) -> list[WorkerInfo]:
    """Return the workers that are there."""
    return [worker for worker in journal.workers() if journal.now() - worker.seen < ABSENT]


def nobody_knows(info: RunInfo, there: Sequence[WorkerInfo]) -> str:
    """Say that none of these workers could go on with a run, and what to do; empty: there is one."""
    if known_to(info, there):
        return ""
    return f"no worker is there that knows {' and '.join(info.agents)}; start one, or `convagent resume` it"


def known_to(info: RunInfo, there: Sequence[WorkerInfo]) -> bool:
    """Return whether one of these workers may take a run."""
    return any(set(info.agents) <= set(worker.agents) for worker in there)
