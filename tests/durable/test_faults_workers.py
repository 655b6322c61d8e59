"""What wears a worker out: news that is late, tools that block the loop, many runs at once, thousands of journals."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convagent import ConversableAgent, approve, ask, tool
from convagent.channels import ScriptedChannel
from convagent.errors import ConfigError
from convagent.events import InputRequestEvent
from convagent.journal import Inbox
from convagent.journal.base import Batch, Journal, News
from convagent.testing import ScriptedModel
from tests.durable.mortal import NEVER, REFUND, Ledger, Person, decide_in, enqueue_in, run, tally, work_in
from tests.durable.places import Place, SQLitePlace
from tests.durable.teams import Desk, begin, call, status, work


class Slow:
    """A journal whose news are on their way while the run may think that it can only wait."""

    quick = False

    def __init__(self, journal: Journal) -> None:
        self._journal, self._parks, self.answered = journal, threading.Event(), False
        self._watchers: list[Callable[[], None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def watch(self, call: Callable[[], None], run: str = "") -> Callable[[], None]:
        self._watchers.append(call)
        return self._journal.watch(call, run)

    def append(self, claim: Any, batch: Batch) -> bool:
        if batch.status == "waiting":
            self._parks.set()
            if not self.answered:  # no news were asked for, so that the answer comes in this very moment instead
                self.answered = Inbox(self._journal).decide("run:1", approve, by="ann").status == "accepted"
        written = self._journal.append(claim, batch)
        for watcher in self._watchers if batch.requests else ():
            watcher()
        return written

    def news(self, claim: Any, requests: Any) -> News:
        if requests and not self.answered:
            self.answered = Inbox(self._journal).decide(requests[0], approve, by="ann").status == "accepted"
            found = self._journal.news(claim, requests)
            self._parks.wait(0.5)
            return found
        return self._journal.news(claim, requests)


def test_answer_counts_when_its_news_come_while_the_run_parks(journal: Journal) -> None:
    """The journal has told of the answer, and the run has not heard it yet: it does not park for ever."""
    desk = Desk()
    begin(journal, desk.agents)
    slow: Any = Slow(journal)
    work(slow, desk.agents, channels=[lambda event: None])  # with a channel the question is written before it parks
    assert slow.answered
    assert (status(journal), desk.paid) == ("done", [("Ada", 40), ("Bob", 250)])


def test_file_is_still_locked_when_a_second_journal_of_this_process_was_closed(file: SQLitePlace) -> None:
    """Else another process takes itself for the last one, and tidies away the log that this one writes."""
    ledger = Ledger(file.path.with_name("ledger"))
    first, person = file.open(), Person(ledger)
    enqueue_in(file.target, ledger, "run")  # by a second journal of this process
    work_in(file.target, ledger)
    assert run(decide_in, file.target, "run:1", "approve", "ann", "d") == 0
    first.steer("run", "say", "thanks", by="ann")
    assert file.look("SELECT count(*) FROM controls") == [(1,)]
    assert run(work_in, file.target, ledger, NEVER) == 0
    assert tally(first, ["run"], person).stuck == 0


def test_lease_is_kept_when_a_tool_blocks_the_loop_for_longer(place: Place) -> None:
    """The heart beats in a thread of its own."""
    ran: list[int] = []

    def agents() -> list[ConversableAgent]:
        async def block(n: int) -> str:
            """Block everything."""
            ran.append(n)
            time.sleep(1.5)  # a blocking tool is the fault  # noqa: ASYNC251
            return "ok"

        model = ScriptedModel([[call("block", n=1)], "Done."])
        desk = ConversableAgent("desk", llm_config=model, tools=[tool(block)])
        return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]

    journal, other = place.open(), place.open()
    journal.lease = 0.6
    begin(journal, agents)
    working = threading.Thread(target=work, args=(journal, agents))
    working.start()
    while working.is_alive():
        assert not ran or other.claim_ready("other", {"desk", "customer"}, 60.0) == []
        working.join(0.05)
    assert (status(journal), ran) == ("done", [1])


def test_two_hundred_runs_are_moved_at_once(file: SQLitePlace) -> None:
    """One worker parks them all, and ends them all when all are answered."""
    desk, journal = Desk(), file.open()
    for n in range(200):
        begin(journal, desk.agents, f"r{n}")
    work(journal, desk.agents, slots=200)
    requests = Inbox(journal).pending(limit=1000)
    assert len(requests) == 200
    assert {r.status for r in Inbox(journal).decide_many([(r.id, approve) for r in requests], by="ann")} == {"accepted"}
    work(journal, desk.agents, slots=200)
    assert ({info.status for info in journal.runs(limit=1000)}, len(desk.paid)) == ({"done"}, 400)


def test_live_run_goes_on_when_two_people_have_approved_elsewhere(journal: Journal) -> None:
    """One approval of two is kept, and the second lets the waiting process go on."""
    desk = Desk(script=REFUND, policy=ask("finance", need=2))
    agent, customer = desk.agents()
    response = customer.run(agent, message="pay", max_turns=1, journal=journal)
    told: list[str] = []
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            told += [Inbox(journal).decide(event.request.id, approve, by=by).status for by in ("ann", "ann", "bob")]
    assert (told, desk.paid) == (["accepted", "duplicate", "accepted"], [("Bob", 250)])


@pytest.mark.parametrize(
    "wrong", [{"people": 3}, {"channels": [ScriptedChannel("approve"), ScriptedChannel("approve")]}]
)
def test_nothing_is_kept_of_a_chat_that_was_refused(journal: Journal, wrong: dict[str, Any]) -> None:
    """Else a worker would hold it later, though its caller was told that it did not begin."""
    desk, customer = Desk().agents()
    with pytest.raises(ConfigError):
        customer.initiate_chat(desk, message="pay", max_turns=1, silent=True, journal=journal, **wrong)
    assert journal.runs() == []


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts what is open by /proc")
def test_nothing_stays_open_of_chats_that_opened_their_journal(tmp_path: Path) -> None:
    """A hundred chats, each with `journal="runs.db"`, leave no descriptor and no thread behind, a moment later."""

    def left() -> int:
        return len(os.listdir("/proc/self/fd")) + threading.active_count()

    before = 0
    for n in range(100):
        desk, customer = Desk(script=("Hello.",)).agents()
        customer.initiate_chat(desk, message="hi", max_turns=1, silent=True, journal=tmp_path / "runs.db")
        if n == 10:
            before = left()
    for thread in threading.enumerate():
        if thread.name.startswith(("convagent-watch", "convagent-heart")):
            thread.join(10)
    assert left() <= before + 4
