"""A program at a real terminal: what it writes can be waited for, and keys can be sent."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

from tests.channels.forks import LIMIT, ROOT, Forked, forks

_OPENING = "import os, sys\nos.close(os.open(os.ttyname(0), os.O_RDWR))\n"  # makes it the controlling terminal
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


class Session:
    """A Python program in a pseudo-terminal of its own, with convagent imported already."""

    def __init__(self, program: str, **environment: str) -> None:
        self._end, other = pty.openpty()
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "PROMPT_TOOLKIT_NO_CPR")}
        env |= {"TERM": "xterm", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment}
        self._process = self._start(program, other, env)
        os.close(other)
        self.raw = ""
        self._seen = 0

    def _start(self, program: str, terminal: int, environment: dict[str, str]) -> Forked | subprocess.Popen[bytes]:
        return forks().start(program, terminal, environment)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._end)

    @property
    def text(self) -> str:
        """What was written, without the codes that move and colour, with plain line ends."""
        return re.sub("\r+\n", "\n", _CODES.sub("", self.raw))

    def wait_for(self, text: str) -> None:
        """Wait until a text was written after the one waited for last."""
        until = time.monotonic() + LIMIT
        while (at := self.text.find(text, self._seen)) < 0:
            assert self._read(until), f"{text!r} was not written; the screen holds {self.text!r}"
        self._seen = at + len(text)

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self._end, keys.encode())

    def nudge(self) -> None:
        """Send SIGUSR1: a program that waits for the test goes on."""
        os.kill(self._process.pid, signal.SIGUSR1)

    def finish(self) -> int:
        """Wait for the end of the program and return its exit code."""
        until = time.monotonic() + LIMIT
        while self._read(until):
            pass
        return self._process.wait(timeout=LIMIT)

    def _read(self, until: float) -> bool:
        ready, _, _ = select.select([self._end], [], [], max(until - time.monotonic(), 0))
        if not ready:
            return False
        try:
            data = os.read(self._end, 65536)
        except OSError:  # the program ended
            return False
        self.raw += data.decode(errors="replace")
        return bool(data)


class FreshSession(Session):
    """The same in a new interpreter, where it matters what is imported and when."""

    def _start(self, program: str, terminal: int, environment: dict[str, str]) -> Forked | subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", _OPENING + program],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            env=environment,
        )
