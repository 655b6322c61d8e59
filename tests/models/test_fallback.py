"""Falling back from one model to the next."""

from __future__ import annotations

import asyncio

import pytest

from convagent.errors import AllModelsFailed, ConfigError, ModelAuthError, ModelServerError, ModelTimeout
from convagent.models.base import (
    ModelNotice,
    ModelReply,
    ModelRequest,
    ModelSkipped,
    Notify,
    StreamVoided,
    TextDelta,
    ignore,
)
from convagent.models.entry import Entry, Secret
from convagent.models.fallback import Fallback
from convagent.models.openai import OpenAIClient
from convagent.models.scripted import ScriptedModel
from convagent.testing.openai_server import OpenAIServer, broken_stream, status

REQUEST = ModelRequest([{"role": "user", "content": "hello"}])


def client(server: OpenAIServer, model: str) -> OpenAIClient:
    return OpenAIClient(Entry(model, api_key=Secret("sk-test"), base_url=server.base_url, max_retries=0))


def test_the_next_model_answers_when_a_key_is_refused() -> None:
    """A 401 leads to the next entry, and a notice says which failed and why."""
    told: list[ModelNotice] = []
    with OpenAIServer([status(401), "from the second"]) as server:
        both = Fallback([client(server, "one"), client(server, "two")])
        reply = asyncio.run(both.complete(REQUEST, told.append))
        endpoint = server.base_url
    assert reply.message.get("content") == "from the second"
    assert reply.model == "two"
    (skipped,) = told
    assert isinstance(skipped, ModelSkipped)
    assert (skipped.model, skipped.endpoint) == ("one", endpoint)
    assert isinstance(skipped.error, ModelAuthError)


def test_what_a_failed_model_streamed_is_void() -> None:
    """The pieces of the broken stream are voided before the next model's come."""
    told: list[ModelNotice] = []
    with OpenAIServer([broken_stream("lost words", after=1), "kept"]) as server:
        both = Fallback([client(server, "one"), client(server, "two")])
        asyncio.run(both.complete(ModelRequest(REQUEST.messages, stream=True), told.append))
    assert [type(notice) for notice in told] == [TextDelta, StreamVoided, ModelSkipped, TextDelta]
    assert told[-1] == TextDelta("kept")


def test_what_a_careless_client_streamed_is_void_too() -> None:
    """A client that streams, fails and voids nothing is voided by the fallback."""

    class Careless(ScriptedModel):
        async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
            notify(TextDelta("half"))
            return await super().complete(request, notify)

    told: list[ModelNotice] = []
    both = Fallback([Careless([ModelServerError("down")]), ScriptedModel(["whole"])])
    asyncio.run(both.complete(ModelRequest([], stream=True), told.append))
    assert [type(notice) for notice in told] == [TextDelta, StreamVoided, ModelSkipped, TextDelta]


def test_all_errors_are_told_when_every_model_fails() -> None:
    """The last error holds them all, in order; nothing is skipped after the last."""
    told: list[ModelNotice] = []
    both = Fallback([ScriptedModel([ModelServerError("first")]), ScriptedModel([ModelTimeout("second")])])
    with pytest.raises(AllModelsFailed, match=r"(?s)1\. .*first.*2\. .*second") as caught:
        asyncio.run(both.complete(REQUEST, told.append))
    assert str(caught.value).startswith("none of 2 configured models answered:\n  1. ")
    assert [type(error) for error in caught.value.errors] == [ModelServerError, ModelTimeout]
    assert [type(notice) for notice in told] == [ModelSkipped]


def test_the_only_models_error_is_raised_as_it_is() -> None:
    """One entry has nothing to fall back to."""
    with pytest.raises(ModelServerError, match="alone"):
        asyncio.run(Fallback([ScriptedModel([ModelServerError("alone")])]).complete(REQUEST))


def test_errors_that_are_no_model_errors_are_not_hidden() -> None:
    """A programming error is not a reason to ask another model."""
    both = Fallback([ScriptedModel([KeyError("bug")]), ScriptedModel(["never"])])
    with pytest.raises(KeyError):
        asyncio.run(both.complete(REQUEST))


def test_round_robin_starts_one_further_at_each_request_of_a_run() -> None:
    """The start comes from the run's position, not from the object."""
    both = Fallback([ScriptedModel(["a"], cycle=True), ScriptedModel(["b"], cycle=True)], round_robin=True)
    replies = [asyncio.run(both.complete(ModelRequest([], turn=turn))) for turn in (0, 1, 2, 2)]
    assert [reply.message.get("content") for reply in replies] == ["a", "b", "a", "a"]


def test_it_is_labelled_by_its_first_model_and_notes_those_that_are_none() -> None:
    """An offline note of any of them is shown."""
    both = Fallback([OpenAIClient(Entry("real")), ScriptedModel(["a"])])
    assert (both.label, both.offline_note) == ("real", "scripted replies, no language model")
    with pytest.raises(ConfigError, match="at least one"):
        Fallback([])
