"""Runs of a journal in PostgreSQL that an engine dispatches: whatever makes a run go on also enqueues it.

A trigger does it, in the same transaction, whoever wrote: a decision of the inbox on a machine without any engine
wakes a run as surely as one of a worker. Where the engine cannot take it (its tables are gone), the decision counts
all the same, and what was missed is found by `startable`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import ConfigError
from . import claims, loading
from .base import Claim, Journal
from .codec import escaped, unescaped
from .schema import READY, WAITING
from .store import DatabaseJournal


class Startable(NamedTuple):
    """A run that can go on, and that nobody moves."""

    run: str
    segment: int
    """Which of its segments comes next: one more than the claims that there were."""
    agents: tuple[str, ...]
    """Those that it needs."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an engine takes segments from: a workflow of DBOS, whose tables are in the journal's database."""

    schema: str = "dbos"
    workflow: str = "convagent.segment"
    """Is given the run's id and the number of the segment."""
    queue: str = "convagent"
    version: str = "1"
    """Of the application, as DBOS means it: always the same, so that a deploy strands nothing."""
    application: str | None = "convagent"
    """Whose segments they are; None: of whichever looks into the queue first."""
    lanes: bool = False
    """Whether limits hold for each lane, too: what runs name that share a tenant, or the endpoint of a model."""

    @property
    def call(self) -> str:
        """What enqueues a segment, in SQL, but for the names of its arguments."""
        return (
            f"{_name(self.schema)}.enqueue_workflow(workflow_name => {_text(self.workflow)}, "
            f"queue_name => {_text(self.queue)}, app_version => {_text(self.version)}, "
            f"application_name => {'NULL' if self.application is None else _text(self.application)}, "
        )


class Dispatch:
    """A journal in PostgreSQL whose runs an engine dispatches.

    Args:
        journal: whose runs.
        target: where their segments are enqueued; in the same database.

    Raises:
        ConfigError: the journal is not in PostgreSQL.
    """

    def __init__(self, journal: Journal, target: Target) -> None:
        if not isinstance(journal, DatabaseJournal) or not journal.url.startswith("postgres"):
            raise ConfigError(f"{journal.url}: the engine dbos needs a journal in PostgreSQL, postgresql://...")
        self._journal, self.target = journal, target

    def check(self) -> None:
        """See that the engine's tables are there.

        Raises:
            ConfigError: they are not.
        """
        with self._journal.read() as tx:
            there = tx.one("SELECT to_regproc(?) IS NOT NULL", (f"{_name(self.target.schema)}.enqueue_workflow",))[0]
        if not there:
            raise ConfigError(
                f"{self._journal.url}: the tables of DBOS are not here, in the schema {self.target.schema!r}; they "
                "have to be in the journal's database, so that a decision and what wakes its run are one transaction"
            )

    def install(self) -> None:
        """Enqueue a segment for each run that becomes ready, from now on, and a later one where it waits for a time."""
        body = _BODY.format(call=self.target.call, waiting=WAITING, lane=_LANE if self.target.lanes else "")
        with self._journal.write() as tx:
            tx.one("SELECT pg_advisory_xact_lock(hashtext('convagent.dispatch'))")
            found = tx.one("SELECT prosrc FROM pg_proc WHERE oid = to_regproc('dispatch')")
            if found is None or found[0] != body:
                tx.run(
                    "CREATE OR REPLACE FUNCTION dispatch() RETURNS trigger LANGUAGE plpgsql AS "
                    f"$dispatch${body}$dispatch$"
                )
            if tx.one("SELECT 1 FROM pg_trigger WHERE tgname = 'dispatch' AND tgrelid = to_regclass('runs')") is None:
                tx.run(_TRIGGER.format(ready=READY, waiting=WAITING))

    def startable(self, since: float = 0.0, limit: int = 1000, run: str = "") -> list[Startable]:
        """Return runs that can go on: ready, due, or left by a worker that is gone.

        Args:
            since: only those that have been ready, or due, for so many seconds.
            limit: how many at most.
            run: only this one; empty: all.
        """
        only, values = (" AND id = ?", (escaped(run),)) if run else (_BY_INDEX, ())
        with self._journal.read() as tx:
            rows = tx.all(
                "SELECT id, fence + 1, (SELECT names FROM lists WHERE list = agents) FROM runs "
                f"WHERE {claims.STARTABLE}{only} LIMIT ?",
                (*claims.startable(tx, since), *values, limit),
            )
        return [Startable(unescaped(id), segment, tuple(json.loads(names))) for id, segment, names in rows]

    def claim(self, run: str) -> Claim | None:
        """Claim a run for this process if it can go on and nobody moves it."""
        journal = self._journal
        return journal.claim_one(run, journal.heart.worker, journal.lease)

    def desert(self) -> None:
        """Let the leases end whose workers have died on this machine: nobody need wait for them."""
        with self._journal.write() as tx:
            claims.desert(tx)

    def enqueue(self, found: Startable, mark: str, delay: float = 0.0) -> None:
        """Enqueue a segment of a run once more, for those that were missed.

        Args:
            found: which segment.
            mark: tells this time from others; the same one enqueues nothing twice.
            delay: seconds until it may begin.
        """
        with self._journal.write() as tx:
            until = int((tx.now() + delay) * 1000) if delay else None
            lane = loading.spec(tx, found.run).get("lane", NO_LANE) if self.target.lanes else NO_LANE
            tx.one(
                f"SELECT {self.target.call} positional_args => ARRAY[to_json(?::text), to_json(?::bigint)]::json[], "
                "workflow_id => ?::text, delay_until_epoch_ms => ?::bigint, queue_partition_key => ?::text)",
                (escaped(found.run), found.segment, segment_id(found) + mark, until, lane),
            )


def segment_id(found: Startable) -> str:
    """Return what the engine calls a segment."""
    return f"{escaped(found.run)}/{found.segment}"


_BY_INDEX = " AND agents = ANY(ARRAY(SELECT list FROM lists))"
"""True of every run: with it those are found by their index that are due among a million that wait for a time."""
_BODY = """
DECLARE
    at bigint := NULL;
    name text := NEW.id || '/' || (NEW.fence + 1);
    lane text := '-';
BEGIN
    {lane}
    IF NEW.status = {waiting} THEN
        at := (NEW.wake * 1000)::bigint;
        name := name || '@' || at;
    END IF;
    PERFORM {call}
        positional_args => ARRAY[to_json(NEW.id), to_json(NEW.fence + 1)]::json[],
        workflow_id => name, delay_until_epoch_ms => at, queue_partition_key => lane);
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'run % was not enqueued: %', NEW.id, SQLERRM;
    RETURN NULL;
END
"""
_LANE = """lane := NEW.spec;
    IF starts_with(lane, 'sha256:') THEN
        SELECT body INTO lane FROM bodies WHERE hash = substr(lane, 8);
    END IF;
    lane := coalesce(lane::json->>'lane', '-');"""
NO_LANE = "-"
"""The lane of runs that name none, and of all where lanes have no limits: a queue that gets some later needs one."""
_TRIGGER = """
CREATE TRIGGER dispatch AFTER INSERT OR UPDATE OF status, wake ON runs FOR EACH ROW
WHEN (NEW.root IS NULL AND (NEW.status = {ready} OR (NEW.status = {waiting} AND NEW.wake IS NOT NULL)))
EXECUTE FUNCTION dispatch()
"""


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
