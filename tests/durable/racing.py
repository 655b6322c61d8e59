"""Races between processes for one answer, one deadline, one run: how many of them to begin, and what became of each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from random import Random
from threading import BrokenBarrierError, Thread
from typing import Any

from convagent.errors import JournalUnavailable
from convagent.human import Receipt
from convagent.journal import Inbox
from convagent.journal.base import Journal
from tests.durable.asking import waiting
from tests.durable.mortal import PATIENCE, Tally, context, ended, opened, start
from tests.durable.places import Place

TOGETHER = 0.005
"""Seconds around a deadline in which an answer is handed in."""
Told = list[tuple[str, str, str]]
"""(request, who, what they were told)"""


def same_decision(place: Place, times: int, processes: int = 5) -> Tally:
    """Hand one decision in from several processes and threads at once: it counts once, and all learn that it does."""
    with closing(place.open()) as journal:
        waiting(journal, "r")
        told = _together([(_decide_at_once, place.target, times // processes)] * processes)
        counts = Counter(status for _, _, status in told)
        stored = journal.request("r:1")
        assert stored is not None
        lost = counts["accepted"] == 0 or stored.decision_id != "same"
        assert counts["accepted"] + counts["duplicate"] == times, counts
        return Tally(times, int(lost), max(0, counts["accepted"] - 1), int(journal.load("r").info.status != "ready"))


def contradictions(place: Place, times: int) -> Tally:
    """Approve and reject the same requests from two processes: of each pair one counts, and the other is told so."""
    with closing(place.open()) as journal:
        requests = _ask(journal, times)
        told = _together([(_decide_each, place.target, requests, verb) for verb in ("approve", "reject")])
        assert {status for _, _, status in told} == {"accepted", "conflict"}
        return _judged(journal, requests, told)


def deadlines(place: Place, times: int, seed: int) -> Tally:
    """Answer within milliseconds of the deadline, while another process lets it pass: one of the two holds."""
    luck, tally = Random(seed), Tally()
    with closing(place.open()) as journal:
        for first in range(0, times, 50):
            count = min(50, times - first)
            start_at = journal.now() + 0.5
            dues = [start_at + 3 * TOGETHER * i for i in range(count)]
            requests = [f"t{first + i}:1" for i in range(count)]
            for id, due in zip(requests, dues, strict=True):
                waiting(journal, id.partition(":")[0], id, deadline=due, wake=due)
            moments = [due + luck.uniform(-TOGETHER, TOGETHER) for due in dues]
            told = _together(
                [
                    (_decide_at, place.target, requests, moments),
                    (_let_pass, place.target, dues[-1] + TOGETHER),
                ]
            )
            assert {status for _, _, status in told} <= {"accepted", "late"}, told
            tally += _judged(journal, requests, told, or_expired=True)
    return tally


def claims(place: Place, times: int, processes: int = 2) -> Tally:
    """Let processes claim runs as fast as they can: nobody gets one that another has."""
    with closing(place.open()) as journal:
        for n in range(times):
            journal.begin(f"c{n}", {"is": "chat", "people": None}, ("bot",), "", 0.0, "ready")
        told = _together([(_claim_all, place.target, str(n)) for n in range(processes)])
        counts = Counter(run for run, _, _ in told)
        assert len({who for _, who, _ in told}) == processes, "one of them got everything"
        return Tally(times, 0, sum(counts.values()) - len(counts), times - len(counts))


# ---------------------------------------------------------------- in the processes


def _together(what: Sequence[tuple[Any, ...]]) -> Told:
    """Run functions in processes that begin at one moment; return what was told to whom."""
    barrier, queue = context.Barrier(len(what)), context.SimpleQueue()
    begun = [start(function, barrier, queue, *args) for function, *args in what]
    told: Told = [one for _ in begun for one in queue.get()]
    assert [ended(process) for process in begun] == [0] * len(begun)
    return told


def _decide_at_once(barrier: Any, queue: Any, target: str, threads: int) -> None:
    with closing(opened(target)) as journal:
        told: Told = []
        barrier.wait()
        crew = [Thread(target=lambda: told.append(_decide(journal, "r:1", "approve", "same"))) for _ in range(threads)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
        queue.put(told)


def _decide_each(barrier: Any, queue: Any, target: str, requests: Sequence[str], verb: str) -> None:
    with closing(opened(target)) as journal:
        told: Told = []
        for id in requests:
            barrier.wait()
            told.append(_decide(journal, id, verb, f"{verb} {id}"))
        queue.put(told)


def _decide_at(barrier: Any, queue: Any, target: str, requests: Sequence[str], moments: Sequence[float]) -> None:
    with closing(opened(target)) as journal:
        told: Told = []
        barrier.wait()
        for id, moment in zip(requests, moments, strict=True):
            time.sleep(max(0.0, moment - time.time()))
            told.append(_decide(journal, id, "approve", f"approve {id}"))
        queue.put(told)


def _let_pass(barrier: Any, queue: Any, target: str, until: float) -> None:
    with closing(opened(target)) as journal:
        barrier.wait()
        while time.time() < until:
            _patiently(journal.expire)
            time.sleep(0.001)
        _patiently(journal.expire)
        queue.put([])


def _claim_all(barrier: Any, queue: Any, target: str, who: str) -> None:
    with closing(opened(target)) as journal:
        told: Told = []
        while True:
            with suppress(BrokenBarrierError):
                barrier.wait(PATIENCE)
            claimed = _patiently(lambda: journal.claim_ready(who, {"bot"}, 60.0, 1))
            if not claimed:
                break
            told += [(claim.run, who, "claimed") for claim in claimed]
        barrier.abort()  # the other needs not wait
        queue.put(told)


def _decide(journal: Journal, id: str, verb: str, decision_id: str) -> tuple[str, str, str]:
    receipt: Receipt = _patiently(lambda: Inbox(journal).decide(id, verb, by=verb, decision_id=decision_id))
    return id, decision_id, receipt.status


def _patiently(call: Callable[[], Any]) -> Any:
    """Do a thing again that found the file locked, as whoever decides is to do."""
    while True:
        try:
            return call()
        except JournalUnavailable:
            time.sleep(0.001)


# ---------------------------------------------------------------- before and after


def _ask(journal: Journal, times: int) -> list[str]:
    ids = [f"q{n}:1" for n in range(times)]
    for id in ids:
        waiting(journal, id.partition(":")[0], id)
    return ids


def _judged(journal: Journal, requests: Sequence[str], told: Told, *, or_expired: bool = False) -> Tally:
    """Compare what the deciders were told with what stands."""
    tally, counted = (
        Tally(len(requests)),
        {id: [d for i, d, s in told if i == id and s == "accepted"] for id in requests},
    )
    for id in requests:
        stored, accepted = journal.request(id), counted[id]
        assert stored is not None
        expired = or_expired and stored.status == "expired" and not accepted
        tally.lost += not expired and (len(accepted) == 0 or stored.decision_id != accepted[0])
        tally.doubled += max(0, len(accepted) - 1)
        tally.stuck += journal.load(stored.root).info.status != "ready"
    return tally
