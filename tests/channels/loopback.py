"""Two ends of a webhook on 127.0.0.1: a receiver that records, and a server for the answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import uvicorn


@dataclass
class Post:
    """One request as the receiver got it."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return self.json["type"]


@dataclass
class Receiver:
    """What came to the receiver, and how it answers: statuses in order, the last one again and again."""

    answers: list[Any]
    posts: list[Post] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def of(self, type: str) -> list[Post]:
        return [post for post in list(self.posts) if post.type == type]


@contextmanager
def receiver(answers: Sequence[Any] = (200,)) -> Iterator[Receiver]:
    """Run a receiver. An answer is a status, (status, headers), or "hang": nothing until the end."""
    state = Receiver(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.posts.append(Post({k.lower(): v for k, v in self.headers.items()}, body))
            answer = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            if answer == "hang":
                state.let_go.wait(30)
                self.close_connection = True
                return
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in {"content-length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application from a thread and yield its URL."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="error", lifespan="on", loop="asyncio", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start in time"
        threading.Event().wait(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


def signature(secret: str, id: str, timestamp: int | str, body: bytes) -> str:
    """Sign as the specification says, written apart from the package."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, b".".join([id.encode(), str(timestamp).encode(), body]), hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def send(url: str, body: bytes, headers: dict[str, str], method: str = "POST") -> tuple[int, Any]:
    """Send a request; return status and JSON."""
    asked = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=20) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


class Client:
    """Sends signed answers."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret, self._count = url, secret, 0
        self._lock = threading.Lock()

    def __call__(
        self,
        value: Any,
        *,
        id: str = "",
        timestamp: float | None = None,
        tamper: Callable[[bytes], bytes] = bytes,
        **headers: str,
    ) -> tuple[int, Any]:
        """Sign and send; return status and JSON. Headers given here replace ours."""
        with self._lock:
            self._count += 1
            id = id or f"answer_{self._count}"
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        when = int(time.time() if timestamp is None else timestamp)
        sent = {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(when),
            "webhook-signature": signature(self._secret, id, when, body),
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        return send(self._url, tamper(body), sent)
