"""Destroy what can be destroyed, for minutes, and count what is lost: `make chaos`, `make chaos ENGINE=dbos`.

    python -m tests.chaos [--engine dbos] [--seed 7] [--only kills] [--scale 0.1]

Prints a table: fault, tries, decisions lost, unsafe effects doubled, runs stuck. Exits with 1 unless all are zero.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.durable.freezing import freeze_at_random
from tests.durable.mortal import Ledger, Tally, kill_at_random
from tests.durable.outages import MOMENTS, commits_count, gone, locked, stopped
from tests.durable.places import Place, PostgresPlace, SQLitePlace
from tests.durable.postgres import Server, absent
from tests.durable.racing import claims, contradictions, deadlines, same_decision

Fault = Callable[[Place, Path], Tally]


def faults(seed: int, scale: float) -> Iterator[tuple[str, str, Fault]]:
    """Yield each fault: what it is called, what it is, and what brings it about."""

    def many(count: int) -> int:
        return max(5, round(count * scale))

    yield (
        "kills",
        f"kill -9 of one of three workers, at random (seed {seed})",
        lambda place, home: kill_at_random(place, Ledger(home / "ledger"), seed, many(500)),
    )
    yield (
        "freezes",
        f"SIGSTOP of one of three workers for longer than its lease (seed {seed})",
        lambda place, home: freeze_at_random(place, Ledger(home / "ledger"), seed, many(20)),
    )
    yield "same", "the same decision 50 times at once", lambda place, home: same_decision(place, 50)
    yield "contradictions", "two contradicting decisions at once", lambda place, home: contradictions(place, many(1000))
    yield (
        "deadlines",
        f"an answer within 5 ms of its deadline (seed {seed})",
        lambda place, home: deadlines(place, many(1000), seed),
    )
    yield "claims", "two workers claiming the same runs", lambda place, home: claims(place, many(10_000))
    yield "gone", "PostgreSQL stopped for 15 s / file locked for 40 s: step, pause, decide", partial(away, scale=scale)


def away(place: Place, home: Path, scale: float) -> Tally:
    """Take the database away at each moment of a run."""
    if isinstance(place, PostgresPlace):
        return sum((gone(place, home, m, lambda: stopped(place), 15 * scale) for m in MOMENTS), Tally())
    assert isinstance(place, SQLitePlace)
    return sum((gone(place, home, m, lambda: locked(place.path), 40 * scale) for m in MOMENTS), Tally())


@contextmanager
def database(kind: str) -> Generator[tuple[Place, Path]]:
    """Make an empty journal of a kind, and a folder beside it."""
    with ExitStack() as closing:
        home = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="convagent-chaos-")))
        place: Place
        if kind == "sqlite":
            place = closing.enter_context(SQLitePlace(home / "runs.db"))
        else:
            place = closing.enter_context(PostgresPlace(closing.enter_context(Server(home))))
            place.open()
            commits_count(place)
        yield place, home


def many_machines(chosen: argparse.Namespace) -> int:
    """Bring every fault of several machines about, and print the table."""
    from tests.chaos.many_machines import rows
    from tests.chaos.networks import absent as cannot_be_cut

    if missing := absent():
        print(f"PostgreSQL is needed: {missing}")
        return 1
    if missing := cannot_be_cut():
        print(f"The fault partitions is left out: {missing}")
    print(f"seed {chosen.seed}\n")
    head = ("fault", "tries", "decisions lost", "unsafe effects doubled", "runs stuck", "workflows failed")
    print(f"| {' | '.join((*head, 'taken over after, median', 'at most', 'seconds'))} |")
    print("| --- " * (len(head) + 3) + "|", flush=True)
    whole = True
    for what, found, seconds in rows(chosen.seed, chosen.scale, chosen.only, partial(database, "postgres")):
        print(f"| {' | '.join((what, *found.cells(), str(round(seconds))))} |", flush=True)
        whole &= found.whole
    return 0 if whole else 1


def main() -> int:
    """Bring every fault about on both databases, and print the table."""
    options = argparse.ArgumentParser(prog="python -m tests.chaos", description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="of what happens at random")
    options.add_argument("--only", default="", help="the name of one fault")
    options.add_argument("--on", choices=("sqlite", "postgres"), default="", help="one database")
    options.add_argument(
        "--engine", choices=("local", "dbos"), default="local", help="what dispatches (default: local)"
    )
    options.add_argument("--scale", type=float, default=1.0, help="a part of the tries and of the time")
    chosen = options.parse_args()
    if chosen.engine == "dbos":
        return many_machines(chosen)
    kinds = [kind for kind in ("sqlite", "postgres") if chosen.on in ("", kind)]
    if missing := absent():
        print(f"PostgreSQL is left out: {missing}")
        kinds = [kind for kind in kinds if kind != "postgres"]
    print(f"seed {chosen.seed}\n")
    print("| fault | database | tries | decisions lost | unsafe effects doubled | runs stuck | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    whole = True
    for name, what, fault in faults(chosen.seed, chosen.scale):
        for kind in kinds if chosen.only in ("", name) else ():
            began = time.monotonic()
            with database(kind) as (place, home):
                found = fault(place, home)
            counts = (found.tries, found.lost, found.doubled, found.stuck, round(time.monotonic() - began))
            print(f"| {what} | {kind} | {' | '.join(map(str, counts))} |", flush=True)
            whole &= found == Tally(found.tries)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
