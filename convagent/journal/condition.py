"""How the server of a journal in PostgreSQL stands, for whoever looks after it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .tx import Tx


@dataclass(frozen=True, slots=True)
class Idle:
    """A transaction that holds something of the journal, and does nothing."""

    pid: int
    who: str
    """The name of its application, or of its user."""
    since: float
    """For how many seconds."""
    waiting: int
    """How many wait for it to end."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What there is to know of a server."""

    version: str
    tables: str
    """The version of the journal's tables."""
    size: int
    """How many bytes they take, with their indexes."""
    ahead: float
    """By how many seconds its clock is ahead of this machine's."""
    syncs: bool
    """Whether what it acknowledges is on the disk."""
    idle: tuple[Idle, ...]
    """The longest first. Of other users it sees only what it has the right to."""


def condition(tx: Tx, schema: str) -> Condition:
    """Return how a server stands."""
    before = time.time()
    there = tx.now()
    version, syncs, size = tx.one(
        "SELECT current_setting('server_version'), current_setting('fsync'), coalesce(sum("
        "pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = ? AND c.relkind = 'r'",
        (schema,),
    )
    (tables,) = tx.one("SELECT value FROM meta WHERE name = 'version'")
    return Condition(
        version=version,
        tables=tables,
        size=size,
        ahead=there - before,
        syncs=syncs == "on",
        idle=tuple(Idle(*row) for row in tx.all(_IDLE, (schema,))),
    )


_IDLE = """
SELECT a.pid, coalesce(nullif(a.application_name, ''), a.usename::text, 'somebody'),
    extract(epoch FROM clock_timestamp() - a.state_change)::float8,
    (SELECT count(*) FROM pg_stat_activity b WHERE a.pid = ANY(pg_blocking_pids(b.pid)))
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.state IN ('idle in transaction', 'idle in transaction (aborted)')
    AND EXISTS (
        SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE l.pid = a.pid AND n.nspname = ?
    )
ORDER BY a.state_change
"""
