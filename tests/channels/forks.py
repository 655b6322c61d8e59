"""Programs at terminals, each a fork of one interpreter that has imported convagent and the editor already.

A fork is as good as a new interpreter for what happens at a terminal, and is there at once. `Forks` is
the side of the tests; `program_of` runs in the interpreter that is forked.
"""

from __future__ import annotations

import atexit
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT = 45.0
"""Seconds to wait for a program before the test fails."""

_HOST = """
import sys
from tests.channels.forks import program_of
exec(compile(program_of(sys.argv.pop()), "<string>", "exec"))
"""


class Forked:
    """A program that was forked; what a test needs of `subprocess.Popen`."""

    def __init__(self, link: socket.socket, pid: int) -> None:
        self._link, self.pid = link, pid
        self._code: int | None = None

    def kill(self) -> None:
        """End it, unless it has ended."""
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)  # nobody else has its number before it was waited for

    def wait(self, timeout: float = LIMIT) -> int:
        """Wait for its end and return its exit code."""
        if self._code is None:
            self._link.settimeout(timeout)
            _send(self._link, {"wait": self.pid})
            self._code = _receive(self._link)[0]["code"]
        return self._code


class Forks:
    """The interpreter that is forked, one for all programs of this process."""

    def __init__(self) -> None:
        self._link, other = socket.socketpair()
        self._end, terminal = pty.openpty()  # so that its streams are those of a terminal; each fork has its own below
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOST, str(other.fileno())],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            pass_fds=[other.fileno()],
            env={**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        )
        other.close()
        os.close(terminal)
        atexit.register(self.close)

    def start(self, program: str, terminal: int, environment: dict[str, str]) -> Forked:
        """Run a program at a terminal, in the current folder."""
        self._link.settimeout(LIMIT)
        order = {"program": program, "folder": os.getcwd(), "environment": environment}
        _send(self._link, order, terminal)
        answer, _ = _receive(self._link)
        return Forked(self._link, answer["pid"])

    def close(self) -> None:
        """End the interpreter."""
        self._link.close()
        self._process.wait()
        os.close(self._end)


@cache
def forks() -> Forks:
    """Return the forks of this process, begun on first use."""
    return Forks()


def program_of(link: str) -> str:
    """Fork for each order that comes; return the program of the order, in the fork only."""
    import prompt_toolkit.shortcuts  # noqa: F401 - what programs here begin by importing

    from convagent import ConversableAgent, tool  # noqa: F401

    with socket.socket(fileno=int(link)) as orders:
        while True:
            order, terminal = _receive(orders)
            if not order:
                sys.exit()
            elif "wait" in order:
                _, status = os.waitpid(order["wait"], 0)
                _send(orders, {"code": os.waitstatus_to_exitcode(status)})
            elif pid := os.fork():
                os.close(terminal)
                _send(orders, {"pid": pid})
            else:
                break
    _settle(terminal, order["folder"], order["environment"])
    return order["program"]


def _settle(terminal: int, folder: str, environment: dict[str, str]) -> None:
    """Make a terminal this process's own, and the folder and environment, too."""
    os.setsid()
    os.close(os.open(os.ttyname(terminal), os.O_RDWR))  # makes it the controlling terminal
    for stream in range(3):
        os.dup2(terminal, stream)
    os.close(terminal)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)


def _send(link: socket.socket, message: dict[str, object], *terminals: int) -> None:
    data = json.dumps(message).encode() + b"\n"
    if terminals:  # it goes along with the first byte
        socket.send_fds(link, [data[:1]], terminals)
        data = data[1:]
    link.sendall(data)


def _receive(link: socket.socket) -> tuple[dict[str, object], int]:
    """Return a message, empty at the end of all, and the terminal that came along, or -1."""
    data, terminals, _, _ = socket.recv_fds(link, 1, 1)
    while data and not data.endswith(b"\n"):
        more = link.recv(65536)
        assert more, "the other side ended in the middle of a message"
        data += more
    return json.loads(data or b"{}"), (terminals or [-1])[0]
