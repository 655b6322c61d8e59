"""A journal in a database: the verbs of `base.Journal`, each of them one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import AbstractContextManager
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from ..chain import Salts
from ..errors import FencedError
from ..human import HumanReply
from . import asking, claims, counting, loading, posting, writing
from .base import (
    Batch,
    Claim,
    Loaded,
    MessageStatus,
    News,
    RunInfo,
    RunStatus,
    Standing,
    StoredMessage,
    StoredRequest,
    WorkerInfo,
)
from .codec import escaped
from .counting import Counts
from .heart import Heart
from .record import Record
from .tx import Tx
from .watching import Watchers
from .writing import Held

LEASE = 15.0
"""Seconds for which a claim holds unless it is renewed."""


class DatabaseJournal(ABC):
    """What the journals in SQLite and in PostgreSQL share: everything but the connection and the clock."""

    quick = False
    lease = LEASE

    def __init__(self) -> None:
        self.heart = Heart(self)
        self.record = Record(self)
        self._held: dict[str, Held] = {}
        self._salts = Salts()
        self._watchers = Watchers()
        self._watching = False
        """Whether a thread looks for changes."""
        self._lock = Lock()
        self._ended = Event()

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is, as a person would write it, without a password."""

    @abstractmethod
    def write(self) -> AbstractContextManager[Tx]:
        """Begin a transaction, alone where the database has one writer; what it did counts when the block ends."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Tx]:
        """Begin a transaction that sees everything as it stands at one moment."""

    @abstractmethod
    def now(self) -> float:
        """Return the time in seconds since the epoch, by the clock that deadlines are measured with."""

    def watch(self, call: Callable[[], None], run: str = "") -> Callable[[], None]:
        """Call a function, in any thread, soon after something may have changed; return what ends that."""
        held = self._held.get(run)
        end = self._watchers.add(call, None if held is None else held.root)
        with self._lock:
            if not self._watching:
                self._watching = True
                Thread(target=self._follow, name="convagent-watch", daemon=True).start()
        return end

    @abstractmethod
    def _follow(self) -> None:
        """Tell the watchers of changes, as long as there are any: for a thread of its own."""

    def _is_watched(self) -> bool:
        with self._lock:
            self._watching = bool(self._watchers) and not self._ended.is_set()
            return self._watching

    @abstractmethod
    def close(self) -> None:
        """Let go of connections and threads. What it keeps stays."""

    def shred(self) -> None:
        """Let what was deleted be gone from the files, as far as the database can.

        Raises:
            JournalUnavailable: not yet, because others are reading; it is deleted all the same.
        """

    def rewrite(self) -> None:
        """Let also what stands between rows by chance be gone from the files, as far as the database can."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    # ------------------------------------------------------------ runs

    def begin(
        self, run: str, spec: Mapping[str, Any], agents: Sequence[str], worker: str, lease: float,
        status: RunStatus = "running",
    ) -> Claim:  # fmt: skip
        """Keep a new run; see `Journal.begin`."""
        with self.write() as tx:
            number, claim = claims.begin(tx, run, spec, agents, worker, lease, status)
            held = writing.held_by(tx, number, claim, new=True)
        if status == "running":
            self._held[run] = held
        return claim

    def claim(self, run: str, worker: str, lease: float) -> Claim:
        """Claim a run; see `Journal.claim`."""
        with self.write() as tx:
            number, claim = claims.claim(tx, run, worker, lease)
            held = writing.held_by(tx, number, claim)
        self._held[run] = held
        return claim

    def claim_ready(self, worker: str, knows: Container[str], lease: float, limit: int = 1) -> list[Claim]:
        """Claim runs that are to be moved on; see `Journal.claim_ready`."""
        with self.write() as tx:
            held_here = self.heart.runs if worker == self.heart.worker else ()
            found = claims.claim_ready(tx, worker, knows, lease, limit, held_here)
            held = [(claim, writing.held_by(tx, number, claim)) for number, claim in found]
        for claim, one in held:
            self._held[claim.run] = one
        return [claim for claim, _ in held]

    def claim_one(self, run: str, worker: str, lease: float) -> Claim | None:
        """Claim a run if it can go on and nobody moves it, this process neither; None: it is not to be had."""
        if worker == self.heart.worker and run in self.heart.runs:
            return None
        with self.write() as tx:
            found = claims.claim_one(tx, run, worker, lease)
            held = None if found is None else writing.held_by(tx, *found)
        if found is None or held is None:
            return None
        self._held[run] = held
        return found[1]

    def renew(self, worker: str, lease: float) -> frozenset[str]:
        """Prolong every claim of a worker, and return the runs that it still holds."""
        with self.write() as tx:
            return claims.renew(tx, worker, lease, self.heart.runs if worker == self.heart.worker else None)

    def prolong(self, claim: Claim, lease: float) -> None:
        """Prolong one claim; see `Journal.prolong`."""
        with self.write() as tx:
            claims.prolong(tx, claim, lease)

    def append(self, claim: Claim, batch: Batch) -> bool:
        """Write a batch under a claim; see `Journal.append`."""
        held = self._known(claim)
        standing, heard = (set(held.standing), held.heard) if held is not None else (set[str](), 0)
        try:
            with self.write() as tx:
                held = held or self._again(tx, claim)
                as_asked = writing.append(tx, held, claim, batch, self._salts)
        except BaseException as error:
            if held is not None:
                held.undone(standing, heard)
                if isinstance(error, FencedError):
                    self._held.pop(claim.run, None)
            raise
        if batch.status not in (None, "running") and as_asked:
            self._held.pop(claim.run, None)
        return as_asked

    def load(self, run: str) -> Loaded:
        """Return a run as it is kept; see `Journal.load`."""
        with self.read() as tx:
            return loading.load(tx, run)

    def spec(self, run: str) -> Mapping[str, Any]:
        """Return what was kept when a run was begun."""
        with self.read() as tx:
            return loading.spec(tx, run)

    def news(self, claim: Claim, requests: Sequence[str]) -> News:
        """Return what came in; see `Journal.news`."""
        with self.read() as tx:
            return loading.news(tx, self._known(claim) or self._again(tx, claim), claim, requests)

    def runs(self, status: Sequence[RunStatus] = (), limit: int = 100, after: str = "") -> list[RunInfo]:
        """Return runs, the latest first; only those of some status, if any is named. `after` is the last one's id."""
        with self.read() as tx:
            return claims.runs(tx, status, limit, after)

    def steer(self, run: str, action: str, text: str = "", by: str = "", force: bool = False) -> bool:
        """Keep a control message for a run, and wake it if it waits. Return False if the run is over or unknown."""
        with self.write() as tx:
            return claims.steer(tx, run, action, text, by, force)

    def release(self, run: str, status: RunStatus, reason: str = "") -> bool:
        """Change the status of a run that nobody holds; see `Journal.release`."""
        with self.write() as tx:
            return claims.release(tx, run, status, reason)

    def _known(self, claim: Claim) -> Held | None:
        held = self._held.get(claim.run)
        return held if held is not None and held.fence == claim.fence else None

    def _again(self, tx: Tx, claim: Claim) -> Held:
        """Return what there is to know of a claim that was made elsewhere, or has been let go of."""
        row = tx.one("SELECT run FROM runs WHERE id = ? AND root IS NULL", (escaped(claim.run),))
        held = Held(0, claim.fence, 0) if row is None else writing.held_by(tx, row[0], claim)
        writing.check(tx, held, claim)
        self._held[claim.run] = held
        return held

    # ------------------------------------------------------------ requests

    def request(self, id: str) -> StoredRequest | None:
        """Return one request, or None."""
        with self.read() as tx:
            return asking.request(tx, id)

    def pending(self, who: Sequence[str] = (), run: str = "", limit: int = 100, after: str = "") -> list[StoredRequest]:
        """Return open requests, the one that is due first first; see `Journal.pending`."""
        with self.read() as tx:
            return asking.pending(tx, who, run, limit, after)

    def standing(self, who: Sequence[str] = (), run: str = "") -> list[Standing]:
        """Return which requests are open, in the order of `pending`; what they ask is not read."""
        with self.read() as tx:
            return asking.standing(tx, who, run)

    def settle(
        self, id: str, level: int, reply: HumanReply, *, votes: int = 0, final: bool = True, decision_id: str = ""
    ) -> bool:
        """Let an answer count, and wake the run; see `Journal.settle`."""
        with self.write() as tx:
            return asking.settle(tx, id, level, reply, votes=votes, final=final, decision_id=decision_id)

    def expire(self, id: str = "", level: int = 0, *, force: bool = False, by: str = "") -> list[str]:
        """Let the time of open requests be up; see `Journal.expire`."""
        with self.write() as tx:
            return asking.expire(tx, id, level, force=force, by=by)

    # ------------------------------------------------------------ what is to be delivered, and by whom runs are moved

    def claim_messages(self, limit: int = 100, lease: float = 60.0, target: str = "") -> list[StoredMessage]:
        """Return messages that are due, the oldest first; see `Journal.claim_messages`."""
        with self.write() as tx:
            return posting.claim_messages(tx, limit, lease, target)

    def delivered(self, id: str) -> None:
        """Keep that a message was delivered."""
        with self.write() as tx:
            posting.delivered(tx, id)

    def undelivered(self, id: str, error: str, again: float | None) -> None:
        """Keep why a message was not delivered, and in how many seconds it is due again; None: it is given up."""
        with self.write() as tx:
            posting.undelivered(tx, id, error, again)

    def messages(self, status: Sequence[MessageStatus] = (), limit: int = 100) -> list[StoredMessage]:
        """Return messages, the latest first; only those of some status, if any is named."""
        with self.read() as tx:
            return posting.messages(tx, status, limit)

    def attend(self, worker: str, agents: Sequence[str]) -> None:
        """Keep that a worker lives, and which agents it knows. To be said again while it does."""
        with self.write() as tx:
            posting.attend(tx, worker, agents)

    def depart(self, worker: str) -> None:
        """Keep that a worker has ended as it should, so that nobody takes it for dead."""
        with self.write() as tx:
            posting.depart(tx, worker)

    def counts(self) -> Counts:
        """Return how much there is that is not over."""
        with self.read() as tx:
            return counting.counts(tx)

    def workers(self) -> list[WorkerInfo]:
        """Return the workers that were there in the last day, the latest first."""
        with self.read() as tx:
            return posting.workers(tx)
