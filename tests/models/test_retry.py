"""Calls that are made again: how often, after how long, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from convagent import ConversableAgent
from convagent.errors import (
    AllModelsFailed,
    BadModelReply,
    ModelAuthError,
    ModelError,
    ModelRateLimited,
    ModelServerError,
    ModelTimeout,
)
from convagent.events import ModelCallFinished, ModelCallStarted, ModelRetryEvent
from convagent.models.base import ModelNotice, ModelReply, ModelRequest, ModelRetrying, ModelSkipped
from convagent.models.entry import Entry, Secret
from convagent.models.fallback import Fallback
from convagent.models.openai import OpenAIClient
from convagent.testing.openai_server import (
    TEST_KEY,
    Fault,
    OpenAIServer,
    drop,
    half_body,
    hang,
    no_choices,
    raw,
    status,
)

REQUEST = ModelRequest([{"role": "user", "content": "hello"}])


def client(server: OpenAIServer, **more: Any) -> OpenAIClient:
    return OpenAIClient(Entry(**{"model": "m", "api_key": Secret("sk-test"), "base_url": server.base_url, **more}))


def complete(asked: Any, request: ModelRequest = REQUEST) -> tuple[ModelReply, list[ModelNotice]]:
    told: list[ModelNotice] = []
    return asyncio.run(asked.complete(request, told.append)), told


def test_a_wait_is_told_when_the_server_asks_for_one() -> None:
    """Before each wait a notice says who is asked, which attempt failed, for how long and why."""
    with OpenAIServer([status(429, retry_after=0.02), status(429, retry_after=0.01), "fine"]) as server:
        reply, told = complete(client(server))
        endpoint = server.base_url
    assert reply.message.get("content") == "fine"
    waits = [notice for notice in told if isinstance(notice, ModelRetrying)]
    assert waits == told
    assert [(w.attempt, w.seconds, w.reason) for w in waits] == [(1, 0.02, "rate-limited"), (2, 0.01, "rate-limited")]
    assert {(w.model, w.endpoint) for w in waits} == {("m", endpoint)}
    assert all(isinstance(w.error, ModelRateLimited) for w in waits)


@pytest.mark.parametrize(
    ("asked", "settings", "bound"),
    [(61, {}, "60"), (3600, {"timeout": 900}, "60"), (6, {"timeout": 5}, "5")],
)
def test_a_long_wait_is_refused_at_once(asked: float, settings: dict[str, Any], bound: str) -> None:
    """A server that asks to wait longer than a minute, or than the time-out, is asked once, and the error says so."""
    with OpenAIServer([status(429, retry_after=asked)]) as server:
        with pytest.raises(
            ModelRateLimited, match=f"asks to wait {asked} s, and at most {bound} s are waited"
        ) as caught:
            complete(client(server, **settings))
        assert len(server.requests) == 1
    assert caught.value.retry_after == asked


def test_the_next_entry_answers_when_the_first_asks_for_a_long_wait() -> None:
    """A configuration list goes on instead of waiting."""
    with OpenAIServer([status(429, retry_after=600), "second"]) as server:
        reply, told = complete(Fallback([client(server, model="one"), client(server, model="two")]))
    assert (reply.model, reply.message.get("content")) == ("two", "second")
    assert [type(notice) for notice in told] == [ModelSkipped]


def test_a_date_in_retry_after_is_understood() -> None:
    """Retry-After may be a date instead of seconds."""
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    limited = replace(status(429), headers={"retry-after": later})
    with OpenAIServer([limited]) as server, pytest.raises(ModelRateLimited) as caught:
        complete(client(server))
    assert caught.value.retry_after == pytest.approx(600, abs=30)


@pytest.mark.parametrize("words", ["soon", "inf", "nan", ""])
def test_nonsense_in_retry_after_is_no_wait(words: str) -> None:
    """What is no number and no date is as if nothing were said."""
    limited = replace(status(429), headers={"retry-after": words})
    with OpenAIServer([limited]) as server, pytest.raises(ModelRateLimited) as caught:
        complete(client(server, max_retries=0))
    assert caught.value.retry_after is None


@pytest.mark.parametrize("where", ["entry", "call"])
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_max_retries_counts_the_further_attempts(retries: int, where: str) -> None:
    """`max_retries` of the entry, or of the call, which wins, decides how often a failed call is made again."""
    settings = {"max_retries": retries if where == "entry" else 5}
    request = REQUEST if where == "entry" else replace(REQUEST, options={"max_retries": retries})
    with OpenAIServer([status(429, retry_after=0.001)], repeat_last=True) as server:
        with pytest.raises(ModelRateLimited):
            complete(client(server, **settings), request)
        assert len(server.requests) == 1 + retries
        assert "max_retries" not in server.bodies[0]


def test_two_further_attempts_are_made_when_nothing_is_said() -> None:
    """The default is that of the openai package."""
    with OpenAIServer([status(429, retry_after=0.001)], repeat_last=True) as server:
        with pytest.raises(ModelRateLimited):
            complete(client(server))
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(status(503), "the server failed"), (drop(), "no connection"), (half_body(), "the answer broke off")],
    ids=["503", "drop", "half body"],
)
def test_what_may_pass_is_tried_again(fault: Fault, reason: str) -> None:
    """A server that fails or breaks off is asked again after less than a second."""
    with OpenAIServer([fault, "fine"]) as server:
        reply, told = complete(client(server, max_retries=1))
    assert reply.message.get("content") == "fine"
    (wait,) = told
    assert isinstance(wait, ModelRetrying)
    assert wait.reason == reason
    assert 0.3 < wait.seconds <= 0.5


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (status(401), ModelAuthError),
        (status(400), ModelError),
        (no_choices(), BadModelReply),
        (replace(status(503), headers={"x-should-retry": "false"}), ModelServerError),
        (raw({"error": {"message": "spent", "code": "insufficient_quota"}}, code=429), ModelRateLimited),
    ],
    ids=["401", "400", "no choices", "x-should-retry", "quota"],
)
def test_what_will_not_pass_is_not_tried_again(fault: Fault, kind: type[ModelError]) -> None:
    """What the same request would meet again is told at once."""
    with OpenAIServer([fault], repeat_last=True) as server:
        with pytest.raises(kind):
            complete(client(server))
        assert len(server.requests) == 1


def test_a_time_out_says_how_often_and_how_long_it_was_tried() -> None:
    """The time-out holds for one attempt; the error names the attempts and the whole time."""
    said = r"no answer within 0\.1 s \(timeout=0\.1\), 2 attempts in \d+\.\d s"
    with OpenAIServer([hang()], repeat_last=True) as server, pytest.raises(ModelTimeout, match=said):
        complete(client(server, timeout=0.1, max_retries=1))


def test_the_time_out_of_a_call_is_named_when_it_wins_over_the_entrys() -> None:
    """The error names the time-out that held."""
    with OpenAIServer([hang()]) as server, pytest.raises(ModelTimeout, match=r"within 0\.1 s \(timeout=0\.1\)$"):
        complete(client(server, timeout=30, max_retries=0), replace(REQUEST, options={"timeout": 0.1}))


def test_attempts_are_not_counted_when_there_was_one() -> None:
    """One attempt is not worth a word."""
    with OpenAIServer([status(500)]) as server, pytest.raises(ModelServerError) as caught:
        complete(client(server, max_retries=0))
    assert "attempt" not in str(caught.value)


@pytest.mark.parametrize("stream", [False, True])
def test_a_wait_ends_at_once_when_the_call_is_cancelled(stream: bool) -> None:
    """Cancelling a call that waits sends nothing more."""

    async def go(server: OpenAIServer) -> None:
        waiting = asyncio.Event()
        call = client(server).complete(replace(REQUEST, stream=stream), lambda notice: waiting.set())
        task = asyncio.create_task(call)
        async with asyncio.timeout(20):
            await waiting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with OpenAIServer([status(429, retry_after=50)], repeat_last=True) as server:
        asyncio.run(go(server))
        assert len(server.requests) == 1


def test_every_entry_waits_by_itself_when_all_are_limited() -> None:
    """Each entry makes its own attempts before the next one is tried."""
    with OpenAIServer([status(429, retry_after=0.001)], repeat_last=True) as server:
        both = Fallback([client(server, model="one", max_retries=1), client(server, model="two", max_retries=1)])
        with pytest.raises(AllModelsFailed):
            complete(both)
        assert [body["model"] for body in server.bodies] == ["one", "one", "two", "two"]


def sync_chat(asker: ConversableAgent, bot: ConversableAgent, see: Callable[[Any], None]) -> Any:
    return asker.initiate_chat(bot, message="go", max_turns=1, silent=True, observers=[see])


def async_chat(asker: ConversableAgent, bot: ConversableAgent, see: Callable[[Any], None]) -> Any:
    return asyncio.run(asker.a_initiate_chat(bot, message="go", max_turns=1, silent=True, observers=[see]))


@pytest.mark.parametrize("chat", [sync_chat, async_chat])
def test_observers_are_told_of_a_wait_in_a_chat(chat: Callable[..., Any]) -> None:
    """The event stands between the start and the end of the call, and names what is waited for, without the key."""
    with OpenAIServer([status(429, retry_after=0.01), "fine"]) as server:
        asker = ConversableAgent("asker", llm_config=False, human_input_mode="NEVER")
        bot = ConversableAgent("bot", llm_config=server.llm_config(), human_input_mode="NEVER")
        events: list[Any] = []
        assert chat(asker, bot, events.append).summary == "fine"
        endpoint = server.base_url
    kinds = (ModelCallStarted, ModelRetryEvent, ModelCallFinished)
    assert [type(event) for event in events if isinstance(event, kinds)] == list(kinds)
    (wait,) = [event for event in events if isinstance(event, ModelRetryEvent)]
    assert (wait.agent, wait.model, wait.endpoint) == ("bot", "test-model", endpoint)
    assert (wait.attempt, wait.seconds, wait.reason) == (1, 0.01, "rate-limited")
    assert "Rate limit reached" in wait.error
    assert TEST_KEY not in repr(events)
