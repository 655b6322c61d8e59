"""What many runs that wait cost over a PostgreSQL, which is started for it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.durable.postgres import Server, absent

from .durable import add_parked
from .harness import Bench


def measure(bench: Bench) -> None:
    """Add the rows of this file; none where PostgreSQL is missing."""
    missing = absent()
    if missing:
        print(f"(PostgreSQL is not measured: {missing})", flush=True)
        return
    count = 1_000 if bench.quick else 10_000
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        add_parked(
            bench, "PostgreSQL", count, bench.run("durable", "ours_parked", count=count, journal=server.database())
        )
