"""What the endpoint of a webhook takes: only what is signed, now, once, and says exactly what it means."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from convagent.channels import WebhookChannel
from convagent.channels.endpoint import Endpoint, Limits
from convagent.channels.payload import Answer
from convagent.channels.signing import Signer, new_secret
from convagent.human import Decision, HumanReply, HumanRequest, Receipt, Seat, approve, edit, reject, respond, stop
from convagent.human import revise as revise_
from convagent.oversight.backoff import constant
from tests.channels.asking import VERBS, Standing, desk, request, until
from tests.channels.loopback import Client, Receiver, receiver, send, served, signature

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0ISE="


class House:
    """A channel, the receiver of its posts, and a client that answers."""

    def __init__(self, desk: Receiver, **more: Any) -> None:
        self.desk = desk
        self.channel = WebhookChannel(desk.url, SECRET, **{"backoff": constant("10ms"), **more})

    def ask(self, *asked: HumanRequest, work: Any, **more: Any) -> list[HumanReply | None]:
        """Let requests stand, do something in a thread with a client, and return the replies so far."""

        async def main() -> list[HumanReply | None]:
            standing = Standing(self.channel)
            await standing.put(*(asked or (request(),)))
            with served(self.channel.app) as url:
                self.url = url
                await asyncio.to_thread(work, Client(url, SECRET))
            done = [task.result() if task.done() else None for task in standing.tasks]
            await standing.withdraw()
            return done

        return asyncio.run(main())


@pytest.fixture
def house() -> Iterator[House]:
    with receiver() as desk:
        yield House(desk)


def _answer(decision: Any = "approve", **more: Any) -> dict[str, Any]:
    return {"request_id": "run:1", "decision": decision, "by": "ada", **more}


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        ({"decision": "approve"}, approve),
        ({"text": "approve"}, approve),
        ({"text": "reject too much"}, reject("too much")),
        ({"decision": {"verb": "reject", "text": "too much"}}, reject("too much")),
        ({"decision": {"verb": "edit", "arguments": {"amount": 5}}}, edit(amount=5)),
        ({"decision": {"verb": "respond", "value": {"paid": True}}}, respond({"paid": True})),
        ({"decision": "stop"}, stop()),
        ({"decision": {"verb": "revise", "text": "shorter"}}, revise_("shorter")),
    ],
    ids=str,
)
def test_answer_counts_when_it_is_signed(house: House, given: dict[str, Any], decision: Decision) -> None:
    """The receipt is a 200; who answered and how that is known are recorded."""

    def work(client: Client) -> None:
        status, receipt = client({"request_id": "run:1", "by": "ada", **given})
        assert (status, receipt) == (200, {"request_id": "run:1", "status": "accepted", "problem": ""})

    (reply,) = house.ask(request(decisions=(*VERBS, "revise")), work=work)
    assert reply is not None
    assert (reply.decision, reply.by, reply.channel) == (decision, "ada", "webhook")
    assert reply.authenticated == "signature"


def test_receiver_is_not_told_what_it_answered_itself(house: House) -> None:
    """A notice follows only for what is settled elsewhere."""

    def work(client: Client) -> None:
        assert client({"request_id": "run:1", "decision": "approve", "by": "ada"})[0] == 200

    def other(client: Client) -> None:
        asyncio.run(until(lambda: house.desk.of("request.opened")))

    house.ask(request("run:1"), work=work)
    house.ask(request("run:2"), work=other)
    asyncio.run(until(lambda: house.desk.of("request.withdrawn")))
    assert [post.json["data"]["id"] for post in house.desk.of("request.withdrawn")] == ["run:2"]


def test_text_is_taken_when_a_text_is_asked_for(house: House) -> None:
    """A classic prompt is answered by a text."""

    def work(client: Client) -> None:
        assert client({"request_id": "run:1", "text": "Berlin", "by": "ada"})[0] == 200

    (reply,) = house.ask(HumanRequest("run:1", "Where to? ", "bot"), work=work)
    assert reply is not None
    assert (reply.text, reply.decision) == ("Berlin", None)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"request_id": "run:1", "text": "yes please", "by": "ada"}, "'yes please' is not a decision"),
        ({"request_id": "run:1", "text": "", "by": "ada"}, "a blank line is not a decision"),
        ({"request_id": "run:1", "text": "not approved", "by": "ada"}, "is not a decision"),
        (_answer({"verb": "edit", "arguments": {"amount": "many"}}), "'many' is not of type 'integer'"),
        (_answer({"verb": "edit"}), "expected the arguments that change"),
        (_answer({"verb": "edit", "arguments": []}), "arguments: expected an object"),
        (_answer("yes"), "decision: expected one of approve, edit"),
        (_answer(True), "decision: expected one of approve, edit"),
        (_answer(["approve"]), "decision: expected one of approve, edit"),
        (_answer("retry"), "retry is not possible here"),
        (_answer({"verb": "approve", "text": "but not today"}), "decision approve has 'text'"),
        (_answer({"verb": "approve", "always": "exact"}), "always is not offered here"),
        (_answer({"verb": "approve", "always": "everything"}), "always: expected exact or clause"),
        (_answer({"verb": "reject", "text": 5}), "text: expected a text"),
        (_answer(text="reject"), "either a decision or a text"),
        (_answer(channel="terminal"), "the body has 'channel'"),
        (_answer(roles=["manager"]), "the body has 'roles'"),
        (_answer(by=""), "by: expected who answers"),
        (_answer(by=["ada"]), "by: expected a text"),
        ({"decision": "approve", "by": "ada"}, "request_id: expected a text"),
        (_answer(request_id=1), "request_id: expected a text"),
        ({"type": "request.opened", "data": {}}, "the body has 'data', 'type'"),
        (b'{"request_id":"run:1","by":"ada","decision":"reject","decision":"approve"}', "a key stands twice"),
        (b'{"request_id":"run:1","by":"ada","decision":{"verb":"edit","arguments":{"amount":NaN}}}', "NaN is not"),
        (b'{"request_id":"run:1","by":"ada","decision":{"verb":"edit","arguments":{"amount":1e999}}}', "too large"),
        (b"[]", "not a JSON object"),
        (b"approve", "the body is not JSON"),
        (b"", "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        (b"[" * 60_000, "nested too deeply"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_question_stands_when_an_answer_is_invalid(house: House, value: Any, problem: str) -> None:
    """The problem is said (400), nothing is approved, and the right answer counts afterwards."""

    def work(client: Client) -> None:
        status, receipt = client(value)
        assert (status, receipt["status"]) == (400, "invalid")
        assert problem in receipt["problem"]
        assert [one.id for one in house.channel.pending] == ["run:1"]
        assert client(_answer())[0] == 200

    schema = {"type": "object", "properties": {"amount": {"type": "integer"}}}
    (reply,) = house.ask(request(schema=schema), work=work)
    assert reply is not None
    assert reply.decision == approve


def test_answer_is_refused_when_its_signature_is_wrong(house: House) -> None:
    """Another secret, a changed body, changed headers, other versions, none: 401, and the question stands."""

    def work(client: Client) -> None:
        stranger = Client(house.url, new_secret())
        body, now = json.dumps(_answer()).encode(), int(time.time())
        good = signature(SECRET, "answer_x", now, body)
        wrong = [
            stranger(_answer()),
            client(_answer("reject"), tamper=lambda text: text.replace(b"reject", b"approve")),
            client(_answer(), tamper=lambda text: text + b" "),
            client(_answer(), webhook_id="another"),
            client(_answer(), webhook_timestamp=str(now + 1)),
            client(_answer(), webhook_signature=good.replace("v1,", "v1a,")),
            client(_answer(), webhook_signature=good[:-2]),
            client(_answer(), webhook_signature="v1,"),
            client(_answer(), webhook_signature="v1"),
            client(_answer(), webhook_signature=",".join([good] * 2)),
            client(_answer(), webhook_signature=" "),
            client(_answer(), webhook_id=""),
            client(_answer(), webhook_id="a.b"),
            client(_answer(), webhook_timestamp="now"),
            client(_answer(), webhook_timestamp="-5"),
            send(house.url, body, {}),
        ]
        assert [status for status, _ in wrong] == [401] * len(wrong)
        assert {answer["status"] for _, answer in wrong} == {"refused"}
        assert SECRET[6:] not in json.dumps(wrong)
        assert good[3:] not in json.dumps(wrong)
        assert len(house.channel.pending) == 1

    assert house.ask(work=work) == [None]


@pytest.mark.parametrize(("age", "words"), [(400, " s old"), (10**6, " s old"), (-400, "ahead of this machine")])
def test_answer_is_refused_when_its_time_is_far_away(house: House, age: float, words: str) -> None:
    """What was signed five minutes ago, or later than now, is not taken, although the signature fits."""

    def work(client: Client) -> None:
        status, answer = client(_answer(), timestamp=time.time() - age)
        assert status == 401
        assert words in answer["problem"]
        assert "at most 300 s are taken" in answer["problem"]

    assert house.ask(work=work) == [None]


def test_answer_is_taken_once_when_it_is_replayed(house: House) -> None:
    """The same message again is a 409, whatever became of the first, even when the question stands again."""

    def work(client: Client) -> None:
        assert client(_answer(), id="one")[0] == 200
        status, answer = client(_answer(), id="one")
        assert (status, answer["status"]) == (409, "duplicate")
        assert "message one came already" in answer["problem"]
        assert client(_answer("yes", request_id="run:2"), id="two")[0] == 400
        assert client(_answer(request_id="run:2"), id="two")[0] == 409

    first, second = house.ask(request("run:1"), request("run:2"), work=work)
    assert first is not None
    assert second is None

    def captured(client: Client) -> None:
        assert client(_answer(), id="one")[0] == 409

    assert house.ask(request("run:1"), work=captured) == [None]  # the same question stands again


def test_new_answers_are_put_off_when_too_many_came() -> None:
    """What could not be known again is not taken: replaying opens no door. Old ones make room."""
    taken: list[str] = []
    clock = [time.time()]

    def hand_in(answer: Answer) -> Receipt:
        taken.append(answer.request_id)
        return Receipt("accepted")

    limits = Limits(tolerance=300, largest=1000, remember=3)
    with served(Endpoint(Signer(SECRET), hand_in, limits, now=lambda: clock[0])) as url:
        client = Client(url, SECRET)
        assert [client(_answer(), timestamp=clock[0])[0] for _ in range(4)] == [200, 200, 200, 503]
        clock[0] += 299
        assert client(_answer(), timestamp=clock[0] - 299, id="answer_1")[0] == 409
        status, answer = client(_answer(), timestamp=clock[0])
        assert (status, answer["status"]) == (503, "refused")
        clock[0] += 2
        assert client(_answer(), timestamp=clock[0])[0] == 200
        assert client(_answer(), timestamp=clock[0] - 301, id="answer_1")[0] == 401
    assert taken == ["run:1"] * 4


def test_answer_is_late_when_the_question_was_escalated_since_it_was_read(house: House) -> None:
    """An answer that says at which level it was read counts at that level only; 410, and whom it went to."""

    def work(client: Client) -> None:
        status, receipt = client(_answer(level=0))
        assert (status, receipt["status"]) == (410, "late")
        assert receipt["problem"].startswith("it was escalated to manager meanwhile")
        for wrong in (-1, 2, "1", 1.0, True):
            assert client(_answer(level=wrong))[0] == 400
        assert client(_answer(level=1))[0] == 200

    (reply,) = house.ask(request(level=1, to=("manager",)), work=work)
    assert reply is not None


@pytest.mark.parametrize(
    ("second", "status", "word"),
    [("approve", 409, "duplicate"), ("reject", 409, "conflict")],
)
def test_second_answer_is_told_that_it_is_decided(house: House, second: str, status: int, word: str) -> None:
    """The first valid answer counts; another one is the same or a contradiction, and changes nothing."""

    def work(client: Client) -> None:
        assert client(_answer())[0] == 200
        assert (client(_answer(second))[0], client(_answer(second, by="bob"))[1]["status"]) == (status, word)

    (reply,) = house.ask(work=work)
    assert reply is not None
    assert reply.decision == approve


def test_one_answer_counts_when_many_come_at_once(house: House) -> None:
    """Twenty signed answers in parallel: one is accepted."""

    def work(client: Client) -> None:
        line = threading.Barrier(20)

        def answer(number: int) -> int:
            line.wait(20)
            return client(_answer("approve" if number % 2 else "reject", by=f"p{number}"))[0]

        with ThreadPoolExecutor(20) as pool:
            found = sorted(pool.map(answer, range(20)))
        assert found == [200, *[409] * 19]

    (reply,) = house.ask(work=work)
    assert reply is not None


def test_one_answer_counts_when_the_same_message_comes_many_times_at_once(house: House) -> None:
    """A retry that overtakes its first attempt is a replay, too."""

    def work(client: Client) -> None:
        with ThreadPoolExecutor(10) as pool:
            found = sorted(pool.map(lambda _: client(_answer(), id="same")[0], range(10)))
        assert found == [200, *[409] * 9]

    house.ask(work=work)


def test_answer_is_late_when_nobody_waits(house: House) -> None:
    """After the deadline it is a 410; of a request that never stood here a 404."""

    def work(client: Client) -> None:
        asyncio.run(until(lambda: not house.channel.pending))
        assert (client(_answer())[0], client(_answer())[1]["status"]) == (410, "late")
        assert (client(_answer(request_id="run:9"))[0], client(_answer(request_id=""))[1]["status"]) == (404, "unknown")

    assert house.ask(request(deadline=time.time() + 0.05), work=work) == [None]


def test_answer_is_refused_when_who_gives_it_does_not_sit_there() -> None:
    """A service speaks for its own people, and within their roles."""
    with receiver() as desk:
        house = House(desk, seats=[Seat("ada", ("clerk",)), Seat("bob", ("manager",))])

        def work(client: Client) -> None:
            for by in ("eve", "bob", "", "*"):
                assert client(_answer(by=by))[0] == 400
            assert client(_answer())[0] == 200

        (reply,) = house.ask(request(to=("clerk",)), work=work)
        assert reply is not None
        assert (reply.by, reply.roles) == ("ada", ("clerk",))


def test_either_secret_is_taken_when_one_is_being_replaced() -> None:
    """While both are given, answers signed with the old one or the new count."""
    new = new_secret()
    with receiver() as desk:
        channel = WebhookChannel(desk.url, [new, SECRET])

        async def main() -> None:
            standing = Standing(channel)
            await standing.put(request("run:1"), request("run:2"))
            with served(channel.app) as url:
                old = await asyncio.to_thread(Client(url, SECRET), _answer(), id="a")
                other = await asyncio.to_thread(Client(url, new), _answer(request_id="run:2"), id="b")
            assert (old[0], other[0]) == (200, 200)

        asyncio.run(main())


def test_body_is_refused_when_it_is_too_large(house: House) -> None:
    """By its stated length before it is read, and by what comes where none is stated."""

    def work(client: Client) -> None:
        # Not a byte is sent after the one that is too much: the server has gone by then.
        for header, pieces in ((("content-length", "70000"), ()), (("transfer-encoding", "chunked"), (32_768, 32_769))):
            connection = http.client.HTTPConnection(house.url.removeprefix("http://"), timeout=20)
            connection.putrequest("POST", "/")
            connection.putheader(*header)
            connection.endheaders()
            for size in pieces:
                connection.send(f"{size:x}\r\n".encode() + b"x" * size + b"\r\n")
            response = connection.getresponse()
            problem = json.loads(response.read())["problem"]
            assert (response.status, problem) == (413, "the body is larger than 65536 bytes")
            connection.close()

    assert house.ask(work=work) == [None]


def test_header_is_refused_when_it_stands_twice(house: House) -> None:
    """Of two signatures in two headers nobody knows which one was meant."""

    def work(client: Client) -> None:
        body, now = json.dumps(_answer()).encode(), str(int(time.time()))
        good = signature(SECRET, "one", now, body)
        for first, second in ((good, "v1,AAAA"), ("v1,AAAA", good)):
            connection = http.client.HTTPConnection(house.url.removeprefix("http://"), timeout=20)
            connection.putrequest("POST", "/")
            for name, value in (
                ("webhook-id", "one"),
                ("webhook-timestamp", now),
                ("webhook-signature", first),
                ("webhook-signature", second),
                ("content-length", str(len(body))),
            ):
                connection.putheader(name, value)
            connection.endheaders(body)
            assert connection.getresponse().status == 401
            connection.close()

    assert house.ask(work=work) == [None]


def test_method_is_refused_when_it_is_no_post(house: House) -> None:
    """It says which one is expected."""

    def work(client: Client) -> None:
        connection = http.client.HTTPConnection(house.url.removeprefix("http://"), timeout=20)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert (response.status, response.headers["allow"]) == (405, "POST")
        response.read()
        connection.close()

    assert house.ask(work=work) == [None]


def test_server_goes_on_when_a_client_goes_away(house: House) -> None:
    """Half a request is forgotten."""

    def work(client: Client) -> None:
        host, port = house.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as half:
            half.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        assert client(_answer())[0] == 200

    (reply,) = house.ask(work=work)
    assert reply is not None


def test_answer_is_refused_when_it_is_a_request_of_ours(house: House) -> None:
    """What we posted and signed, sent back to us, decides nothing."""

    def work(client: Client) -> None:
        asyncio.run(until(lambda: house.desk.posts))
        post = house.desk.posts[0]
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        status, answer = send(house.url, post.body, {name: post.headers[name] for name in names})
        assert (status, answer["status"]) == (400, "invalid")

    assert house.ask(work=work) == [None]


def test_signer_checks_what_another_signer_signed() -> None:
    """Both directions share one scheme."""
    signer = Signer(SECRET)
    assert signer.check(signer.headers("m", 1000, b"x"), b"x", 1200.0, 300.0) == ("m", 1000)


@pytest.mark.parametrize("answer", ["approve", "reject not today"])
def test_webhook_decides_a_tool_call_in_a_chat(answer: str) -> None:
    """In a whole chat: posted, answered by another process's word, run or not."""
    with receiver() as posts:
        channel = WebhookChannel(posts.url, SECRET, seats=[Seat("ada", ("clerk",))])
        customer, bot = desk()
        with served(channel.app) as url:

            def clerk() -> None:
                asyncio.run(until(lambda: posts.posts))
                id = posts.posts[0].json["data"]["id"]
                assert Client(url, SECRET)({"request_id": id, "text": answer, "by": "ada"})[0] == 200

            thread = threading.Thread(target=clerk)
            thread.start()
            result = customer.initiate_chat(bot, message="120, please", max_turns=1, channels=[channel], silent=True)
            thread.join()
        assert ("refunded" in result.summary) == (answer == "approve")
