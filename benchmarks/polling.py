"""What an idle worker costs, and what a decision waits for, by the time between two looks (`worker --poll`)."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

from .dispatch import decisions
from .harness import Bench, Row

POLLS = (0.05, 0.2, 1.0)
PARKED = 200


def measure(bench: Bench) -> None:
    """Add the rows of this file; none where PostgreSQL or DBOS is missing."""
    from tests.durable.postgres import Server, absent

    if find_spec("dbos") is None or absent():
        print("(--poll is not measured: it needs PostgreSQL and convagent[dbos])", flush=True)
        return
    number, seconds = (20, 5.0) if bench.quick else (100, 20.0)
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        for poll in POLLS:
            options = ("--poll", str(poll))
            ours = decisions(server, "dbos", PARKED, number, seconds, options)
            local = decisions(server, "local", PARKED, number, seconds, options)
            bench.add(
                Row(f"--poll {poll:g}: decision to the tool's call, median", ours["wake"], "ms", bare=local["wake"])
            )
            bench.add(Row("    p99", ours["slow"], "ms", bare=local["slow"]))
            bench.add(Row("    an idle worker then", ours["idle"], "% of a core", bare=local["idle"]))
            bench.add(Row("    PostgreSQL, for two of them", ours["database"], "% of a core", bare=local["database"]))
