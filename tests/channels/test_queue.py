"""Requests on a queue: taken when somebody likes, answered by id from any thread, told what became of it."""

from __future__ import annotations

import asyncio
import json
import queue
import random
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convagent import ConfigError
from convagent.action import Action
from convagent.channels import CallableChannel, QueueChannel
from convagent.events import AnswerRefusedEvent, ChannelFailedEvent
from convagent.human import HumanReply, HumanRequest, Receipt, Seat, approve, edit, reject
from tests.channels.asking import Standing, desk, request, until

ADA, BOB = Seat("ada", ("clerk",)), Seat("bob", ("manager",))


@pytest.mark.parametrize("answer", ["approve", approve], ids=["word", "Decision"])
def test_queue_answers_when_a_thread_takes_the_request(answer: Any) -> None:
    """Another thread gets the request, answers it by its id, and is told that it counts."""
    requests: queue.Queue[HumanRequest] = queue.Queue()
    channel = QueueChannel(requests, seats=[ADA])
    receipts: list[Receipt] = []

    def clerk() -> None:
        receipts.append(channel.answer(requests.get(timeout=20).id, answer, by="ada"))

    async def main() -> None:
        standing = Standing(channel)
        thread = threading.Thread(target=clerk)
        thread.start()
        await standing.put(request(to=("clerk",)))
        reply = await standing.reply()
        thread.join()
        assert reply is not None
        assert (reply.decision, reply.by, reply.roles, reply.channel) == (approve, "ada", ("clerk",), "queue")
        assert reply.authenticated == "program"

    asyncio.run(main())
    assert receipts == [Receipt("accepted")]
    assert channel.pending == []


def test_queue_answers_when_another_loop_reads_it() -> None:
    """A chat of a synchronous caller runs on a loop of its own; an `asyncio.Queue` is fed in the loop that reads it."""
    customer, bot = desk()

    async def main() -> str:
        requests: asyncio.Queue[HumanRequest] = asyncio.Queue()
        channel = QueueChannel(requests, seats=[ADA])
        chat = asyncio.to_thread(
            customer.initiate_chat, bot, message="120, please", max_turns=1, channels=[channel], silent=True
        )
        running = asyncio.create_task(chat)
        asked = await asyncio.wait_for(requests.get(), 20)
        assert channel.answer(asked.id, "approve", by="ada") == Receipt("accepted")
        return (await running).summary

    assert asyncio.run(main()) == "refunded 120"


def test_queue_answers_when_the_run_is_in_the_same_loop() -> None:
    """Made before there is a loop, the channel feeds the queue in the run's own."""
    requests: asyncio.Queue[HumanRequest] = asyncio.Queue()
    channel = QueueChannel(requests)
    customer, bot = desk()

    async def main() -> str:
        chat = customer.a_initiate_chat(bot, message="120, please", max_turns=1, channels=[channel], silent=True)
        running = asyncio.create_task(chat)
        asked = await asyncio.wait_for(requests.get(), 20)
        assert channel.answer(asked.id, edit(amount=5), by="ada") == Receipt("accepted")
        return (await running).summary

    assert "refunded 5" in asyncio.run(main())


def test_queue_fails_when_its_loop_cannot_be_known() -> None:
    """An `asyncio.Queue` made outside any loop cannot be fed from another thread: it says so, and hangs nobody."""
    requests: asyncio.Queue[HumanRequest] = asyncio.Queue()
    customer, bot = desk()
    second = CallableChannel(lambda asked: "approve", name="second")
    failures: list[ChannelFailedEvent] = []

    def note(event: Any) -> None:
        if isinstance(event, ChannelFailedEvent):
            failures.append(event)

    result = customer.initiate_chat(
        bot,
        message="120, please",
        max_turns=1,
        channels=[QueueChannel(requests), second],
        observers=[note],
        silent=True,
    )
    assert result.summary == "refunded 120"
    assert "make the QueueChannel inside the event loop that reads the queue" in failures[0].error
    assert requests.empty()


@pytest.mark.parametrize("kind", ["queue", "asyncio", "asyncio of another loop"])
def test_question_stands_on_the_others_when_the_queue_is_full(kind: str) -> None:
    """A queue that takes no more is a channel that failed."""

    async def main() -> None:
        full: Any = queue.Queue(1) if kind == "queue" else asyncio.Queue(1)
        full.put_nowait("something")
        channel = QueueChannel(full)
        second = QueueChannel(queue.Queue(), name="second")
        standing = Standing(channel, second)
        if kind == "asyncio of another loop":
            await asyncio.to_thread(asyncio.run, _ask_and_answer(standing, channel, second))
        else:
            await _ask_and_answer(standing, channel, second)
        assert "Full" in standing.events.only(ChannelFailedEvent).error

    asyncio.run(main())


async def _ask_and_answer(standing: Standing, full: QueueChannel, other: QueueChannel) -> None:
    await standing.put(request())
    await until(lambda: standing.events.of(ChannelFailedEvent))
    assert full.pending == []
    assert other.answer("run:1", "approve", by="bob") == Receipt("accepted")
    assert (await standing.reply()) is not None


@pytest.mark.parametrize("how", ["answered", "expired", "withdrawn"])
def test_request_is_not_pending_when_it_is_settled_elsewhere(how: str) -> None:
    """The queue learns it, and an answer to it is told what became of it."""
    expected = {
        "answered": Receipt("conflict", "this was decided already by eve: approve"),
        "expired": Receipt("late", "nobody waits for this answer any more"),
        "withdrawn": Receipt("late", "nobody waits for this answer any more"),
    }

    async def main() -> None:
        channel = QueueChannel(queue.Queue())
        standing = Standing(channel)
        soon = standing.runtime.now() + 0.5
        await standing.put(request(deadline=soon) if how == "expired" else request())
        assert [one.id for one in channel.pending] == ["run:1"]
        if how == "answered":
            standing.runtime.answer(HumanReply("run:1", "approve", by="eve"))
        if how == "withdrawn":
            await standing.withdraw()
        await until(lambda: not channel.pending)
        assert channel.answer("run:1", reject("no"), by="ada") == expected[how]

    asyncio.run(main())


def test_queue_is_fed_only_when_the_request_is_for_its_seats() -> None:
    """Requests are routed by role, and who sits elsewhere cannot answer them here."""

    async def main() -> None:
        clerks, managers = QueueChannel(queue.Queue(), seats=[ADA], name="clerks"), QueueChannel(
            queue.Queue(), seats=[BOB], name="managers"
        )  # fmt: skip
        standing = Standing(clerks, managers)
        await standing.put(
            request("run:1", to=("clerk",)),
            request("run:2", to=("manager",)),
            request("run:3", to=("ada", "manager")),
            request("run:4"),
        )
        assert [one.id for one in clerks.pending] == ["run:1", "run:3", "run:4"]
        assert [one.id for one in managers.pending] == ["run:2", "run:3", "run:4"]
        assert clerks.answer("run:2", "approve", by="ada").status == "unknown"
        await standing.withdraw()

    asyncio.run(main())


def test_answer_is_refused_when_who_gives_it_does_not_sit_there() -> None:
    """A person without a seat, a seat without the role, and a name that is missing are told so; the question stands."""

    async def main() -> None:
        channel = QueueChannel(queue.Queue(), seats=[ADA, BOB])
        standing = Standing(channel)
        await standing.put(request(to=("clerk",)))
        wrong = {by: channel.answer("run:1", "approve", by=by) for by in ("eve", "", "bob")}
        assert {by: receipt.status for by, receipt in wrong.items()} == dict.fromkeys(("eve", "", "bob"), "invalid")
        assert wrong["eve"].problem == "eve does not answer at 'queue'; expected by: ada, bob"
        assert wrong["bob"].problem == "bob may not answer: this is for clerk"
        await until(lambda: len(standing.events.of(AnswerRefusedEvent)) == 3)
        refused = [(e.by, e.channel, e.problem) for e in standing.events.of(AnswerRefusedEvent)]
        assert refused == [(by, "queue", receipt.problem) for by, receipt in wrong.items()]
        assert [one.id for one in channel.pending] == ["run:1"]
        assert channel.answer("run:1", "approve", by="ada").status == "accepted"

    asyncio.run(main())


@pytest.mark.parametrize("answer", ["", "yes please", "not approved", "approved", edit(amount="many"), edit()])
def test_question_stands_when_an_answer_is_no_decision(answer: Any) -> None:
    """The problem is said, recorded, and the right answer counts afterwards."""
    schema = {"type": "object", "properties": {"amount": {"type": "integer"}}}

    async def main() -> None:
        channel = QueueChannel(queue.Queue())
        standing = Standing(channel)
        await standing.put(request(schema=schema))
        receipt = channel.answer("run:1", answer, by="ada")
        assert receipt.status == "invalid"
        assert receipt.problem
        await until(lambda: standing.events.of(AnswerRefusedEvent))
        assert standing.events.only(AnswerRefusedEvent).problem == receipt.problem
        assert channel.answer("run:1", "approve", by="ada").status == "accepted"
        reply = await standing.reply()
        assert reply is not None
        assert reply.decision == approve

    asyncio.run(main())


def test_queue_holds_dicts_when_they_are_asked_for() -> None:
    """What is put is JSON, with everything a person needs."""

    async def main() -> None:
        requests: queue.Queue[dict[str, Any]] = queue.Queue()
        channel = QueueChannel(requests, as_json=True)
        standing = Standing(channel)
        asked = request(to=("clerk",), within=600.0, deadline=4e9, otherwise="it is denied")
        await standing.put(asked)
        item = json.loads(json.dumps(requests.get_nowait(), allow_nan=False))
        assert asked.action is not None
        assert item["action"]["digest"] == asked.action.digest
        assert item["action"]["arguments"] == {"amount": 120}
        assert {key: item[key] for key in ("id", "prompt", "preview", "because", "to", "deadline", "otherwise")} == {
            "id": "run:1",
            "prompt": "May bot call refund?",
            "preview": "amount  120",
            "because": "amount > 100",
            "to": ["clerk"],
            "deadline": 4e9,
            "otherwise": "it is denied",
        }
        await standing.withdraw()

    asyncio.run(main())


SECRET_SCHEMA = {
    "type": "object",
    "properties": {
        "amount": {"type": "integer"},
        "token": {"type": "string", "x-secret": True},
        "pin": {"x-secret": True},
        "login": {"$ref": "#/$defs/Login"},
        "more": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/Login"}, {"type": "null"}]}},
    },
    "$defs": {
        "Login": {
            "type": "object",
            "properties": {
                "user": {"type": "string"},
                "password": {"type": "string", "format": "password", "writeOnly": True},
            },
        }
    },
}


def test_secrets_are_hidden_when_a_request_leaves_as_json() -> None:
    """What the tool's schema marks is asterisks in the arguments and in every text; the rest stays readable."""
    arguments = {
        "amount": 120,
        "token": "tok-9f8e7d",
        "pin": 7,
        "login": {"user": "ada", "password": "hunter22"},
        "more": [{"user": "bob", "password": "swordfish"}, None],
    }
    asked = request(
        action=Action("tool", "bot", "refund", arguments, impact="uses hunter22"),
        schema=SECRET_SCHEMA,
        prompt="May bot use tok-9f8e7d?",
        preview="token  tok-9f8e7d\npin  7\npassword  swordfish\namount  127",
        changed="token: 'old-secret' -> 'tok-9f8e7d'",
        because="token == 'tok-9f8e7d'",
    )

    async def main() -> None:
        requests: queue.Queue[dict[str, Any]] = queue.Queue()
        standing = Standing(QueueChannel(requests, as_json=True))
        await standing.put(asked)
        item = requests.get_nowait()
        text = json.dumps(item)
        for secret in ("tok-9f8e7d", "hunter22", "swordfish", "old-secret"):
            assert secret not in text
        hidden = "*" * 10
        assert item["action"]["arguments"] == {
            "amount": 120,
            "token": hidden,
            "pin": hidden,
            "login": {"user": "ada", "password": hidden},
            "more": [{"user": "bob", "password": hidden}, None],
        }
        assert item["action"]["digest"] is None
        assert item["preview"] == f"token  {hidden}\npin  {hidden}\npassword  {hidden}\namount  127"
        await standing.withdraw()

    asyncio.run(main())


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abcdef-0123456789", min_size=4, max_size=20), st.recursive(st.none(), st.lists, max_leaves=4))
def test_secret_is_hidden_wherever_it_is_when_the_schema_marks_it(secret: str, around: Any) -> None:
    """However deep a value stands below a mark, no text of the request has it."""
    from convagent.channels.payload import request_as_json

    schema = {"properties": {"s": {"x-secret": True}}}
    value = [around, {"deep": [secret]}]
    shown = request_as_json(request(action=Action("tool", "bot", "t", {"s": value}), schema=schema, preview=secret))
    assert shown["action"]["arguments"] == {"s": "*" * 10}
    assert secret not in shown["preview"]


def test_all_are_answered_when_a_thousand_are_pending() -> None:
    """In any order and from several threads, each answer goes to its own request."""

    async def main() -> None:
        channel = QueueChannel(queue.Queue())
        standing = Standing(channel)
        asked = [request(f"run:{number}") for number in range(1000)]
        await standing.put(*asked)
        assert len(channel.pending) == 1000
        ids = [one.id for one in asked]
        random.Random(7).shuffle(ids)

        def answer(part: list[str]) -> None:
            for one in part:
                assert channel.answer(one, reject(one), by="ada").status == "accepted"

        await asyncio.gather(*(asyncio.to_thread(answer, ids[start::4]) for start in range(4)))
        replies = [await standing.reply(number) for number in range(1000)]
        assert [r.decision for r in replies if r is not None] == [reject(one.id) for one in asked]
        assert channel.pending == []

    asyncio.run(main())


def test_one_answer_counts_when_many_threads_answer_at_once() -> None:
    """Exactly one is accepted, and the others are told that it is decided, so or otherwise."""

    async def main() -> None:
        channel = QueueChannel(queue.Queue())
        standing = Standing(channel)
        await standing.put(request())
        line = threading.Barrier(8)

        found: list[str] = []

        def answer(number: int) -> None:
            line.wait(20)
            found.append(channel.answer("run:1", approve if number % 2 else reject("no"), by=f"p{number}").status)

        threads = [threading.Thread(target=answer, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found.count("accepted") == 1
        assert sorted(found) == ["accepted", *["conflict"] * 4, *["duplicate"] * 3]

    asyncio.run(main())


def test_seat_is_refused_when_it_is_no_seat() -> None:
    """A role in the place of a seat is refused where it is written."""
    with pytest.raises(ConfigError, match=r"seats: 'clerk' is no Seat; expected such as"):
        QueueChannel(queue.Queue(), seats=["clerk"])  # type: ignore[list-item]


@pytest.mark.parametrize("decision", [approve, reject("no")])
def test_decision_is_refused_when_a_text_is_asked_for(decision: Any) -> None:
    """At a classic prompt a blank text lets the waiting call run: a decision must not be read as one."""

    async def main() -> None:
        channel = QueueChannel(queue.Queue())
        standing = Standing(channel)
        await standing.put(HumanRequest("run:1", "Press enter to skip: ", "bot", moment="turn"))
        receipt = channel.answer("run:1", decision, by="ada")
        assert (receipt.status, "this question takes a text" in receipt.problem) == ("invalid", True)
        assert channel.answer("run:1", "exit", by="ada").status == "accepted"

    asyncio.run(main())
