"""A webhook over a journal: posted by whoever is there, answered whether or not a process moves the run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from convagent import approve
from convagent.agents.durable import advance
from convagent.channels import KeptWebhook
from convagent.engine import Worker
from convagent.human import Seat
from convagent.journal import Inbox, SQLiteJournal
from convagent.oversight.backoff import constant
from tests.channels.asking import until
from tests.channels.loopback import Client, Receiver, receiver, served
from tests.durable.asking import waiting
from tests.durable.teams import Desk, begin, status, work

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0ISE="


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SQLiteJournal]:
    found = SQLiteJournal(tmp_path / "runs.db", synchronous="NORMAL")
    yield found
    found.close()


@pytest.fixture
def desk() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def _until(true: Callable[[], Any]) -> None:
    asyncio.run(until(true))


def _hook(journal: SQLiteJournal, desk: Receiver, **more: Any) -> KeptWebhook:
    given = {"seats": [Seat(roles=("clerk",))], "backoff": constant("20ms"), **more}
    return KeptWebhook(journal, desk.url, SECRET, **given)


def _asked(journal: SQLiteJournal, hook: KeptWebhook) -> Desk:
    """Let a run come to its question, with the channel, and its worker end."""
    team = Desk()
    begin(journal, team.agents)

    async def moved() -> None:
        knows = {a.name for a in team.agents()}
        worker = Worker(journal, lambda claim: advance(journal, claim, team.agents, channels=[hook]), knows)
        await worker.work(once=True)

    asyncio.run(moved())
    return team


def test_question_is_posted_and_answered_with_no_process_at_the_run(journal: SQLiteJournal, desk: Receiver) -> None:
    """The signed answer is a decision of the inbox; a repeated one is known as such, another comes too late."""
    hook = _hook(journal, desk)
    team = _asked(journal, hook)
    _until(lambda: desk.of("request.opened"))
    (post,) = desk.of("request.opened")
    assert post.json["data"]["because"] == "amount > 100"
    answer = {"request_id": post.json["data"]["id"], "decision": "approve", "by": "ann"}
    with served(hook.app) as url:
        client = Client(url, SECRET)
        assert client({**answer, "decision": {"verb": "edit", "arguments": {"amount": "lots"}}})[0] == 400
        assert client(answer)[0] == 200
        assert client(answer)[0] == 409
        assert client({**answer, "decision": "reject"})[0] == 409
    stored = journal.request("run:1")
    assert stored is not None
    assert stored.reply is not None
    assert (stored.reply.by, stored.reply.channel, stored.reply.authenticated) == ("ann", "webhook", "signature")
    work(journal, team.agents)
    assert (status(journal), team.paid) == ("done", [("Ada", 40), ("Bob", 250)])
    hook.close()
    assert desk.of("request.withdrawn") == []


def test_answer_at_a_level_that_it_was_not_read_at_does_not_count(journal: SQLiteJournal, desk: Receiver) -> None:
    """The level of the post goes with its answer: once it has gone on to others it is late."""
    waiting(journal, "r", "r:1", to=("manager",), level=1)
    hook = _hook(journal, desk, seats=[Seat(roles=("manager",))])
    answer = {"request_id": "r:1", "decision": "approve", "by": "ann"}
    with served(hook.app) as url:
        client = Client(url, SECRET)
        status, receipt = client({**answer, "level": 0})
        assert (status, receipt["status"]) == (410, "late")
        assert "escalated to manager" in receipt["problem"]
        assert client({**answer, "level": 1})[0] == 200
    hook.close()


def test_post_is_made_by_the_next_process_when_the_receiver_was_down(journal: SQLiteJournal, desk: Receiver) -> None:
    """A message survives the process that could not deliver it, under the same id."""
    desk.answers[:] = [500]
    first = _hook(journal, desk)
    _asked(journal, first)
    _until(lambda: len(desk.posts) >= 2)
    first.close()
    desk.answers[:] = [200]
    second = _hook(journal, desk)
    _until(lambda: [m.status for m in journal.messages()] == ["delivered"])
    second.close()
    assert len({post.headers["webhook-id"] for post in desk.posts}) == 1


def test_receiver_is_told_that_a_question_was_answered_elsewhere(journal: SQLiteJournal, desk: Receiver) -> None:
    """Also by a process that was started after the question was posted."""
    first = _hook(journal, desk)
    _asked(journal, first)
    _until(lambda: [m.status for m in journal.messages()] == ["delivered"])
    first.close()
    second = _hook(journal, desk)
    assert Inbox(journal).decide("run:1", approve, by="ann").status == "accepted"
    _until(lambda: desk.of("request.withdrawn"))
    second.close()
    assert desk.of("request.withdrawn")[0].json["data"] == {"id": "run:1", "level": 0}


def test_receiver_that_refuses_is_given_up_and_the_question_stands(journal: SQLiteJournal, desk: Receiver) -> None:
    """What stands in the inbox needs no receiver; the message says why it was given up."""
    desk.answers[:] = [400]
    hook = _hook(journal, desk, attempts=1)
    _asked(journal, hook)
    _until(lambda: [m.status for m in journal.messages()] == ["given up"])
    hook.close()
    assert "answered 400" in journal.messages()[0].error
    assert [r.id for r in Inbox(journal).pending()] == ["run:1"]
