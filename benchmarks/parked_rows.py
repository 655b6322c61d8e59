"""Many runs that wait, written as rows: each is a copy of one that was parked, and can be answered and gone on with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

TABLES = ("runs", "events", "requests")
_starts = count(1)


def park(journal: Any, team: Callable[[], Sequence[Any]], number: int, due: int = 0) -> list[str]:
    """Write runs that wait for an answer into a journal in PostgreSQL, and return their ids.

    Args:
        journal: a `PostgresJournal`.
        team: makes the agents, of whom the first is asked by the second.
        number: how many.
        due: how many of the questions have a deadline, far away.
    """
    import psycopg

    model = _parked(journal, team)
    with psycopg.connect(journal.address, options="-c search_path=convagent", autocommit=True) as connection:
        rows = {name: _rows(connection, name, model) for name in TABLES}
        (first,) = connection.execute("SELECT max(run) + 1 FROM runs").fetchone() or (1,)
        ids = [f"{n:08}" for n in range(first, first + number)]
        for name in TABLES:
            columns, found = rows[name]
            into: Any = f"COPY {name} ({', '.join(columns)}) FROM STDIN"
            with connection.cursor().copy(into) as copy:
                for order, id in enumerate(ids):
                    for row in found:
                        copy.write_row(_copied(name, dict(row), model, id, first + order, order < due))
        connection.execute("SELECT setval(pg_get_serial_sequence('runs', 'run'), max(run)) FROM runs")
    return ids


def _parked(journal: Any, team: Callable[[], Sequence[Any]]) -> str:
    """Have one run parked, and return its id."""
    from convagent import enqueue
    from convagent.agents.durable import advance

    agents = team()
    id = f"m{next(_starts):07}"
    enqueue(journal, agents[1], agents[0], message="Ada", max_turns=1, silent=True, run_id=id)
    worker = journal.heart.worker
    claim = journal.claim_one(id, worker, journal.lease)
    if claim is not None:  # else a worker has been quicker
        asyncio.run(advance(journal, claim, lambda: agents))
    while journal.load(id).info.status != "waiting":
        pass
    return id


def _rows(connection: Any, table: str, id: str) -> tuple[list[str], list[dict[str, Any]]]:
    where = {"runs": "id = %s", "events": "run = (SELECT run FROM runs WHERE id = %s)", "requests": "id = %s || ':1'"}
    cursor = connection.execute(f"SELECT * FROM {table} WHERE {where[table]}", (id,))
    columns = [column.name for column in cursor.description]
    return columns, [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _copied(table: str, row: dict[str, Any], model: str, id: str, number: int, due: bool) -> list[Any]:
    """Return a row of the model as one of another run."""
    from convagent.journal.codec import crc_of
    from convagent.journal.schema import PER_RUN

    def moved(place: int) -> int:
        return number * PER_RUN + place % PER_RUN

    match table:
        case "runs":
            row |= {"run": number, "id": id}
        case "requests":
            row |= {"request": moved(row["request"]), "id": f"{id}:1", "run": number, "told": moved(row["told"])}
            row |= {"due": 4e9 + number} if due else {}
        case _:
            row |= {"place": moved(row["place"]), "run": number}
            if model in row["body"] or model in row["key"]:
                row |= {"key": row["key"].replace(model, id), "body": row["body"].replace(model, id)}
                row["crc"] = crc_of(row["seq"], row["key"], row["fence"], row["time"], row["body"])
    return list(row.values())
