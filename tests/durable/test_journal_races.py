"""What happens at the same moment: threads, processes, and processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

from convagent.errors import JournalUnavailable
from convagent.human import approve, reject
from convagent.journal import Batch, Inbox
from tests.durable.asking import asked, begin, waiting, yes
from tests.durable.places import Place


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Call all at the same moment, each in a thread of its own, and again as long as the journal is locked."""
    ready = Barrier(len(calls))

    def call(one: Callable[[], Any]) -> Any:
        ready.wait()
        while True:
            try:
                return one()
            except JournalUnavailable:
                continue  # as a run and an inbox do

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))


def test_one_of_fifty_is_accepted_when_they_decide_the_same(place: Place) -> None:
    """The same decision fifty times at once: one counts, all others hear that it counts already."""
    waiting(place.open())
    inboxes = [Inbox(place.open()) for _ in range(5)] * 10
    receipts = at_once(*(partial(i.decide, "r:1", approve, by="ada", decision_id="d") for i in inboxes))
    assert Counter(r.status for r in receipts) == {"accepted": 1, "duplicate": 49}


def test_one_decision_stands_when_two_contradict_each_other(place: Place) -> None:
    """Of approval and rejection at once one counts, and its giver is who was told so."""
    journal, other = place.open(), place.open()
    for n in range(20):
        waiting(journal, f"r{n}")
        decisions = {"ada": approve, "bob": reject("no")}
        ada = partial(Inbox(journal).decide, f"r{n}:1", decisions["ada"], by="ada")
        bob = partial(Inbox(other).decide, f"r{n}:1", decisions["bob"], by="bob")
        receipts = dict(zip(decisions, at_once(ada, bob), strict=True))
        assert sorted(r.status for r in receipts.values()) == ["accepted", "conflict"]
        stored = journal.request(f"r{n}:1")
        assert stored is not None
        assert stored.reply is not None
        assert receipts[stored.reply.by].status == "accepted"
        assert stored.reply.decision == decisions[stored.reply.by]


def test_quorum_is_met_once_when_all_approve_at_once(place: Place) -> None:
    """Three of five must agree: three count, and the request is answered with them."""
    journal = place.open()
    waiting(journal, "r", "r:1", need=3)
    receipts = at_once(*(partial(Inbox(journal).decide, "r:1", approve, by=f"p{n}") for n in range(5)))
    assert Counter(r.status for r in receipts) == {"accepted": 3, "duplicate": 2}
    stored = journal.request("r:1")
    assert stored is not None
    assert stored.reply is not None
    assert len({stored.reply.by, *(v.by for v in stored.reply.votes)}) == 3


def test_decision_or_time_counts_when_both_come_at_once(place: Place) -> None:
    """Either the answer counts or the time was up; nobody is told that it counted when it did not."""
    journal, other = place.open(), place.open()
    for n in range(20):
        waiting(journal, f"r{n}")
        receipt, expired = at_once(
            partial(Inbox(journal).decide, f"r{n}:1", approve, by="ada"),
            partial(other.expire, f"r{n}:1", 0, force=True),
        )
        stored = journal.request(f"r{n}:1")
        assert stored is not None
        outcomes = [("answered", "accepted", []), ("expired", "late", [f"r{n}:1"])]
        assert (stored.status, receipt.status, expired) in outcomes


def test_no_wake_up_is_lost_when_a_run_parks_while_it_is_decided(place: Place) -> None:
    """A decision at the moment of the pause: either the run did not pause, or it was made ready."""
    journal, other = place.open(), place.open()
    for n in range(30):
        claim = begin(journal, f"r{n}")
        journal.append(claim, Batch(requests=[asked(f"r{n}:1")]))
        parked, settled = at_once(
            partial(journal.append, claim, Batch(status="waiting")),
            partial(other.settle, f"r{n}:1", 0, yes(f"r{n}:1")),
        )
        assert settled
        assert journal.load(f"r{n}").info.status == ("ready" if parked else "running")


CLAIMER = """
import sys
from convagent.journal import open_journal
from convagent.errors import JournalUnavailable
journal = open_journal(sys.argv[1])
sys.stdin.readline()
while True:
    try:
        found = journal.claim_ready(sys.argv[2], {"bot"}, 60, limit=3)
    except JournalUnavailable:
        continue
    if not found:
        break
    print(*(c.run for c in found), flush=True)
journal.close()
"""

WRITER = """
import sys
from convagent.journal import Batch, open_journal
from convagent.errors import JournalUnavailable
from tests.durable.asking import asked, begin, row
journal = open_journal(sys.argv[1])
claim = begin(journal, "r")
n = 0
while True:
    n += 1
    rows = [row("r", 2 * n), row("r", 2 * n + 1)]
    journal.append(claim, Batch(rows=rows, requests=[asked(f"r:{n}")], turns={"r": n}))
    print(n, flush=True)
"""


def started(root: Path, program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a program in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip


def test_no_run_is_claimed_twice_when_two_processes_look_for_work(place: Place, root: Path) -> None:
    """Two workers that race for what is ready get each run once, and leave none."""
    journal = place.open()
    names = [f"r{n}" for n in range(150)]
    for name in names:
        journal.begin(name, {}, ["bot"], "w", 60, "ready")
    workers = [started(root, CLAIMER, place.target, f"w{n}") for n in range(2)]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    claimed: list[Sequence[str]] = []
    for worker in workers:
        out, errors = worker.communicate(timeout=50)
        assert worker.returncode == 0, errors
        claimed.append(out.split())
    assert sorted([*claimed[0], *claimed[1]]) == sorted(names)
    holders = {info.id: info.worker for info in journal.runs(limit=200)}
    assert {name: holders[name] for name in claimed[0]} == dict.fromkeys(claimed[0], "w0")


def test_what_was_acknowledged_is_there_when_its_process_is_killed(place: Place, root: Path) -> None:
    """After kill -9 in the middle of writing the run loads, with every batch of which the writer heard, each whole."""
    writer = started(root, WRITER, place.target)
    assert writer.stdout is not None
    heard = 0
    for line in writer.stdout:
        heard = int(line)
        if heard == 30:
            os.kill(writer.pid, signal.SIGKILL)
    _, errors = writer.communicate(timeout=50)
    assert writer.returncode == -signal.SIGKILL, errors

    loaded = place.open().load("r")

    batches = loaded.turns["r"]
    assert batches >= heard >= 30
    assert [r.seq for r in loaded.rows] == list(range(2, 2 * batches + 2))
    assert [r.id for r in loaded.requests] == [f"r:{n + 1}" for n in range(batches)]
    assert place.open().record.verify().ok
