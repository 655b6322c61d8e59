"""A journal with one run that waits, and the command line."""

from __future__ import annotations

import codecs
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from convagent.cli import main
from tests.commands.keep import waiting_run
from tests.conftest import ROOT

TEAM = "tests.commands.team:agents"
PATIENCE = 50.0
"""Seconds in which a process says what it is to say: it has to be started first, on a machine that others use."""


@dataclass(frozen=True)
class Kept:
    """A journal, and the run in it that waits for a clerk."""

    path: Path
    run: str

    @property
    def request(self) -> str:
        """The id of the question that stands."""
        return f"{self.run}:1"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Return a journal in the current folder, which the environment names, with a run that waits for a clerk."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "runs.db"
    monkeypatch.setenv("CONVAGENT_JOURNAL", str(path))
    return Kept(path, waiting_run(path))


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs a command in this process."""

    def run(*argv: object) -> Said:
        capsys.readouterr()
        code = main([str(word) for word in argv])
        found = capsys.readouterr()
        return Said(code, found.out, found.err)

    return run


class Process:
    """A command in a process of its own, and what it prints.

    Args:
        folder: where it runs.
        argv: its arguments.
        terminal: whether it is at a terminal; else it has no input, and prints to a pipe.
    """

    def __init__(self, folder: Path, argv: Sequence[str], *, terminal: bool = False) -> None:
        self._reads, its = pty.openpty() if terminal else os.pipe()
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "convagent.cli", *argv],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "NO_COLOR": "1"},
            stdin=its if terminal else subprocess.DEVNULL,
            stdout=its,
            stderr=its,
            start_new_session=True,
        )
        os.close(its)
        self.said = ""
        """What it has printed up to what was waited for last."""
        self._more = ""
        self._new: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        with open(self._reads, "rb", buffering=0) as file:
            try:
                while chunk := file.read(65536):
                    self._new.put(decode(chunk).replace("\r\n", "\n"))
            except OSError:
                pass  # the terminal is gone with its process
        self._new.put("")

    def until(self, words: str) -> str:
        """Wait until it prints a line in which these words stand, and return that."""
        while (begin := self._more.find(words)) < 0 or (end := self._more.find("\n", begin)) < 0:
            self._wait_for(words)
        line = self._more[self._more.rfind("\n", 0, begin) + 1 : end]
        self.said, self._more = self.said + self._more[: end + 1], self._more[end + 1 :]
        return line

    def _wait_for(self, words: str) -> None:
        found = self._new.get(timeout=PATIENCE)
        assert found, f"{words!r} was not said: {self.said}{self._more}"
        self._more += found

    def type_at(self, prompt: str, text: str) -> None:
        """Type at the terminal, once a prompt stands there."""
        while prompt not in self._more:
            self._wait_for(prompt)
        os.write(self._reads, text.encode())

    def signal(self, number: int = signal.SIGINT) -> None:
        """Send a signal."""
        self.popen.send_signal(number)

    def end(self) -> int:
        """Wait for its end, and return its exit code; a signal that killed it is a negative one."""
        return self.popen.wait(timeout=PATIENCE)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Return a function that starts a command in the current folder."""
    begun: list[Process] = []

    def started(*argv: object, terminal: bool = False) -> Process:
        begun.append(Process(tmp_path, [str(word) for word in argv], terminal=terminal))
        return begun[-1]

    yield started
    for process in begun:
        process.popen.kill()
        process.popen.wait()
