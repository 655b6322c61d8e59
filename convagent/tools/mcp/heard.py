"""What a server said besides its answers, kept for errors: the end of its standard error, HTTP statuses, nonsense."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TextIO

_KEPT = 2_000
"""How many bytes of its standard error are kept."""
_LINES = 5


class Heard:
    """What one connection has heard."""

    def __init__(self) -> None:
        self.status = 0
        """The last HTTP status that was no success."""
        self.nonsense = False
        """Whether something came that is no message."""
        self._last = b""
        self._pipe = -1

    def words(self, *, of_starting: bool) -> str:
        """Return what to add to an error, as sentences without an end; empty: nothing.

        Args:
            of_starting: whether what the program prints may explain it.
        """
        found: list[str] = []
        if self.status:
            found.append(f"it answered HTTP {self.status}")
        if not of_starting:
            return "".join(found)
        if self.nonsense:
            found.append("what it sent is no message of the protocol (does it print to its standard output?)")
        if said := self._said():
            found.append(f"its standard error ends with:\n{said}")
        return "; ".join(found)

    def _said(self) -> str:
        self._read()
        lines = [line.rstrip() for line in self._last.decode("utf-8", "replace").splitlines()]
        return "\n".join([line for line in lines if line][-_LINES:])

    @contextmanager
    def standard_error(self) -> Generator[TextIO]:
        """Give the file for a program's standard error. Close it once the program has it."""
        if sys.platform == "win32":  # whose event loop cannot wait for such a pipe
            with open(os.devnull, "w") as nowhere:
                yield nowhere
            return
        self._pipe, write = os.pipe()
        os.set_blocking(self._pipe, False)
        asyncio.get_running_loop().add_reader(self._pipe, self._read)
        try:
            with os.fdopen(write, "w") as file:
                yield file
        finally:
            self._read()
            self._close()

    def _read(self) -> None:
        """Take what there is, so that the program never waits for somebody who reads."""
        while self._pipe >= 0:
            try:
                found = os.read(self._pipe, 65536)
            except BlockingIOError:
                return
            self._last = (self._last + found)[-_KEPT:]
            if not found:
                self._close()

    def _close(self) -> None:
        if self._pipe < 0:
            return
        pipe, self._pipe = self._pipe, -1
        with suppress(RuntimeError):  # there is no loop any more
            asyncio.get_running_loop().remove_reader(pipe)
        os.close(pipe)
