"""A journal with one run that waits, and the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from convagent.cli import main
from tests.commands.keep import waiting_run
from tests.conftest import ROOT

TEAM = "tests.commands.team:agents"


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
    """A command in a process of its own, and the lines that it prints."""

    def __init__(self, folder: Path, *argv: str, stdin: int = subprocess.DEVNULL) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "convagent.cli", *argv],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._new: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self._new.put(line.rstrip("\n"))
        self._new.put("")

    def until(self, words: str) -> str:
        """Wait for a line in which these words stand, and return it."""
        while words not in (line := self._new.get(timeout=30)):
            self.lines.append(line)
            assert line or self.popen.poll() is None, f"{words!r} was not said: {self.lines}"
        self.lines.append(line)
        return line

    def signal(self, number: int = signal.SIGINT) -> None:
        """Send a signal."""
        self.popen.send_signal(number)

    def end(self) -> int:
        """Wait for its end, and return its exit code; a signal that killed it is a negative one."""
        return self.popen.wait(timeout=30)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Return a function that starts a command in the current folder."""
    begun: list[Process] = []

    def started(*argv: object, stdin: int = subprocess.DEVNULL) -> Process:
        begun.append(Process(tmp_path, *map(str, argv), stdin=stdin))
        return begun[-1]

    yield started
    for process in begun:
        process.popen.kill()
        process.popen.wait()
        if process.popen.stdout is not None:
            process.popen.stdout.close()
