"""What a misbehaving server does to a chat: a typed error that names it, history intact, the next chat works."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from convagent import ConversableAgent, LLMConfig
from convagent.errors import (
    AllModelsFailed,
    BadModelReply,
    ModelAuthError,
    ModelError,
    ModelRateLimited,
    ModelServerError,
    ModelTimeout,
    ModelUnreachable,
)
from convagent.events import ErrorEvent, ModelFallbackEvent, StreamEvent, StreamResetEvent
from convagent.testing import faults
from convagent.testing.openai_server import TEST_KEY, OpenAIServer

Quiet: dict[str, Any] = {"human_input_mode": "NEVER", "silent": True}


def sync_chat(sender: ConversableAgent, recipient: ConversableAgent, **more: Any) -> Any:
    return sender.initiate_chat(recipient, message="go", silent=True, **more)


def async_chat(sender: ConversableAgent, recipient: ConversableAgent, **more: Any) -> Any:
    return asyncio.run(sender.a_initiate_chat(recipient, message="go", silent=True, **more))


def run(sender: ConversableAgent, recipient: ConversableAgent, **more: Any) -> Any:
    response = sender.run(recipient, message="go", silent=True, **more)
    for _ in response.events:
        pass
    return response.result


chats = pytest.mark.parametrize("chat", [sync_chat, async_chat, run])


def agents(config: Any) -> tuple[ConversableAgent, ConversableAgent]:
    """Return one who asks and one who asks the server."""
    asker = ConversableAgent("asker", llm_config=False, default_auto_reply="go on", **Quiet)
    return asker, ConversableAgent("bot", llm_config=config, **Quiet)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.status(500), ModelServerError),
        (faults.status(429, retry_after=0.01), ModelRateLimited),
        (faults.status(401), ModelAuthError),
        (faults.hang(), ModelTimeout),
        (faults.half_body(), ModelError),
        (faults.not_json(), BadModelReply),
        (faults.no_choices(), BadModelReply),
        (faults.drop(), ModelUnreachable),
    ],
    ids=["500", "429", "401", "hang", "half body", "not json", "no choices", "drop"],
)
@chats
def test_error_names_model_and_endpoint_when_the_server_fails(
    fault: Any, expected: type[ModelError], chat: Callable[..., Any]
) -> None:
    """The second of two calls fails: the error is typed and names model and endpoint but not the key;
    both histories hold what was said, the last event is that error, and the next chat works."""
    with OpenAIServer(["one", fault, "three"]) as server:
        asker, bot = agents(server.llm_config(max_retries=0, timeout=2.0 if expected is ModelTimeout else 20.0))
        events: list[Any] = []
        with pytest.raises(expected) as raised:
            chat(asker, bot, max_turns=2, observers=[events.append])
        error = raised.value
        assert error.model == "test-model"
        assert server.base_url.split("//")[1].split("/")[0] in str(error)
        shown = "".join(traceback.format_exception(error)) + repr(error) + repr(events)
        assert TEST_KEY not in shown
        assert TEST_KEY[:12] not in shown
        assert isinstance(events[-1], ErrorEvent)
        assert events[-1].error is error
        assert [m["content"] for m in asker.chat_messages[bot]] == ["go", "one", "go on"]
        assert [m["content"] for m in bot.chat_messages[asker]] == ["go", "one", "go on"]
        assert chat(asker, bot, max_turns=1).summary == "three"


@chats
def test_error_is_typed_when_a_stream_breaks(chat: Callable[..., Any]) -> None:
    """A stream that breaks: what was shown is void, the error typed, the history without the half message."""
    with OpenAIServer([faults.broken_stream(), "fine"]) as server:
        asker, bot = agents(server.llm_config(max_retries=0, stream=True))
        events: list[Any] = []
        with pytest.raises(ModelError) as raised:
            chat(asker, bot, max_turns=1, observers=[events.append])
        assert TEST_KEY not in str(raised.value)
        kinds = [type(e) for e in events if isinstance(e, (StreamEvent, StreamResetEvent))]
        assert kinds[0] is StreamEvent
        assert kinds[-1] is StreamResetEvent
        assert [m["content"] for m in asker.chat_messages[bot]] == ["go"]
        assert chat(asker, bot, max_turns=1).summary == "fine"


@chats
def test_call_is_repeated_when_the_server_says_when(chat: Callable[..., Any]) -> None:
    """A 429 with Retry-After is repeated by the client, and the chat does not notice."""
    with OpenAIServer([faults.status(429, retry_after=0.01), "fine"]) as server:
        asker, bot = agents(server.llm_config(max_retries=1))
        assert chat(asker, bot, max_turns=1).summary == "fine"
        assert len(server.requests) == 2


@chats
def test_next_entry_answers_when_the_first_fails(chat: Callable[..., Any]) -> None:
    """The second of two entries answers, and an event says which failed and why, without the key."""
    with OpenAIServer([faults.status(500)]) as broken, OpenAIServer(["fine"]) as works:
        config = LLMConfig(
            config_list=[
                {"model": "first", "api_key": TEST_KEY, "base_url": broken.base_url, "max_retries": 0},
                {"model": "second", "api_key": TEST_KEY, "base_url": works.base_url, "max_retries": 0},
            ]
        )
        asker, bot = agents(config)
        events: list[Any] = []
        assert chat(asker, bot, max_turns=1, observers=[events.append]).summary == "fine"
        (fallback,) = [e for e in events if isinstance(e, ModelFallbackEvent)]
        assert fallback.model == "first"
        assert "500" in fallback.error
        assert TEST_KEY not in fallback.error


@chats
def test_every_reason_is_told_when_all_entries_fail(chat: Callable[..., Any]) -> None:
    """Where every entry fails, the error lists each one's reason, and the history is intact."""
    with OpenAIServer([faults.status(500), faults.status(401)]) as server:
        entry = {"api_key": TEST_KEY, "base_url": server.base_url, "max_retries": 0}
        config = LLMConfig(config_list=[{"model": "first", **entry}, {"model": "second", **entry}])
        asker, bot = agents(config)
        with pytest.raises(AllModelsFailed) as raised:
            chat(asker, bot, max_turns=1)
        assert [type(e) for e in raised.value.errors] == [ModelServerError, ModelAuthError]
        assert "first" in str(raised.value)
        assert "second" in str(raised.value)
        assert TEST_KEY not in str(raised.value)
        assert [m["content"] for m in asker.chat_messages[bot]] == ["go"]


@pytest.mark.parametrize("stream", [False, True])
def test_call_is_cancelled_when_the_run_is_stopped_in_it(stream: bool) -> None:
    """stop() during a call that never answers ends the run at once, and the client is usable afterwards."""
    asked = threading.Event()

    def first(body: Any) -> Any:
        asked.set()
        return faults.broken_stream(hang=True) if stream else faults.hang()

    with OpenAIServer([first, "fine"]) as server:
        asker, bot = agents(server.llm_config(max_retries=0, stream=stream))
        response = asker.run(bot, message="go")
        assert asked.wait(20)
        response.stop("enough")
        response.process(Silent())
        assert response.result.reason == "enough"
        assert sync_chat(asker, bot, max_turns=1).summary == "fine"


class Silent:
    """A processor that does nothing."""

    def process_event(self, event: Any) -> None:
        """Do nothing."""
