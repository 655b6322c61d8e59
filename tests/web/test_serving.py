"""The server as a process, live updates as a stream, and what is loaded by whom."""

from __future__ import annotations

import http.client
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.channels.loopback import served
from tests.conftest import ROOT
from tests.web.scene import Scene

SERVER = """
import sys
from convagent.channels.web import serve
from convagent.journal import Inbox, SQLiteJournal
serve(Inbox(SQLiteJournal(sys.argv[1])), port=0, tell=lambda line: print(line, flush=True))
"""


@contextmanager
def asked(url: str, method: str = "GET", body: str = "", **headers: str) -> Iterator[http.client.HTTPResponse]:
    """Send one request; nothing is followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    if body:
        headers["content-type"] = "application/x-www-form-urlencoded"
    connection.request(method, f"{parts.path}?{parts.query}", body or None, headers)
    with closing(connection), connection.getresponse() as response:
        yield response


@pytest.mark.skipif(os.name == "nt", reason="it is ended by SIGINT")
def test_serve_prints_a_link_that_lets_in_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    """The whole way of somebody who tries it: start, open the link, press the button, see the inbox, Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVER, str(tmp_path / "runs.db")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        first, link, last = [process.stdout.readline() for _ in range(3)]
        link = link.strip()
        assert re.fullmatch(r"The inbox is at http://127\.0\.0\.1:\d+\. Sign in, once, by this link:\n", first)
        with asked(link) as response:
            found = re.search(r'name="key" value="([^"]+)"', response.read().decode())
        assert found is not None
        base = link.partition("/once")[0]
        with asked(base + "/once", "POST", f"key={found[1]}") as response:
            assert response.status == 303
            cookie = (response.getheader("set-cookie") or "").partition(";")[0]
        with asked(base + "/", cookie=cookie) as response:
            assert "Nobody waits for you." in response.read().decode()
        with asked(base + "/events", cookie=cookie) as stream:
            assert stream.readline().startswith(b"retry:")
            process.send_signal(signal.SIGINT)  # a stream that stands does not hold up the end
            rest, _ = process.communicate(timeout=20)
        assert (last, rest, process.returncode) == ("Ctrl-C ends it.\n", "", 0)
    finally:
        process.kill()
        process.wait()


def test_stream_tells_of_changes_to_who_is_signed_in(scene: Scene) -> None:
    """At the beginning, and whenever a request comes or goes; a session that ended gets nothing more."""
    client = scene.client("ada")
    ((name, value),) = client.cookies.items()
    told: queue.Queue[bytes] = queue.Queue()

    def read(stream: http.client.HTTPResponse) -> None:
        for line in stream:
            if line.startswith(b"data:"):
                told.put(line)
        told.put(b"end")

    with served(scene.app) as base:
        with asked(f"{base}/events") as refused:
            assert refused.status == 401
        with asked(f"{base}/events", cookie=f"{name}={value}") as stream:
            assert stream.getheader("content-type", "").startswith("text/event-stream")
            reader = threading.Thread(target=read, args=(stream,), daemon=True)
            reader.start()
            assert told.get(timeout=10) == b"data: first\n"
            scene.asks()
            assert told.get(timeout=10) == b"data: again\n"
            assert client.post("/sign-out", **client.get("/").form("/sign-out").fields).status == 303
            scene.asks()
            assert told.get(timeout=10) == b"end"
            reader.join(10)


LOADED = "print(*[name for name in ('starlette', 'jinja2', 'uvicorn', 'markupsafe') if name in sys.modules])"


@pytest.mark.parametrize("module", ["convagent", "convagent.channels", "convagent.channels.web", "convagent.cli"])
def test_import_loads_nothing_of_the_web(module: str, python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The extra is met where it is used."""
    done = python("-c", f"import sys, {module}\n{LOADED}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", ["starlette", "jinja2", "uvicorn"])
def test_missing_extra_says_how_to_install_it(
    package: str, python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """An absent package is told by the name of the extra."""
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from convagent.channels.web import serve\n"
        "from convagent.journal import Inbox, SQLiteJournal\n"
        "serve(Inbox(SQLiteJournal('runs.db')))"
    )
    done = python("-c", program)
    assert done.returncode == 1
    assert "pip install 'convagent[web]'" in done.stderr.splitlines()[-1]
