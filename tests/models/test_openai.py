"""The openai adapter against a loopback server: requests, replies, failures, event loops."""

from __future__ import annotations

import asyncio
import copy
import gc
import threading
import traceback
from dataclasses import replace
from typing import Any

import pytest

from convagent.errors import (
    BadModelReply,
    ConfigError,
    ModelAuthError,
    ModelError,
    ModelRateLimited,
    ModelRequestError,
    ModelServerError,
    ModelTimeout,
    ModelUnreachable,
)
from convagent.messages import Message, Usage
from convagent.models.base import ModelClient, ModelReply, ModelRequest
from convagent.models.entry import Entry, Secret
from convagent.models.openai import OpenAIClient
from convagent.testing.openai_server import (
    Fault,
    OpenAIServer,
    drop,
    half_body,
    hang,
    no_choices,
    not_json,
    raw,
    slow,
    status,
)

KEY = "sk-proj-Abcdefgh0123456789-tail"


def entry(server: OpenAIServer, **more: Any) -> Entry:
    return Entry(**{"model": "m-1", "api_key": Secret(KEY), "base_url": server.base_url, "max_retries": 0, **more})


def ask(*messages: Message, **more: Any) -> ModelRequest:
    return ModelRequest(messages or [{"role": "user", "content": "hello"}], **more)


def complete(client: ModelClient, request: ModelRequest | None = None) -> ModelReply:
    return asyncio.run(client.complete(request or ask()))


def test_a_reply_has_text_usage_model_and_endpoint() -> None:
    """A plain completion comes back whole."""
    with OpenAIServer(["hi there, you"]) as server:
        reply = complete(OpenAIClient(entry(server)), ask({"role": "user", "content": "one two"}))
        endpoint = server.base_url
    assert reply == ModelReply(
        message={"role": "assistant", "content": "hi there, you"},
        usage=Usage(2, 3),
        model="m-1",
        endpoint=endpoint,
        finish_reason="stop",
    )


def test_the_body_has_options_tools_and_extras_when_they_are_given() -> None:
    """The call's options win over the entry's, and what is only for the client is not in the body."""
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    options = {"temperature": 0.5, "top_p": 0.9, "extra_body": {"min_p": 0.1}, "extra_headers": {"x-trace": "7"}}
    with OpenAIServer(["ok"]) as server:
        client = OpenAIClient(entry(server, options=options, timeout=30.0))
        complete(client, ask(tools=[tool], options={"temperature": 0, "tool_choice": "none"}))
        (got,) = server.requests
    assert got.body == {
        "model": "m-1",
        "messages": [{"role": "user", "content": "hello"}],
        "temperature": 0,
        "top_p": 0.9,
        "tool_choice": "none",
        "tools": [tool],
        "min_p": 0.1,
    }
    assert got.headers["x-trace"] == "7"
    assert got.headers["authorization"] == f"Bearer {KEY}"
    assert got.headers["content-type"] == "application/json"


def test_tool_calls_come_back_with_their_ids_when_the_model_calls() -> None:
    """Tool calls are in wire form, arguments as JSON text."""
    with OpenAIServer([[{"name": "add", "arguments": {"a": 1}, "id": "c1"}, {"name": "now"}]]) as server:
        reply = complete(OpenAIClient(entry(server)))
    assert reply.message == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
            {"id": "call_0_1", "type": "function", "function": {"name": "now", "arguments": "{}"}},
        ],
    }
    assert reply.finish_reason == "tool_calls"


def test_what_was_sent_is_unchanged_when_the_list_grows_meanwhile() -> None:
    """The messages go out as they stood when the request was made, also at the second attempt."""
    messages: list[Message] = [{"role": "user", "content": "first"}]

    def grow(body: object) -> Fault:
        messages.append({"role": "user", "content": "later"})
        return status(500)

    with OpenAIServer([grow, "fine"]) as server:
        reply = complete(OpenAIClient(entry(server, max_retries=1)), ModelRequest(messages))
        assert [len(body["messages"]) for body in server.bodies] == [1, 1]
    assert reply.message.get("content") == "fine"


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (status(401), ModelAuthError, "the key was refused (401)"),
        (status(403, message="not for you"), ModelAuthError, "not for you"),
        (status(429), ModelRateLimited, "too many requests"),
        (status(404, message="no such model"), ModelRequestError, "no such model"),
        (status(400, message="context too long"), ModelRequestError, "context too long"),
        (status(500), ModelServerError, "(500)"),
        (status(503), ModelServerError, "(503)"),
        (half_body(), BadModelReply, "half way"),
        (not_json(), BadModelReply, "is not JSON"),
        (no_choices(), BadModelReply, "has no choices"),
        (raw({"choices": [{"message": None}]}), BadModelReply, "has no message"),
        (raw({"choices": None}), BadModelReply, "has no choices"),
        (raw("[1]"), BadModelReply, "is not a completion"),
        (raw({"error": {"message": "overloaded"}}), ModelServerError, "overloaded"),
        (
            raw({"choices": [{"message": {"content": None}, "finish_reason": "length"}]}),
            BadModelReply,
            "raise max_tokens",
        ),
        (drop(), ModelUnreachable, "no connection"),
        (hang(), ModelTimeout, "timeout=0.3"),
    ],
    ids=lambda value: value.kind + str(value.status) if isinstance(value, Fault) else "",
)
def test_each_failure_is_typed_and_names_model_and_endpoint(fault: Fault, kind: type[ModelError], words: str) -> None:
    """Every way a server can fail is its own error, says where, and never shows the key."""
    request = ask()
    with OpenAIServer([fault]) as server:
        with pytest.raises(kind) as caught:
            complete(OpenAIClient(entry(server, timeout=0.3)), request)
        endpoint = server.base_url
    error = caught.value
    assert type(error) is kind
    assert f"model 'm-1' at {endpoint}:" in str(error)
    assert words in str(error)
    assert (error.model, error.endpoint) == ("m-1", endpoint)
    shown = "".join(traceback.format_exception(error)) + repr(error.__context__) + repr(error.__cause__)
    assert not any(part in shown for part in (KEY, KEY[:8], KEY[-4:]))


def test_retry_after_is_told_when_the_server_asks_to_wait() -> None:
    """A 429 carries the seconds it asked for."""
    with OpenAIServer([status(429, retry_after=1.5)]) as server, pytest.raises(ModelRateLimited) as caught:
        complete(OpenAIClient(entry(server)))
    assert caught.value.retry_after == 1.5
    assert caught.value.status == 429


def test_the_services_name_of_the_request_is_kept() -> None:
    """An error has the id by which the service finds the call."""
    fault = replace(status(400), headers={"x-request-id": "req_7"})
    with OpenAIServer([fault]) as server, pytest.raises(ModelRequestError) as caught:
        complete(OpenAIClient(entry(server)))
    assert caught.value.request_id == "req_7"


def test_the_client_repeats_and_waits_as_asked_when_rate_limited() -> None:
    """With retries left, a 429 with Retry-After is repeated and answered."""
    with OpenAIServer([status(429, retry_after=0.01), "now"]) as server:
        reply = complete(OpenAIClient(entry(server, max_retries=1)))
        assert len(server.requests) == 2
    assert reply.message.get("content") == "now"


def test_nobody_listening_is_unreachable() -> None:
    """A refused connection is ModelUnreachable."""
    with OpenAIServer(["never asked"]) as server:
        closed = entry(server)
    with pytest.raises(ModelUnreachable, match="is base_url right"):
        complete(OpenAIClient(closed))


def test_user_info_and_query_are_not_shown_when_the_url_has_them() -> None:
    """An endpoint's credentials stay out of errors, reprs and replies."""
    with OpenAIServer([status(500)]) as server:
        url = server.base_url.replace("://", "://ada:pass-word@")
        client = OpenAIClient(entry(server, base_url=url))
        with pytest.raises(ModelServerError) as caught:
            complete(client)
    assert "pass-word" not in str(caught.value) + repr(client) + client.endpoint
    assert "ada" not in str(caught.value)


def test_a_missing_key_says_what_to_set_before_any_request() -> None:
    """Without key and base_url nothing is sent anywhere."""
    client = OpenAIClient(Entry("gpt-4o"))
    with pytest.raises(ModelAuthError, match="set OPENAI_API_KEY in the environment, or api_key= in the entry"):
        complete(client)


def test_no_key_is_needed_when_a_base_url_is_given() -> None:
    """Local servers are asked without a key."""
    with OpenAIServer(["local"]) as server:
        reply = complete(OpenAIClient(entry(server, api_key=None)))
    assert reply.message.get("content") == "local"


def test_the_environment_gives_key_and_url_when_the_entry_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_API_KEY and OPENAI_BASE_URL are honoured."""
    with OpenAIServer(["ok"]) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-from-environment")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        complete(OpenAIClient(Entry("gpt-4o")))
        assert server.requests[0].headers["authorization"] == "Bearer sk-from-environment"


def test_one_service_never_gets_the_key_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Groq entry without a key is not sent OpenAI's."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-environment")
    with OpenAIServer(["ok"]) as server:
        complete(OpenAIClient(entry(server, api_type="groq", api_key=None)))
        assert server.requests[0].headers["authorization"] == "Bearer no-key"


def test_a_key_with_a_line_break_is_refused_without_showing_it() -> None:
    """A key that was copied badly is named as that."""
    with OpenAIServer(["never"]) as server, pytest.raises(ModelAuthError, match="copied whole") as caught:
        complete(OpenAIClient(entry(server, api_key=Secret(KEY + "\n"))))
    assert KEY not in str(caught.value)


def test_azure_asks_the_deployment_with_api_key_and_version() -> None:
    """Azure's path, header and version come from the entry; the deployment is the model's name by default."""
    with OpenAIServer(["azure", "other"]) as server:
        settings = {"api_version": "2024-10-21"}
        azure = entry(server, api_type="azure", base_url=server.azure_endpoint, connection=settings)
        assert complete(OpenAIClient(azure)).message.get("content") == "azure"
        settings["azure_deployment"] = "mine"
        complete(OpenAIClient(entry(server, api_type="azure", base_url=server.azure_endpoint, connection=settings)))
        first, second = server.requests
    assert first.path == "/openai/deployments/m-1/chat/completions?api-version=2024-10-21"
    assert second.path == "/openai/deployments/mine/chat/completions?api-version=2024-10-21"
    assert first.headers["api-key"] == KEY


def test_azure_says_what_is_missing() -> None:
    """Endpoint, version and key are asked for by name."""
    with pytest.raises(ConfigError, match="AZURE_OPENAI_ENDPOINT"):
        complete(OpenAIClient(Entry("m", api_type="azure")))
    with pytest.raises(ConfigError, match="api_version"):
        complete(OpenAIClient(Entry("m", api_type="azure", base_url="https://x.openai.azure.com")))
    version = {"api_version": "2024-10-21"}
    with pytest.raises(ModelAuthError, match="AZURE_OPENAI_API_KEY"):
        complete(OpenAIClient(Entry("m", api_type="azure", base_url="https://x.openai.azure.com", connection=version)))


def test_an_unknown_connection_setting_is_refused_at_construction() -> None:
    """What the service cannot use is named, with what it takes."""
    with pytest.raises(ConfigError, match="aws_region cannot be used with api_type='openai'"):
        OpenAIClient(Entry("m", connection={"aws_region": "eu"}))


def test_a_value_that_is_not_json_is_named() -> None:
    """The error says which message cannot be sent."""
    message: Any = {"role": "user", "content": object()}
    with OpenAIServer(["never"]) as server, pytest.raises(ConfigError, match=r"in messages\[1\]"):
        complete(OpenAIClient(entry(server)), ask({"role": "user", "content": "a"}, message))


def test_half_a_character_does_not_fail_the_request() -> None:
    """A lone surrogate becomes the replacement character; whole characters beyond the first plane stay."""
    with OpenAIServer(["ok"]) as server:
        complete(OpenAIClient(entry(server)), ask({"role": "user", "content": "bad \ud800 text, good \U0001f600"}))
        assert server.bodies[0]["messages"][0]["content"] == "bad \ufffd text, good \U0001f600"


def test_one_client_serves_several_event_loops_one_after_the_other() -> None:
    """asyncio.run may be called again and again; connections are closed with their loop, without a warning."""
    with OpenAIServer(["yes"], repeat_last=True) as server:
        client = OpenAIClient(entry(server))
        for _ in range(3):
            assert complete(client).message.get("content") == "yes"
        gc.collect()


def test_one_client_serves_several_event_loops_at_once() -> None:
    """Threads with loops of their own share the client."""
    with OpenAIServer(lambda body: slow(0.02, body["messages"][0]["content"])) as server:
        client = OpenAIClient(entry(server))
        got: dict[str, str] = {}

        def work(name: str) -> None:
            async def several() -> list[Any]:
                request = ask({"role": "user", "content": name})
                return [(await client.complete(request)).message.get("content") for _ in range(3)]

            got[name] = "".join(asyncio.run(several()))

        threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == {f"t{i}": f"t{i}" * 3 for i in range(4)}


def test_a_connection_is_used_again() -> None:
    """Requests of one loop share a connection; aclose closes it and a later request opens another."""
    ports: list[str] = []
    with OpenAIServer(["yes"], repeat_last=True) as server:

        async def go() -> None:
            client = OpenAIClient(entry(server))
            await client.complete(ask())
            await client.complete(ask(stream=True))
            ports.append(str(len(server._connections)))  # pyright: ignore[reportPrivateUsage]
            await client.aclose()
            assert (await client.complete(ask())).message.get("content") == "yes"

        asyncio.run(go())
    assert ports == ["1"]


def test_cancelling_a_call_leaves_the_client_usable() -> None:
    """A cancelled request is cancelled at once; the next one is answered."""

    async def go() -> None:
        client = OpenAIClient(entry(server, timeout=30.0))
        task = asyncio.create_task(client.complete(ask()))
        await asyncio.to_thread(arrived.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await client.complete(ask())).message.get("content") == "next"

    arrived = threading.Event()

    def silent(body: object) -> Fault:
        arrived.set()
        return hang()

    with OpenAIServer([silent, "next"]) as server:
        asyncio.run(go())


def test_copies_of_a_configuration_share_the_client() -> None:
    """A client can be copied, and stays one."""
    client = OpenAIClient(Entry("m"))
    assert copy.deepcopy(client) is client


def test_the_price_is_the_entrys_or_the_list_price_or_nothing() -> None:
    """An unknown price is 0.0 without a warning; the entry's own counts wherever the model is."""
    with OpenAIServer(["three words here"], repeat_last=True) as server:
        request = ask({"role": "user", "content": "two words"})
        assert complete(OpenAIClient(entry(server)), request).usage.cost == 0.0
        assert complete(OpenAIClient(entry(server, model="gpt-4o")), request).usage.cost == 0.0
        priced = OpenAIClient(entry(server, price=(1.0, 10.0)))
        assert complete(priced, request).usage.cost == pytest.approx((2 * 1.0 + 3 * 10.0) / 1000)


def test_offline_note_is_empty_and_the_label_is_the_model() -> None:
    """A real model has no offline note."""
    client = OpenAIClient(Entry("gpt-4o", api_key=Secret(KEY)))
    assert (client.label, client.offline_note) == ("gpt-4o", "")
    assert isinstance(client, ModelClient)
    assert KEY not in repr(client)
