"""Whether a worker is there that may go on with a run."""

from __future__ import annotations

from ..journal.base import Journal, RunInfo

ABSENT = 300.0
"""Seconds after which a worker that was not heard of is no longer there."""


def nobody_knows(journal: Journal, info: RunInfo) -> str:
    """Say that no worker is there that could go on with a run, and what to do; empty: there is one."""
    if known_to(journal, info):
        return ""
    return f"no worker is there that knows {' and '.join(info.agents)}; start one, or `convagent resume` it"


def known_to(journal: Journal, info: RunInfo) -> bool:
    """Return whether a worker is there that may take a run."""
    there = [worker for worker in journal.workers() if is_there(journal, worker.seen)]
    return any(set(info.agents) <= set(worker.agents) for worker in there)


def is_there(journal: Journal, seen: float) -> bool:
    """Return whether a worker that was heard of then is still there."""
    return journal.now() - seen < ABSENT
