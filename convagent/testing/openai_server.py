"""An OpenAI-compatible server on the loopback interface, for tests, demonstrations and benchmarks.

It answers chat completions from a list, streamed or not, records what it was asked, and can
misbehave in every way a real one does: see the functions that return a `Fault`.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from inspect import isawaitable
from types import TracebackType
from typing import Any, Self, cast

from ..errors import ConfigError, UsageError
from ..messages import Message
from ..models.scripted import as_answer
from .completions import checked, chunks, completion, status_text
from .faults import (
    Fault,
    Reply,
    ReplyItem,
    broken_stream,
    drop,
    half_body,
    hang,
    no_choices,
    not_json,
    raw,
    slow,
    status,
)

__all__ = [
    "TEST_KEY",
    "Fault",
    "OpenAIServer",
    "Received",
    "broken_stream",
    "drop",
    "half_body",
    "hang",
    "no_choices",
    "not_json",
    "raw",
    "slow",
    "status",
]

TEST_KEY = "sk-loopback-0000-not-a-real-key-0000"
"""The key that `OpenAIServer.llm_config` uses: it opens nothing."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as the server got it."""

    method: str
    path: str
    """With the query, if there was one."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Mapping[str, Any]
    """The parsed JSON; empty for a GET."""


class OpenAIServer:
    """Serve chat completions on 127.0.0.1, on a port of its own, from a thread, inside a `with`.

    Each HTTP request takes the next reply, so a client that repeats a failed call takes two. A
    reply is a text, a list of tool calls (``{"name": ..., "arguments": {...}}``), a message, a
    `Fault`, or a function (sync or async) of the request's body that returns one of these.

    Args:
        replies: the replies in order, or one function that answers every request.
        repeat_last: go on with the last reply when they are used up. Otherwise the server
            answers 400 and says so.
        record: keep what was asked, for `requests`.
        stream_delay: seconds between two pieces of a streamed reply.

    Raises:
        ConfigError: `replies` is empty or not a list, or one of them cannot be served.
    """

    def __init__(
        self,
        replies: Sequence[ReplyItem] | Callable[[Mapping[str, Any]], Reply | Awaitable[Reply]],
        *,
        repeat_last: bool = False,
        record: bool = True,
        stream_delay: float = 0.0,
    ) -> None:
        if callable(replies):
            self._replies: tuple[ReplyItem, ...] = (replies,)
            repeat_last = True
        elif not replies or isinstance(replies, (str, Mapping)):
            raise ConfigError(f"OpenAIServer(replies={replies!r}): expected a list of replies, or one function")
        else:
            self._replies = tuple(replies)
        for number, item in enumerate(self._replies):
            _check(number, item)
        self._repeat_last = repeat_last
        self._record = record
        self._stream_delay = stream_delay
        self._served = 0
        self._requests: list[Received] = []
        self._connections: set[_Connection] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """The port it listens on."""
        if not self._port:
            raise UsageError("the OpenAIServer is not running: use it inside `with OpenAIServer([...]) as server:`")
        return self._port

    @property
    def base_url(self) -> str:
        """The URL for `base_url=`, ending in /v1."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def azure_endpoint(self) -> str:
        """The URL for `azure_endpoint=`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Received]:
        """What it was asked, in the order of arrival."""
        return list(self._requests)

    @property
    def bodies(self) -> list[Mapping[str, Any]]:
        """The bodies of `requests`."""
        return [r.body for r in self._requests]

    def llm_config(self, **more: Any) -> dict[str, Any]:
        """Return a configuration that points here, with a key that opens nothing.

        Values that belong to the whole list (`cache_seed`, `timeout`, ...) stand beside
        `config_list`, the others in its one entry.
        """
        entry = {"model": "test-model", "api_key": TEST_KEY, "base_url": self.base_url}
        outer: dict[str, Any] = {}
        for key, value in more.items():
            (outer if key in _LIST_LEVEL else entry)[key] = value
        return {"config_list": [entry], **outer}

    def __enter__(self) -> Self:
        if self._thread is not None:
            raise UsageError("this OpenAIServer is running already; make another one")
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="OpenAIServer", daemon=True)
        self._thread.start()
        self._port = started.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        self._thread = None
        self._port = 0

    def _run(self, started: Future[int]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _serve(self, started: Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        started.set_result(server.sockets[0].getsockname()[1])
        await self._stop.wait()
        server.close()
        for connection in list(self._connections):
            connection.abort()
        await server.wait_closed()

    # What the connections need.

    def _joined(self, connection: _Connection) -> None:
        self._connections.add(connection)

    def _left(self, connection: _Connection) -> None:
        self._connections.discard(connection)

    def _note(self, request: Received) -> None:
        if self._record:
            self._requests.append(request)

    def _next(self) -> tuple[int, ReplyItem | None]:
        number = self._served
        self._served += 1
        if number < len(self._replies):
            return number, self._replies[number]
        return number, self._replies[-1] if self._repeat_last else None


def _check(number: int, item: object) -> None:
    """Refuse at construction what would fail in the middle of a test."""
    if isinstance(item, Fault) or callable(item):
        return
    if isinstance(item, BaseException):
        raise ConfigError(
            f"reply {number} of the OpenAIServer: {item!r} cannot be served; use status(500), drop(), ..."
        )
    try:
        as_answer(item)
    except ConfigError as error:
        raise ConfigError(f"reply {number} of the OpenAIServer: {error}") from None


_LIST_LEVEL = frozenset(("cache_seed", "timeout", "tools", "functions", "parallel_tool_calls", "routing_method"))


class _Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection; requests are answered one after the other."""

    def __init__(self, server: OpenAIServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server._joined(self)  # pyright: ignore[reportPrivateUsage]

    def connection_lost(self, exc: Exception | None) -> None:
        self._server._left(self)  # pyright: ignore[reportPrivateUsage]
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._task is None:
            self._advance()

    def abort(self) -> None:
        """Close at once, whatever is being answered."""
        if self._transport is not None:
            self._transport.abort()

    def _advance(self) -> None:
        """Take the next whole request out of the buffer, if there is one, and answer it."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        method, _, path = lines[0].rpartition(" ")[0].partition(" ")
        if not path.startswith("/"):
            self._refuse(400, f"not an HTTP request: {lines[0][:100]!r}")
            return
        if "transfer-encoding" in headers or not (headers.get("content-length") or "0").isdecimal():
            self._refuse(411, "OpenAIServer reads a body only by its content-length, not in chunks")
            return
        length = int(headers.get("content-length") or 0)
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        self._task = asyncio.get_running_loop().create_task(self._answer(method, path, headers, body))
        self._task.add_done_callback(self._answered)

    def _refuse(self, code: int, text: str) -> None:
        """Answer what cannot be read, and hang up: where the next request begins is not known."""
        self._buffer.clear()
        self._send_error(code, text)
        self._close()

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                self._send_error(500, f"OpenAIServer: a reply failed: {error!r}")
        if self._buffer:
            self._advance()

    async def _answer(self, method: str, path: str, headers: dict[str, str], data: bytes) -> None:
        route = path.partition("?")[0]
        if method == "GET" and route.endswith("/models"):
            self._server._note(Received(method, path, headers, {}))  # pyright: ignore[reportPrivateUsage]
            listed = {"id": "test-model", "object": "model", "created": 0, "owned_by": "convagent"}
            return self._send(200, json.dumps({"object": "list", "data": [listed]}).encode())
        if method != "POST" or not route.endswith("/chat/completions"):
            return self._send_error(404, f"Unknown request URL: {method} {path}")
        try:
            body = checked(data)
        except ValueError as error:
            return self._send_error(400, str(error))
        self._server._note(Received(method, path, headers, body))  # pyright: ignore[reportPrivateUsage]
        number, item = self._server._next()  # pyright: ignore[reportPrivateUsage]
        if item is None:
            return self._send_error(400, f"OpenAIServer: no reply number {number + 1} was given; pass repeat_last=True")
        if callable(item):
            made = item(body)
            item = await made if isawaitable(made) else made
        await self._reply(number, item, body, headers)

    async def _reply(self, number: int, item: Any, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        if not isinstance(item, Fault):
            message = as_answer(item, number)
            if body.get("stream"):
                return await self._stream(number, message, body)
            return self._send(200, json.dumps(completion(number, message, body)).encode())
        match item.kind:
            case "status":
                text = item.text or status_text(item.status, headers)
                self._send_error(item.status, text, item.headers)
            case "raw":
                self._send(item.status, item.text.encode(), item.headers)
            case "half_body":
                whole = json.dumps(completion(number, as_answer(item.reply, number), body)).encode()
                self._write(_head(200, len(whole)) + whole[: len(whole) // 2])
                self._close()
            case "hang":
                await asyncio.get_running_loop().create_future()
            case "drop":
                self._close()
            case "slow":
                await asyncio.sleep(item.seconds)
                await self._reply(number, item.reply, body, headers)
            case "broken_stream":
                await self._stream(number, as_answer(item.reply, number), body, item)

    async def _stream(self, number: int, message: Message, body: Mapping[str, Any], fault: Fault | None = None) -> None:
        delay = self._server._stream_delay  # pyright: ignore[reportPrivateUsage]
        self._write(_STREAM_HEAD)
        for i, chunk in enumerate(chunks(number, message, body)):
            if fault is not None and i > fault.after:
                if fault.hang:
                    await asyncio.get_running_loop().create_future()
                return self._close()
            self._write(_sse(json.dumps(chunk).encode()))
            if delay:
                await asyncio.sleep(delay)
        self._write(_sse(b"[DONE]") + b"0\r\n\r\n")

    def _send(self, code: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._write(_head(code, len(body), headers) + body)

    def _send_error(self, code: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        kind = "server_error" if code >= 500 else _ERROR_TYPES.get(code, "invalid_request_error")
        error = {"message": text, "type": kind, "param": None, "code": _ERROR_CODES.get(code)}
        self._send(code, json.dumps({"error": error}).encode(), headers)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
_ERROR_TYPES = {429: "requests"}
_ERROR_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


def _head(code: int, length: int, headers: Mapping[str, str] | None = None) -> bytes:
    fields = {"content-type": "application/json", "content-length": str(length), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {code} {_REASONS.get(code, 'Error')}\r\n{lines}\r\n".encode("latin-1")


def _sse(data: bytes) -> bytes:
    event = b"data: " + data + b"\n\n"
    return f"{len(event):x}\r\n".encode() + event + b"\r\n"
