"""What those who operate a worker ask it: whether it lives, whether it is ready, and its numbers.

Over HTTP, for a load balancer, an orchestrator or Prometheus. It tells counts, and nothing of what was said.
"""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from threading import Thread
from typing import Any, Self

from ..errors import ConfigError, JournalError

SILENT = 60.0
"""Seconds after which a worker whose loop does nothing is said not to live."""
PATIENCE = 10.0
"""Seconds for which somebody who asks may say nothing."""


class Probes:
    """Answers ``/live``, ``/ready`` and ``/metrics`` while the block lasts.

    Args:
        listen: ``HOST:PORT``.
        reach: raises a `JournalError` where the journal cannot be used, without which no worker is ready.
        lives: whether the worker's loop still turns.
        draining: whether it was told to stop.
        page: the numbers of Prometheus; None: there are none.

    Raises:
        ConfigError: nothing can listen there.
    """

    def __init__(
        self, listen: str, reach: Callable[[], object], lives: Callable[[], bool], draining: Callable[[], bool],
        page: Any,
    ) -> None:  # fmt: skip
        self._reach, self._lives, self._draining, self._page = reach, lives, draining, page
        host, port = address(listen)
        probes = self

        class Server(ThreadingHTTPServer):
            address_family = AF_INET6 if ":" in host else AF_INET
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                return  # who asked has left

        class Handler(BaseHTTPRequestHandler):
            server_version, sys_version, timeout = "convagent", "", PATIENCE

            def do_GET(self) -> None:
                status, kind, body = probes.answer(self.path.partition("?")[0])
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                return

        try:
            self._server = Server((host, port), Handler)
        except OSError as error:
            raise ConfigError(f"--listen {listen}: nothing can listen there: {error.strerror or error}") from None

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, name="convagent-probes", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        name = str(host)
        return f"http://{f'[{name}]' if ':' in name else name}:{port}"

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, kind and body of what is asked."""
        if path == "/live":
            return _plain("alive") if self._lives() else _plain(f"nothing has happened for {SILENT:g} s", 503)
        if path == "/ready":
            problem = self._problem()
            return _plain(problem, 503) if problem else _plain("ready")
        if path == "/metrics" and self._page is None:
            return _plain("there are no metrics here: pip install 'convagent[metrics]'", 404)
        if path == "/metrics":
            return 200, self._page.kind, self._page.text()
        return _plain("ask for /live, /ready or /metrics", 404)

    def _problem(self) -> str:
        if self._draining():
            return "stopping"
        try:
            self._reach()
        except JournalError as error:
            return f"the journal cannot be used: {type(error).__name__}"
        return ""


def _plain(text: str, status: int = 200) -> tuple[int, str, bytes]:
    return status, "text/plain; charset=utf-8", f"{text}\n".encode()


def address(listen: str) -> tuple[str, int]:
    """Return host and port.

    Raises:
        ConfigError: it names none.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"--listen {listen!r}: expected HOST:PORT, such as 127.0.0.1:9100")
    return host.strip("[]"), int(port)
