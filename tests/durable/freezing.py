"""Workers that are frozen at random for longer than their lease, and wake to find that others went on."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from random import Random

from tests.durable.mortal import Ledger, Person, Tally, ended, enqueue_in, opened, start, tally, wait_until, work_on_in
from tests.durable.places import Place

LEASE = 1.0


def freeze_at_random(place: Place, ledger: Ledger, seed: int, times: int, workers: int = 3) -> Tally:
    """Freeze one of several workers again and again for two leases, at moments drawn by a seed, while a person answers.

    Nobody answers while one is frozen: what is in doubt then is only known to be done or not when it has woken or is
    dead. This is the hole that only the key of a call closes.
    """
    luck, person, runs = Random(seed), Person(ledger), list[str]()
    crew = [start(work_on_in, place.target, ledger, LEASE) for _ in range(workers)]
    with closing(opened(place.target)) as journal:
        try:
            for _ in range(times):
                for _ in range(4):
                    runs.append(f"r{len(runs)}")
                    enqueue_in(place.target, ledger, runs[-1])
                person.patient(journal)
                time.sleep(luck.expovariate(1 / 0.03))
                frozen = crew[luck.randrange(workers)].pid or 0
                os.kill(frozen, signal.SIGSTOP)
                time.sleep(2 * LEASE)
                os.kill(frozen, signal.SIGCONT)
                time.sleep(0.05)
            wait_until(lambda: person.patient(journal) == 0 and not journal.runs(("ready", "running", "waiting")))
            return tally(journal, runs, person, tries=times)
        finally:
            for process in crew:
                process.kill()
                ended(process)
