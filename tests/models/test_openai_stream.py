"""Streamed replies: pieces as they come, tool calls put together, broken streams voided."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convagent.errors import BadModelReply, ModelError, ModelServerError, ModelTimeout
from convagent.messages import Usage
from convagent.models.base import ModelNotice, ModelReply, ModelRequest, StreamVoided, TextDelta
from convagent.models.entry import Entry, Secret
from convagent.models.openai import OpenAIClient
from convagent.testing.openai_server import OpenAIServer, broken_stream, raw, status

REQUEST = ModelRequest([{"role": "user", "content": "hello"}], stream=True)


def client(server: OpenAIServer, **more: Any) -> OpenAIClient:
    return OpenAIClient(Entry("m", api_key=Secret("sk-test"), base_url=server.base_url, **{"max_retries": 0, **more}))


def stream(asked: OpenAIClient, request: ModelRequest = REQUEST) -> tuple[ModelReply, list[ModelNotice]]:
    told: list[ModelNotice] = []
    return asyncio.run(asked.complete(request, told.append)), told


def events(*chunks: str) -> str:
    return "".join(f"data: {chunk}\n\n" for chunk in chunks)


def delta(fields: str, finish: str = "null") -> str:
    return f'{{"choices": [{{"index": 0, "delta": {{{fields}}}, "finish_reason": {finish}}}]}}'


def test_text_comes_in_pieces_and_whole() -> None:
    """The pieces are told in order; the reply has the text, usage and reason."""
    with OpenAIServer(["one two three"]) as server:
        reply, told = stream(client(server))
        assert server.bodies[0]["stream_options"] == {"include_usage": True}
    assert told == [TextDelta("one "), TextDelta("two "), TextDelta("three")]
    assert reply.message == {"role": "assistant", "content": "one two three"}
    assert (reply.usage, reply.finish_reason, reply.model) == (Usage(1, 3), "stop", "m")


def test_the_entry_can_ask_for_streaming() -> None:
    """`stream` in the entry streams requests that do not say so."""
    with OpenAIServer(["one two"]) as server:
        reply, told = stream(client(server, stream=True), ModelRequest(REQUEST.messages))
    assert told == [TextDelta("one "), TextDelta("two")]
    assert reply.message.get("content") == "one two"


def test_streamed_and_whole_replies_are_the_same() -> None:
    """Text and tool calls do not depend on how they came."""
    items: list[Any] = ["a text", [{"name": "f", "arguments": {"x": "y" * 30}}, {"name": "g"}]]
    for item in items:
        with OpenAIServer([item]) as one, OpenAIServer([item]) as two:
            streamed, _ = stream(client(one))
            whole, _ = stream(client(two), ModelRequest(REQUEST.messages))
        assert streamed.message == whole.message
        assert streamed.usage == whole.usage


def test_the_first_piece_is_told_before_the_last_was_sent() -> None:
    """Pieces are told as they come, not at the end."""

    async def go() -> None:
        first = asyncio.Event()
        call = client(server, timeout=30.0).complete(REQUEST, lambda notice: first.set())
        task = asyncio.create_task(call)
        await first.wait()
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with OpenAIServer([broken_stream("one two three four", after=1, hang=True)]) as server:
        asyncio.run(go())


def test_a_stream_that_breaks_is_voided_and_typed() -> None:
    """What was shown of a broken stream is void, and the error names model and endpoint."""
    told: list[ModelNotice] = []
    with OpenAIServer([broken_stream("one two three four", after=2)]) as server:
        with pytest.raises(BadModelReply, match="broke after 8 characters") as caught:
            asyncio.run(client(server).complete(REQUEST, told.append))
        assert caught.value.endpoint == server.base_url
    assert told[:2] == [TextDelta("one "), TextDelta("two ")]
    assert isinstance(told[2], StreamVoided)


def test_a_stream_that_breaks_is_repeated_when_retries_are_left() -> None:
    """With retries left the request is made again after the void."""
    with OpenAIServer([broken_stream("one two three", after=1), "all of it"]) as server:
        reply, told = stream(client(server, max_retries=1))
    kinds = [type(notice).__name__ for notice in told]
    assert kinds == ["TextDelta", "StreamVoided", "ModelRetrying", "TextDelta", "TextDelta", "TextDelta"]
    assert reply.message.get("content") == "all of it"


def test_a_stream_that_stops_is_a_timeout() -> None:
    """A server that goes silent in the middle runs into the time-out."""
    told: list[ModelNotice] = []
    with OpenAIServer([broken_stream(after=1, hang=True)]) as server, pytest.raises(ModelTimeout, match="5 characters"):
        asyncio.run(client(server, timeout=1.0).complete(REQUEST, told.append))
    assert isinstance(told[-1], StreamVoided)


def test_a_refusal_before_the_stream_is_typed() -> None:
    """An HTTP error of a streamed request is the same error."""
    with OpenAIServer([status(503)]) as server, pytest.raises(ModelServerError):
        stream(client(server))


def test_a_server_that_does_not_know_stream_options_is_asked_without() -> None:
    """Usage is given up rather than the reply; the next request does not try again."""
    refusal = status(400, message="Unrecognized request argument supplied: stream_options")
    with OpenAIServer([refusal, "fine", "again"]) as server:
        asked = client(server)
        assert stream(asked)[0].message.get("content") == "fine"
        assert stream(asked)[0].usage == Usage()
        assert ["stream_options" in body for body in server.bodies] == [True, False, False]


def test_a_server_that_does_not_stream_is_understood() -> None:
    """A whole completion as the answer to a streamed request counts."""
    whole = raw({"choices": [{"message": {"content": "all at once"}, "finish_reason": "stop"}]})
    with OpenAIServer([whole]) as server:
        reply, told = stream(client(server))
    assert reply.message.get("content") == "all at once"
    assert told == [TextDelta("all at once")]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        pytest.param(
            events(
                delta('"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]'),
                delta('"tool_calls": [{"index": 0, "id": "b", "function": {"name": "g", "arguments": "{}"}}]'),
                delta("", '"tool_calls"'),
                "[DONE]",
            ),
            [("a", "f", "{}"), ("b", "g", "{}")],
            id="every index 0",
        ),
        pytest.param(
            events(
                delta('"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{\\"x\\""}}]'),
                delta('"tool_calls": [{"function": {"arguments": ": 1}"}}]'),
                delta('"tool_calls": [{"id": "b", "function": {"name": "g"}}]'),
                delta("", '"tool_calls"'),
            ),
            [("a", "f", '{"x": 1}'), ("b", "g", "{}")],
            id="no index, no DONE",
        ),
        pytest.param(
            events(
                delta('"tool_calls": [{"index": 1, "function": {"name": "g", "arguments": "{}"}}]'),
                delta('"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": {"x": 1}}}]'),
                delta("", '"tool_calls"'),
                "[DONE]",
            ),
            [("", "f", '{"x": 1}'), ("", "g", "{}")],
            id="no ids, arguments as an object",
        ),
    ],
)
def test_tool_calls_of_careless_servers_are_put_together(text: str, calls: list[tuple[str, str, str]]) -> None:
    """Missing ids, missing or repeated indexes and objects for text are understood."""
    with OpenAIServer([raw(text, content_type="text/event-stream")]) as server:
        reply, _ = stream(client(server))
    got = reply.message.get("tool_calls") or []
    assert [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in got] == [  # pyright: ignore
        (i, n, a or "{}") for i, n, a in calls
    ]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (events(delta('"content": "half"')), BadModelReply, "ended after 4 characters"),
        (events(delta('"content": "half"'), "{not json"), BadModelReply, "not JSON"),
        (events(delta('"content": "half"'), "[1]"), BadModelReply, "not a chunk"),
        (events('{"error": {"message": "overloaded", "code": 503}}'), ModelServerError, "overloaded"),
        ("", BadModelReply, "ended after 0 characters"),
    ],
)
def test_a_stream_that_goes_wrong_is_typed(text: str, kind: type[ModelError], words: str) -> None:
    """A stream that ends early, is no JSON or carries an error is a typed error."""
    with OpenAIServer([raw(text, content_type="text/event-stream")]) as server:
        with pytest.raises(kind, match=words) as caught:
            stream(client(server))
        assert caught.value.endpoint == server.base_url
