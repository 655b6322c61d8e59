"""That a worker is there, as others see it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from ..errors import JournalError

if TYPE_CHECKING:
    from .base import Journal


class Presence:
    """Says that a worker lives until it leaves, and never after that, from whichever thread.

    Args:
        journal: where it is said.
        worker: its name.
        agents: those that it knows.
    """

    def __init__(self, journal: Journal, worker: str, agents: Iterable[str]) -> None:
        self._journal, self.worker, self._agents = journal, worker, sorted(agents)
        self._lock, self._left = Lock(), False

    def attend(self) -> None:
        """Say that it lives.

        Raises:
            JournalError: it cannot be said.
        """
        with self._lock:
            if not self._left:
                self._journal.attend(self.worker, self._agents)

    def leave(self) -> None:
        """Say that it has ended as it should; where the journal is away, its silence says that it lives no more."""
        with self._lock, suppress(JournalError):
            self._left = True
            self._journal.depart(self.worker)
