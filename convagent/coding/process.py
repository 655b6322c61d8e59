"""A program that runs code: its input is closed, its output bounded, and nothing that it began outlives it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .._sync import run_in_worker

NOT_STARTED = 127
"""The exit code of a program that could not be started, as shells have it."""
_LAST = 2.0
"""Seconds for which the rest of an output is waited for: who has left the group may hold it open for ever."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    exit_code: int
    stdout: str = ""
    stderr: str = ""
    timed_out: bool = False
    """Whether it was killed because its time was up."""


async def run_program(
    command: Sequence[str], *, cwd: Path, timeout: float, limit: int, env: Mapping[str, str] | None = None,
    one_stream: bool = False,
) -> Ended:  # fmt: skip
    """Run a program to its end.

    It has a process group of its own, which is killed as soon as the program has ended, its time is up, or
    whoever waits is cancelled. Only what has put itself into another group outlives it, unheard.

    Args:
        command: the program and its arguments.
        cwd: where it runs.
        timeout: seconds that it may take.
        limit: bytes of each of its two outputs that are kept; of a longer one the beginning and the end.
        env: its environment; None: that of this process.
        one_stream: whether both outputs are one, in the order in which they were written.
    """
    outputs = (_Output(limit),) if one_stream else (_Output(limit), _Output(limit))
    try:
        pipes = [await output.open() for output in outputs]
        process = _begin(command, cwd, env, pipes)
        try:
            timed_out = not await _in_time(run_in_worker(process.wait), timeout)
        finally:
            _end(process)
        for output in outputs:
            await _in_time(output.ended.wait(), _LAST)
    except OSError as error:
        return Ended(NOT_STARTED, stderr=f"{command[0]} cannot be started: {error.strerror or error}\n")
    finally:
        for output in outputs:
            output.close()
    errors = "" if one_stream else outputs[-1].text()
    return Ended(process.returncode or 0, outputs[0].text(), errors, timed_out)


async def _in_time(what: Awaitable[object], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await what
    except TimeoutError:
        return False
    return True


def _begin(
    command: Sequence[str], cwd: Path, env: Mapping[str, str] | None, pipes: Sequence[int]
) -> subprocess.Popen[bytes]:
    """Start a program that writes to these pipes, and close them here."""
    try:
        return subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=pipes[0], stderr=pipes[-1],
            start_new_session=True,
        )  # fmt: skip
    finally:
        for pipe in pipes:
            os.close(pipe)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program's group, and wait for its end: at once, for the loop may be about to close."""
    # EPERM: on some systems what is left of a group whose members have all ended.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LAST)


class _Output(asyncio.Protocol):
    """What a program writes to one of its outputs: the beginning and the end of it.

    A pipe of our own: that of asyncio's is waited for together with the program, and what the program left running
    in the background would hold it open.
    """

    def __init__(self, limit: int) -> None:
        self._half = max(limit // 2, 1)
        self._head, self._tail, self._total = bytearray(), bytearray(), 0
        self._transport: asyncio.BaseTransport | None = None
        self.ended = asyncio.Event()
        """Set when nobody writes to it any more."""

    async def open(self) -> int:
        """Return the end that a program writes to."""
        reading, writing = os.pipe()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(lambda: self, os.fdopen(reading, "rb", 0))
        return writing

    def data_received(self, data: bytes) -> None:
        self._total += len(data)
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()

    def close(self) -> None:
        """Read no more."""
        if self._transport is not None:
            self._transport.close()

    def text(self) -> str:
        """Return what was written, with what was left out said in its place."""
        tail = bytes(self._tail[-self._half :])
        cut = self._total - len(self._head) - len(tail)
        if not cut:
            return _decoded(bytes(self._head) + tail)
        return f"{_decoded(bytes(self._head))}\n[{cut:,} bytes of output were left out here]\n{_decoded(tail)}"


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
