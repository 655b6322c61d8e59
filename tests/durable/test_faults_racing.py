"""Several want the same at once: one has it, and each is told the truth. `make chaos` does it by the thousand."""

from __future__ import annotations

import os

from convagent.journal import Inbox
from convagent.journal.base import Batch, Journal
from tests.durable.asking import waiting
from tests.durable.mortal import Tally
from tests.durable.places import Place
from tests.durable.racing import claims, contradictions, deadlines, same_decision


def test_same_decision_counts_once_when_it_is_handed_in_fifty_times(place: Place) -> None:
    """Once it is accepted, 49 times it is a duplicate."""
    assert same_decision(place, 50) == Tally(tries=50)


def test_one_of_two_counts_when_they_contradict(place: Place) -> None:
    """The other is told of the conflict."""
    assert contradictions(place, 40) == Tally(tries=40)


def test_one_of_two_holds_when_an_answer_comes_with_the_deadline(place: Place) -> None:
    """It was accepted and counts, or it is late and the time is up."""
    seed = int(os.environ.get("CHAOS_SEED", "7"))
    print(f"seed {seed}")
    assert deadlines(place, 40, seed) == Tally(tries=40)


def test_nobody_gets_a_run_that_another_has_when_both_claim(place: Place) -> None:
    """Each run is claimed once."""
    assert claims(place, 400) == Tally(tries=400)


def test_answer_that_nobody_waits_for_is_told_so(journal: Journal) -> None:
    """Late, of a request that is withdrawn, of a run that is over, and of one that never was."""
    inbox = Inbox(journal)
    claim = waiting(journal, "r", "r:1", "r:2", "r:3")
    journal.expire("r:1", 0, force=True)
    assert inbox.decide("r:1", "approve", by="ann").status == "late"
    claim = journal.claim("r", "w", 60.0)
    journal.append(claim, Batch(closed=["r:2"]))
    assert inbox.decide("r:2", "approve", by="ann").status == "late"
    journal.append(claim, Batch(status="done"))
    assert inbox.decide("r:3", "approve", by="ann").status == "late"
    assert inbox.decide("r:9", "approve", by="ann").status == "unknown"
    assert journal.load("r").info.status == "done"
