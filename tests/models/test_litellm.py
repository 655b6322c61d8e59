"""The litellm adapter, where litellm is installed; without it, what the error says."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import Any

import pytest

from convagent.errors import (
    BadModelReply,
    MissingExtra,
    ModelAuthError,
    ModelError,
    ModelRateLimited,
    ModelServerError,
    ModelTimeout,
    ModelUnreachable,
)
from convagent.messages import Usage
from convagent.models.base import ModelNotice, ModelReply, ModelRequest, ModelRetrying, StreamVoided, TextDelta
from convagent.models.entry import Entry, Secret
from convagent.models.litellm import LiteLLMClient
from convagent.testing.openai_server import (
    Fault,
    OpenAIServer,
    broken_stream,
    drop,
    half_body,
    hang,
    no_choices,
    not_json,
    status,
)

# litellm keeps sockets of closed loops and uses deprecated parts of other packages; neither is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

KEY = "sk-proj-Abcdefgh0123456789-tail"


@pytest.fixture
def litellm() -> Any:
    return pytest.importorskip("litellm", exc_type=ImportError)


def client(server: OpenAIServer, **more: Any) -> LiteLLMClient:
    settings = {"model": "m", "api_key": Secret(KEY), "base_url": server.base_url, "max_retries": 0, **more}
    return LiteLLMClient(Entry(**settings))


def ask(asked: LiteLLMClient, told: list[ModelNotice] | None = None, **more: Any) -> ModelReply:
    request = ModelRequest([{"role": "user", "content": "one two"}], stream=told is not None, **more)
    notices: list[ModelNotice] = [] if told is None else told
    return asyncio.run(asked.complete(request, notices.append))


@pytest.mark.skipif(importlib.util.find_spec("litellm") is not None, reason="litellm is installed")
def test_the_extra_is_named_when_litellm_is_not_installed() -> None:
    """The error says what to install."""
    with pytest.raises(MissingExtra, match=r"api_type='anthropic' needs .*pip install 'convagent\[litellm\]'"):
        LiteLLMClient(Entry("claude", api_type="anthropic"))


@pytest.mark.usefixtures("litellm")
def test_text_and_tool_calls_come_back() -> None:
    """Replies have the same shape as the openai adapter's."""
    with OpenAIServer(["hi there", [{"name": "f", "arguments": {"x": 1}}]]) as server:
        reply = ask(client(server), options={"temperature": 0.5})
        calling = ask(client(server))
        body = server.bodies[0]
    assert reply.message == {"role": "assistant", "content": "hi there"}
    assert (reply.usage, reply.finish_reason) == (Usage(2, 2), "stop")
    assert (body["model"], body["temperature"]) == ("m", 0.5)
    assert calling.message.get("tool_calls") == [
        {"id": "call_1_0", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    ]


@pytest.mark.usefixtures("litellm")
def test_text_streams_as_it_comes() -> None:
    """Pieces are told, and the whole comes back."""
    told: list[ModelNotice] = []
    with OpenAIServer(["one two three"]) as server:
        reply = ask(client(server), told)
    assert "".join(notice.text for notice in told if isinstance(notice, TextDelta)) == "one two three"
    assert reply.message == {"role": "assistant", "content": "one two three"}


@pytest.mark.usefixtures("litellm")
def test_a_broken_stream_is_voided_and_typed() -> None:
    """What was shown is void."""
    told: list[ModelNotice] = []
    with OpenAIServer([broken_stream("one two three four", after=2)]) as server, pytest.raises(BadModelReply):
        ask(client(server), told)
    assert isinstance(told[-1], StreamVoided)


@pytest.mark.usefixtures("litellm")
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (status(401), ModelAuthError),
        (status(429), ModelRateLimited),
        (status(500), ModelServerError),
        (drop(), ModelUnreachable),
        (not_json(), BadModelReply),
        (half_body(), BadModelReply),
        (no_choices(), BadModelReply),
        (hang(), ModelTimeout),
    ],
    ids=lambda value: value.kind + str(value.status) if isinstance(value, Fault) else "",
)
def test_failures_are_typed_and_never_show_the_key(fault: Fault, kind: type[ModelError]) -> None:
    """litellm's errors become ours, naming model and endpoint."""
    with OpenAIServer([fault]) as server:
        with pytest.raises(kind) as caught:
            ask(client(server, timeout=0.3))
        assert f"model 'm' at {server.base_url}" in str(caught.value)
    assert type(caught.value) is kind
    assert not any(part in str(caught.value) for part in (KEY, KEY[:8], KEY[-4:]))


@pytest.mark.usefixtures("litellm")
@pytest.mark.parametrize("streamed", [False, True])
def test_a_limited_call_is_made_again_and_told(streamed: bool) -> None:
    """The wait that the server asks for is told; litellm itself repeats nothing."""
    told: list[ModelNotice] = []
    with OpenAIServer([status(429, retry_after=0.01), "fine"]) as server:
        asked = client(server, max_retries=1)
        request = ModelRequest([{"role": "user", "content": "one"}], stream=streamed)
        reply = asyncio.run(asked.complete(request, told.append))
        assert len(server.requests) == 2
    assert reply.message.get("content") == "fine"
    assert isinstance(told[0], ModelRetrying)
    assert (told[0].seconds, told[0].reason) == (0.01, "rate-limited")


@pytest.mark.usefixtures("litellm")
def test_a_failing_call_is_made_as_often_as_max_retries_says() -> None:
    """Neither litellm nor the openai package below it repeats a call in silence."""
    with OpenAIServer([status(500)], repeat_last=True) as server:
        with pytest.raises(ModelServerError, match="2 attempts in"):
            ask(client(server, max_retries=1))
        assert len(server.requests) == 2


@pytest.mark.usefixtures("litellm")
def test_services_are_called_as_litellm_calls_them() -> None:
    """Our api_type is put in front of the model in litellm's words, once."""
    assert "gemini/g-2" in repr(LiteLLMClient(Entry("g-2", api_type="google")))
    assert "anthropic/claude" in repr(LiteLLMClient(Entry("claude", api_type="anthropic")))
    assert "bedrock/x" in repr(LiteLLMClient(Entry("bedrock/x", api_type="bedrock")))
