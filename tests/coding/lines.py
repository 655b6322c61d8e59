"""A way to see that processes have ended, without asking which there are."""

from __future__ import annotations

import os
import select
from pathlib import Path


class Line:
    """A pipe with a name: its end comes when nobody who opened it to write is alive any more."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path, self._reading = path, os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def held_by(self) -> str:
        """Return Python code that holds it for as long as its process lives."""
        return f"line = open({str(self.path)!r}, 'w')\nline.write('held')\nline.flush()\n"

    def is_dead(self, begun: str = "") -> bool:
        """Wait until all who held it are gone; return whether somebody had held it, perhaps since it was `held`."""
        os.set_blocking(self._reading, True)
        said = begun.encode()
        while piece := os.read(self._reading, 100):
            said += piece
        return said == b"held"

    def held(self) -> str:
        """Wait until somebody holds it."""
        select.select([self._reading], [], [])
        return os.read(self._reading, 4).decode()

    def close(self) -> None:
        """Read no more."""
        os.close(self._reading)
