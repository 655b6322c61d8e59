"""Workers that are cut off the network, while others go on, and come back."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from random import Random

from tests.chaos.machines import LEASE, Crew, Outcome, outcome
from tests.chaos.many_machines import MOMENTS, fed, laid_out
from tests.chaos.networks import CUTS, Cut, Network
from tests.durable.mortal import NEVER, Death
from tests.durable.places import PostgresPlace

LONG = (12.0, 20.0)
"""Seconds, now and then: as long as a connection is not given up in."""
SETTLED = 4.0
"""Seconds after which what was under way on both sides of a cut is over; nobody can tell before what was done."""


def partitions(place: PostgresPlace, home: Path, seed: int, number: int) -> Outcome:
    """Cut two of three workers off, at a marked point or at any moment, for longer than a lease, and link them again.

    What is in doubt is answered when they are there again. They go on beside the others for a while, are told to end,
    and have to end well.
    """
    with Network() as network, network.at_the_hub():
        place.server.listen(network.hub)
        return _cut_off(place, home, Random(seed), number, network)


def _cut_off(place: PostgresPlace, home: Path, luck: Random, number: int, network: Network) -> Outcome:
    cuts = 0
    with laid_out(place, home) as site:
        crew = site.crew
        crew.network = network
        crew.begin()
        while cuts < number:
            site.clerk.doubts = False
            lost: dict[int, Cut] = {_begun(crew, luck, home): luck.choice(CUTS) for _ in range(2)}
            for one in lost:
                note = crew.settings[one].death.note
                fed(site, lambda note=note: note is not None and note.exists(), 10 if note else luck.uniform(1, 4))
            for one, cut in lost.items():
                network.cut(one, cut)
                pid = crew.processes[one].pid or 0
                crew.deaths.append((pid, time.time()))
                os.kill(pid, signal.SIGCONT)
            fed(site, lambda: False, luck.uniform(*LONG) if luck.random() < 0.25 else luck.uniform(1, 4) * LEASE)
            for one, cut in lost.items():
                network.heal(one, cut)
            fed(site, lambda: False, SETTLED)
            codes = [crew.stop(one) for one in lost]
            assert codes == [0] * len(codes), f"workers that had been cut off ended by {codes}: {home}"
            cuts += len(lost)
            site.clerk.doubts = True
            site.clerk.answer(site.journal)
        site.finish()
        return outcome(site.journal, crew, site.runs, site.clerk, cuts)


def _begun(crew: Crew, luck: Random, home: Path) -> int:
    """Begin a worker that halts at a point to be cut off, or says that it is there and goes on, or says nothing."""
    how = luck.choice((signal.SIGSTOP, 0, None))
    mark, after = luck.choice(MOMENTS)
    return crew.begin(NEVER if how is None else Death(mark, after, 1, how, home / f"cut-{len(crew.settings)}"))
