"""The loopback server itself, asked by plain HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from typing import Any

import pytest

from convagent.errors import ConfigError, UsageError
from convagent.testing.openai_server import TEST_KEY, Fault, OpenAIServer, drop, half_body, raw, slow, status

BODY = {"model": "m", "messages": [{"role": "user", "content": "one two"}]}


def post(server: OpenAIServer, body: Any = BODY, path: str = "/v1/chat/completions") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        connection.request("POST", path, text, {"Authorization": "Bearer sk-abcdefgh-1234"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_replies_are_given_in_order_and_requests_recorded() -> None:
    """Each request takes the next reply; bodies and headers are kept."""
    with OpenAIServer(["first", lambda body: f"asked of {body['model']}"]) as server:
        answers = [json.loads(post(server)[1]) for _ in range(2)]
        (first, second) = server.requests
    assert [a["choices"][0]["message"]["content"] for a in answers] == ["first", "asked of m"]
    assert answers[0]["usage"] == {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3}
    assert first.body == second.body == BODY
    assert first.headers["authorization"] == "Bearer sk-abcdefgh-1234"


def test_it_says_so_when_the_replies_are_used_up() -> None:
    """One request too many is a 400, not an invented reply."""
    with OpenAIServer(["only"]) as server:
        post(server)
        code, body = post(server)
    assert (code, b"no reply number 2" in body) == (400, True)


@pytest.mark.parametrize("item", [3, None, [{"no": "call"}], ValueError("boom")])
def test_what_cannot_be_served_is_refused_before_it_starts(item: Any) -> None:
    """A reply of a wrong kind is found where it is written, by its number."""
    with pytest.raises(ConfigError, match="reply 1 of the OpenAIServer"):
        OpenAIServer(["fine", item])


@pytest.mark.parametrize("code", [99, 200, 302, 700])
def test_a_status_that_is_no_error_is_refused(code: int) -> None:
    """`status` is for HTTP errors; the text names what makes other answers."""
    with pytest.raises(ConfigError, match=r"expected an HTTP error from 400 to 599; .* raw"):
        status(code)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"hello?\r\n\r\n", 400),
        (b"POST /v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411),
        (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: many\r\n\r\n", 411),
    ],
    ids=["no HTTP", "chunks", "no length"],
)
def test_what_cannot_be_read_is_answered_and_the_connection_closed(sent: bytes, code: int) -> None:
    """A request that the server cannot read gets a sentence, and the next connection is served."""
    with OpenAIServer(["fine"]) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(sent)
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.startswith(f"HTTP/1.1 {code} ".encode())
        assert b'"message"' in answer
        assert post(server)[0] == 200


def test_streams_are_server_sent_events_with_usage_when_asked() -> None:
    """Chunks, a last one with usage, and the end mark."""
    body = {**BODY, "stream": True, "stream_options": {"include_usage": True}}
    with OpenAIServer(["one two", "three"]) as server:
        lines = post(server, body)[1].decode().split("\n\n")
        without = post(server, {**BODY, "stream": True})[1].decode()
    assert lines[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    assert [c["choices"][0]["delta"].get("content") for c in chunks[:-1]] == ["", "one ", "two", None]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == 2
    assert "usage" not in without


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{nope", "could not parse the JSON"),
        ('{"model": "m", "messages": [{"role": "user", "content": NaN}]}', "NaN is not JSON"),
        ("[]", "not an object"),
        ({"messages": BODY["messages"]}, "model parameter"),
        ({"model": "m", "messages": []}, "non-empty array"),
        ({"model": "m", "messages": [{"role": "robot"}]}, "messages[0].role"),
        ({**BODY, "stream_options": {}}, "stream_options"),
    ],
)
def test_requests_that_are_not_right_are_refused(body: Any, words: str) -> None:
    """It is as strict as the real service, and records nothing of them."""
    with OpenAIServer(["never"]) as server:
        code, answer = post(server, body)
        assert server.requests == []
    assert code == 400
    assert words in json.loads(answer)["error"]["message"]


def test_faults_do_what_they_say() -> None:
    """Errors, raw bodies, half bodies, dropped connections."""
    with OpenAIServer([status(429, retry_after=2), status(401), raw("hello", code=418), half_body(), drop()]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", "/v1/chat/completions", json.dumps(BODY))
        response = connection.getresponse()
        assert (response.status, response.headers["Retry-After"]) == (429, "2")
        connection.close()
        refused, quoted = post(server)
        assert (refused, b"sk-abcde********1234" in quoted) == (401, True)
        assert post(server) == (418, b"hello")
        with pytest.raises(http.client.IncompleteRead):
            post(server)
        with pytest.raises(http.client.RemoteDisconnected):
            post(server)


def test_a_slow_reply_is_slow_and_holds_nobody_else_up() -> None:
    """Connections are served side by side."""
    arrived = threading.Event()

    def late_reply(body: object) -> Fault:
        arrived.set()
        return slow(0.3, "late")

    with OpenAIServer([late_reply, "at once"]) as server:
        answers: list[bytes] = []
        late = threading.Thread(target=lambda: answers.append(post(server)[1]))
        began = time.monotonic()
        late.start()
        arrived.wait(10)
        answers.append(post(server)[1])
        late.join()
        seconds = time.monotonic() - began
    assert b"at once" in answers[0]
    assert b"late" in answers[1]
    assert seconds >= 0.3


def test_a_reply_function_that_fails_is_a_500() -> None:
    """The failure is told to the client instead of hanging it."""

    def broken(body: object) -> str:
        raise RuntimeError("my bug")

    with OpenAIServer([broken]) as server:
        code, body = post(server)
    assert (code, b"my bug" in body) == (500, True)


def test_unknown_paths_are_404_and_models_are_listed() -> None:
    """Only chat completions and the list of models are served."""
    with OpenAIServer(["never"]) as server:
        assert post(server, path="/v1/embeddings")[0] == 404
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/v1/models")
        assert json.loads(connection.getresponse().read())["data"][0]["id"] == "test-model"
        connection.close()


def test_closing_ends_requests_that_hang_and_leaves_no_thread() -> None:
    """After the block nothing runs any more."""
    before = threading.active_count()
    arrived = threading.Event()

    def never(body: object) -> Fault:
        arrived.set()
        return slow(60)

    with OpenAIServer([never]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", "/v1/chat/completions", json.dumps(BODY))
        arrived.wait(10)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        connection.getresponse()
    connection.close()
    assert threading.active_count() == before


def test_it_says_how_to_use_it_when_it_does_not_run() -> None:
    """Outside its block it has no address; bad replies are refused."""
    with pytest.raises(UsageError, match="with OpenAIServer"):
        _ = OpenAIServer(["x"]).base_url
    with pytest.raises(ConfigError, match="expected a list"):
        OpenAIServer([])


def test_llm_config_points_here_with_a_key_that_opens_nothing() -> None:
    """List-wide values stand beside the list, the others in the entry."""
    with OpenAIServer(["x"]) as server:
        config = server.llm_config(model="gpt-4o", temperature=0, cache_seed=None, timeout=3)
        assert config == {
            "config_list": [{"model": "gpt-4o", "api_key": TEST_KEY, "base_url": server.base_url, "temperature": 0}],
            "cache_seed": None,
            "timeout": 3,
        }
