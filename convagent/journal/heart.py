"""What keeps the claims of a process alive while it lives."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Condition, Thread
from typing import TYPE_CHECKING

from ..errors import JournalError
from .worker import this_process

if TYPE_CHECKING:
    from .base import Claim, Journal

PER_LEASE = 3
"""How often a lease is renewed in its time."""


class Heart:
    """Renews every claim that this process holds at one journal, in one thread, which lives as long as there are any.

    Args:
        journal: where the claims are held; its `lease` says for how many seconds.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._held: dict[Claim, Callable[[], None]] = {}
        self._changed = Condition()
        self._thread: Thread | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._worker = this_process()

    @property
    def worker(self) -> str:
        """The name under which this process holds claims: no other process has the same, a forked one neither."""
        if self._pid != os.getpid():
            self._held, self._changed, self._thread = {}, Condition(), None
            self._begin_anew()
        return self._worker

    @property
    def runs(self) -> frozenset[str]:
        """The ids of the runs whose claims are renewed."""
        with self._changed:
            return frozenset(claim.run for claim in self._held)

    def hold(self, claim: Claim, lost: Callable[[], None]) -> None:
        """Renew a claim from now on. `lost` is called, in the heart's thread, when somebody else has taken the run."""
        with self._changed:
            self._held[claim] = lost
            if self._thread is None:
                self._thread = Thread(target=self._beat, name="convagent-heart", daemon=True)
                self._thread.start()

    def drop(self, claim: Claim) -> None:
        """Renew a claim no more. The thread ends by itself when it next finds none: the next run may come at once."""
        with self._changed:
            self._held.pop(claim, None)

    def close(self) -> None:
        """Renew nothing any more."""
        if self._pid != os.getpid():
            return  # it is that of the process that this one was forked from
        with self._changed:
            self._held.clear()
            self._changed.notify()

    def _beat(self) -> None:
        lease = self._journal.lease
        while True:
            with self._changed:
                self._changed.wait(lease / PER_LEASE)
                if not self._held:
                    self._thread = None
                    return
                held = dict(self._held)
            try:
                ours = self._journal.renew(self._worker, lease)
            except JournalError:
                continue  # it may come back in time; what is written meanwhile is fenced
            for claim, lost in held.items():
                if claim.run not in ours and claim in self._held:
                    lost()
