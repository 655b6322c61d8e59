"""What a webhook posts: signed, again while the receiver is down, withdrawn when somebody else answered."""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from convagent import ConfigError, MissingExtra
from convagent.action import Action
from convagent.channels import CallableChannel, QueueChannel, WebhookChannel
from convagent.channels.signing import Signer, new_secret
from convagent.events import ChannelFailedEvent
from convagent.human import HumanReply, Seat
from convagent.oversight.backoff import constant
from tests.channels.asking import Standing, request, until
from tests.channels.loopback import Receiver, receiver, signature
from tests.conftest import ROOT

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0ISE="
OPENED, WITHDRAWN = "request.opened", "request.withdrawn"


def _channel(url: str, **more: Any) -> WebhookChannel:
    return WebhookChannel(url, SECRET, **{"backoff": constant("10ms"), "timeout": "10s", **more})


def _approve(standing: Standing, id: str = "run:1") -> None:
    assert standing.runtime.answer(HumanReply(id, "approve", by="eve")).status == "accepted"


def test_request_is_posted_and_signed_when_it_is_asked() -> None:
    """The receiver gets what a person needs, and can check that it came from us, now, and whole."""

    async def main() -> None:
        with receiver() as desk:
            standing = Standing(_channel(desk.url))
            await standing.put(request(to=("clerk",), within=600.0, deadline=4e9, otherwise="it is denied"))
            await until(lambda: desk.posts)
            post = desk.posts[0]
            id, timestamp = post.headers["webhook-id"], post.headers["webhook-timestamp"]
            assert post.headers["webhook-signature"] == signature(SECRET, id, timestamp, post.body)
            assert abs(int(timestamp) - time.time()) < 20
            assert "." not in id
            assert post.headers["content-type"] == "application/json"
            data = post.json["data"]
            assert post.type == OPENED
            assert data["action"]["kind"] == "tool"
            assert data["action"]["name"] == "refund"
            assert data["action"]["arguments"] == {"amount": 120}
            assert data["decisions"] == ["approve", "edit", "reject", "respond", "stop"]
            assert {k: data[k] for k in ("id", "prompt", "preview", "because", "to", "deadline", "form")} == {
                "id": "run:1",
                "prompt": "May bot call refund?",
                "preview": "amount  120",
                "because": "amount > 100",
                "to": ["clerk"],
                "deadline": 4e9,
                "form": None,
            }
            await standing.withdraw()

    asyncio.run(main())


def test_request_is_posted_only_when_it_is_for_its_seats() -> None:
    """A request for others stays in the house."""

    async def main() -> None:
        with receiver() as desk:
            channel = _channel(desk.url, seats=[Seat("ada", ("clerk",))])
            standing = Standing(channel)
            await standing.put(request("run:1", to=("manager",)), request("run:2", to=("clerk",)))
            await until(lambda: desk.posts)
            assert [one.id for one in channel.pending] == ["run:2"]
            assert [post.json["data"]["id"] for post in desk.posts] == ["run:2"]
            await standing.withdraw()

    asyncio.run(main())


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_post_is_tried_again_when_the_receiver_is_down_for_a_while(status: int) -> None:
    """Two failures, then a 200: three attempts with one id, each signed with its own time; nothing failed."""

    async def main() -> None:
        with receiver([status, status, 200]) as desk:
            standing = Standing(_channel(desk.url))
            await standing.put(request())
            await until(lambda: len(desk.posts) == 3)
            assert len({post.headers["webhook-id"] for post in desk.posts}) == 1
            for post in desk.posts:
                id, at = post.headers["webhook-id"], post.headers["webhook-timestamp"]
                assert post.headers["webhook-signature"] == signature(SECRET, id, at, post.body)
            _approve(standing)
            await until(lambda: desk.of(WITHDRAWN))
            assert len(desk.of(OPENED)) == 3
            assert standing.events.of(ChannelFailedEvent) == []

    asyncio.run(main())


@pytest.mark.parametrize(
    ("answers", "attempts", "expected"),
    [
        ([500], 3, "the receiver answered 500 after 3 attempts in"),
        ([404], 1, "the receiver answered 404"),
        ([410], 1, "the receiver answered 410"),
        ([(302, {"location": "/elsewhere"})], 1, "the receiver answered 302"),
    ],
    ids=["500", "404", "410", "redirection"],
)
def test_channel_fails_when_a_post_is_given_up(answers: list[Any], attempts: int, expected: str) -> None:
    """Errors that pass are tried again, others are final; then the question stands on the other channels."""

    async def main() -> None:
        with receiver(answers) as desk:
            other = QueueChannel(queue.Queue())
            standing = Standing(_channel(desk.url, attempts=3), other)
            await standing.put(request())
            await until(lambda: standing.events.of(ChannelFailedEvent))
            failed = standing.events.only(ChannelFailedEvent)
            assert (failed.channel, failed.request_id) == ("webhook", "run:1")
            assert failed.error.startswith(f"POST {desk.url.removesuffix('/hook')}: {expected}")
            assert len(desk.posts) == attempts
            assert other.answer("run:1", "approve", by="ada").status == "accepted"
            reply = await standing.reply()
            assert reply is not None
            assert not reply.end_of_input

    asyncio.run(main())


def test_channel_fails_when_the_receiver_hangs() -> None:
    """An attempt has a limit; nobody is reached where no other channel is left."""

    async def main() -> None:
        with receiver(["hang"]) as desk:
            standing = Standing(_channel(desk.url, timeout="50ms", attempts=2))
            await standing.put(request())
            reply = await standing.reply()
            assert reply is not None
            assert reply.end_of_input
            error = standing.events.only(ChannelFailedEvent).error
            assert "no answer within 0.05 s after 2 attempts" in error

    asyncio.run(main())


def test_channel_fails_when_nobody_listens() -> None:
    """A refused connection is tried again, and then told by the name of the error alone."""
    with receiver() as gone:
        pass

    async def main() -> None:
        standing = Standing(_channel(gone.url, attempts=2))
        await standing.put(request())
        assert (await standing.reply()) is not None
        assert "no connection (ConnectError) after 2 attempts" in standing.events.only(ChannelFailedEvent).error

    asyncio.run(main())


def test_wait_is_as_long_as_asked_when_the_receiver_says_so() -> None:
    """A Retry-After is kept to, up to the longest wait."""

    async def main() -> None:
        with receiver([(429, {"retry-after": "0.3"}), 200]) as desk:
            standing = Standing(_channel(desk.url, backoff=constant("1m")))
            began = time.monotonic()
            await standing.put(request())
            await until(lambda: len(desk.posts) == 2)
            assert 0.3 <= time.monotonic() - began < 60
            await standing.withdraw()

    asyncio.run(main())


@pytest.mark.parametrize("how", ["answered", "expired", "withdrawn"])
def test_notice_follows_when_the_question_is_settled_elsewhere(how: str) -> None:
    """The receiver is told, signed, which request nobody waits for any more."""

    async def main(desk: Receiver) -> None:
        standing = Standing(_channel(desk.url))
        soon = standing.runtime.now() + 3.0  # time enough for the post, on a loaded machine too
        await standing.put(request(deadline=soon) if how == "expired" else request())
        await until(lambda: desk.posts)
        if how == "answered":
            _approve(standing)
        if how == "withdrawn":
            await standing.withdraw()
        if how == "expired":
            assert await standing.reply() is None

    with receiver() as desk:
        asyncio.run(main(desk))  # its loop is closed before the notice is sent
        asyncio.run(until(lambda: desk.of(WITHDRAWN)))
        notice = desk.of(WITHDRAWN)[0]
        id, timestamp = notice.headers["webhook-id"], notice.headers["webhook-timestamp"]
        assert notice.headers["webhook-signature"] == signature(SECRET, id, timestamp, notice.body)
        opened = desk.posts[0].headers["webhook-id"]
        assert id != opened
        assert notice.json["data"] == {"id": "run:1", "level": 0, "opened": opened}


def test_post_is_not_repeated_when_the_question_is_settled() -> None:
    """A receiver that is down is not asked any more about what is answered."""

    async def main() -> None:
        with receiver([500]) as desk:
            channel = _channel(desk.url, backoff=constant("100ms"))
            standing = Standing(channel)
            await standing.put(request())
            await until(lambda: desk.posts)
            _approve(standing)
            await until(lambda: len(desk.of(WITHDRAWN)) == 3)  # so long that it would have been repeated
            assert len(desk.of(OPENED)) == 1
            assert channel.pending == []

    asyncio.run(main())


def test_question_is_posted_again_when_it_is_escalated() -> None:
    """The same request a level higher is another message, and the answer counts there."""

    async def main() -> None:
        with receiver() as desk:
            channel = _channel(desk.url)
            standing = Standing(channel)
            await standing.put(request(deadline=standing.runtime.now() + 3.0))
            assert await standing.reply() is None
            await standing.put(request(level=1))
            await until(lambda: len(desk.of(OPENED)) == 2)
            first, second = desk.of(OPENED)
            assert first.headers["webhook-id"] != second.headers["webhook-id"]
            assert [post.json["data"]["level"] for post in (first, second)] == [0, 1]
            assert [one.level for one in channel.pending] == [1]
            await standing.withdraw()

    asyncio.run(main())


def test_question_is_another_message_when_it_stands_a_second_time() -> None:
    """After an interruption the same request is asked again: a receiver that knows messages by id must not drop it."""

    async def main() -> None:
        with receiver() as desk:
            standing = Standing(_channel(desk.url))
            await standing.put(request())
            await until(lambda: desk.of(OPENED))
            await standing.withdraw()
            await standing.put(request())
            await until(lambda: len(desk.of(OPENED)) == 2 and desk.of(WITHDRAWN))
            first, second = (post.headers["webhook-id"] for post in desk.of(OPENED))
            assert first != second
            assert [post.json["data"]["opened"] for post in desk.of(WITHDRAWN)] == [first]
            await standing.withdraw()

    asyncio.run(main())


def test_secrets_are_hidden_when_a_request_is_posted() -> None:
    """What the tool's schema marks as secret does not leave the house."""
    schema = {"properties": {"token": {"type": "string", "x-secret": True}}}
    action = Action("tool", "bot", "pay", {"token": "tok-12345"})

    async def main() -> None:
        with receiver() as desk:
            standing = Standing(_channel(desk.url))
            await standing.put(request(action=action, schema=schema, preview="token  tok-12345"))
            await until(lambda: desk.posts)
            assert b"tok-12345" not in desk.posts[0].body
            assert desk.posts[0].json["data"]["action"]["arguments"] == {"token": "*" * 10}
            await standing.withdraw()

    asyncio.run(main())


def test_no_secret_is_shown_when_something_is_written(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the signing secret nor what stands in the URL is in reprs, errors, events or logs."""
    caplog.set_level(logging.DEBUG)

    async def main() -> None:
        with receiver([500]) as desk:
            url = desk.url.replace("http://", "http://user:pass-in-url@").replace("/hook", "/hook-in-path?key=in-query")
            channel = _channel(url, attempts=2)
            standing = Standing(channel)
            await standing.put(request())
            assert (await standing.reply()) is not None
            seen = [repr(channel), repr(Signer(SECRET)), repr(standing.events), caplog.text, str(vars(channel))]
            for secret in (SECRET, SECRET[6:], "pass-in-url", "in-path", "in-query"):
                assert [text for text in seen if secret in text] == []

    asyncio.run(main())


@pytest.mark.parametrize("url", ["", "desk.example.org", "ftp://desk.example.org/x", "http://", "http://[bad/s3cret"])
def test_url_is_refused_when_it_is_none(url: str) -> None:
    """It is refused where it is written, and not shown."""
    with pytest.raises(ConfigError, match="the url of a webhook is not one") as error:
        _channel(url)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    "secret", ["", "plain", "whsec_", "whsec_c2hvcnQ=", "whsec_***", [], ["whsec_c2hvcnQ="], "whsec_" + "A" * 100]
)
def test_secret_is_refused_when_it_is_none(secret: Any) -> None:
    """Too short, too long or no base64: refused with how to make one, and not shown."""
    with pytest.raises(ConfigError, match=r"whsec_ and the base64 of 24 to 64 random bytes") as error:
        WebhookChannel("http://127.0.0.1:1/", secret)
    assert "c2hvcnQ" not in str(error.value)


def test_both_secrets_sign_when_one_is_being_replaced() -> None:
    """The receiver may check with the old one or the new."""
    old, new = new_secret(), new_secret()
    headers = Signer([new, old]).headers("msg_1", 1700000000, b"{}")
    assert headers["webhook-signature"].split(" ") == [signature(s, "msg_1", 1700000000, b"{}") for s in (new, old)]


def test_signature_is_that_of_the_specification() -> None:
    """The known example of the Standard Webhooks libraries."""
    headers = Signer("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_extra_is_named_when_the_client_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without httpx2 the sentence says what to install."""
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "httpx2" else found(name))
    with pytest.raises(MissingExtra, match=r"the webhook channel needs .*convagent\[webhook\]"):
        _channel("http://127.0.0.1:1/")


def test_making_one_loads_no_client(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The HTTP client comes with the first post."""
    program = (
        "import sys\nfrom convagent.channels import WebhookChannel\n"
        f"WebhookChannel('https://desk.example.org', {SECRET!r})\n"
        "print([name for name in ('httpx2', 'anyio', 'uvicorn') if name in sys.modules])"
    )
    done = python("-c", program)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def _start(program: str, *urls: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *urls],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_program_ends_when_notices_are_under_way() -> None:
    """At exit a notice that can be sent is sent, a receiver that hangs holds nobody for long, nothing is complained."""
    program = f"""
import asyncio, sys
from convagent.channels import WebhookChannel
from convagent.human import HumanReply
from tests.channels.asking import Standing, request

async def main():
    standing = Standing(WebhookChannel(sys.argv[1], {SECRET!r}), WebhookChannel(sys.argv[2], {SECRET!r}, name="slow"))
    await standing.put(request())
    await asyncio.to_thread(sys.stdin.readline)
    standing.runtime.answer(HumanReply("run:1", "approve"))

asyncio.run(main())
"""
    with receiver() as quick, receiver(["hang"]) as slow, _start(program, quick.url, slow.url) as process:
        asyncio.run(until(lambda: quick.posts and slow.posts))
        began = time.monotonic()
        out, err = process.communicate("\n", timeout=30)
        assert (process.returncode, out, err) == (0, "", "")
        assert time.monotonic() - began < 12  # one attempt alone would be given 15 s
        assert [post.type for post in quick.posts] == [OPENED, WITHDRAWN]
        assert slow.posts[0].type == OPENED


def test_notice_is_sent_when_the_program_abandons_a_run() -> None:
    """The runs of a process end with it: at exit what still stands is taken back."""
    program = f"""
import sys
from convagent.channels import WebhookChannel
from tests.channels.asking import desk

customer, bot = desk()
response = customer.run(bot, message="120", channels=[WebhookChannel(sys.argv[1], {SECRET!r})])
sys.stdin.readline()
"""
    with receiver() as quick, _start(program, quick.url) as process:
        asyncio.run(until(lambda: quick.posts))
        out, err = process.communicate("\n", timeout=30)
        assert (process.returncode, out, err) == (0, "", "")
        assert [post.type for post in quick.posts] == [OPENED, WITHDRAWN]


def test_notice_is_sent_when_the_program_is_interrupted() -> None:
    """After Ctrl-C nobody waits any more, and the receiver learns it."""
    program = f"""
import sys
from convagent.channels import WebhookChannel
from tests.channels.asking import desk

customer, bot = desk()
try:
    customer.initiate_chat(bot, message="120", channels=[WebhookChannel(sys.argv[1], {SECRET!r})], silent=True)
except KeyboardInterrupt:
    sys.exit(7)
"""
    with receiver() as quick, _start(program, quick.url) as process:
        asyncio.run(until(lambda: quick.posts))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (7, "")
        assert [post.type for post in quick.posts] == [OPENED, WITHDRAWN]


def test_first_answer_wins_when_several_channels_are_asked() -> None:
    """A function answers; the queue forgets the request, the webhook's receiver is told, a late answer is refused."""

    async def main() -> None:
        with receiver() as desk:
            hook, line = _channel(desk.url), QueueChannel(queue.Queue())
            answer: asyncio.Event = asyncio.Event()

            async def clerk(asked: Any) -> str:
                await answer.wait()
                return "approve"

            standing = Standing(CallableChannel(clerk, person="ada"), line, hook)
            await standing.put(request())
            await until(lambda: desk.posts)
            answer.set()
            reply = await standing.reply()
            assert reply is not None
            assert (reply.by, reply.channel) == ("ada", "clerk")
            assert (line.pending, hook.pending) == ([], [])
            assert line.answer("run:1", "reject no", by="bob").status == "conflict"
            await until(lambda: desk.of(WITHDRAWN))

    asyncio.run(main())
