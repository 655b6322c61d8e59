"""What a journal keeps, and what is asked of one.

A journal holds the events of runs, the requests to people and their answers, control messages and timers, so
that a run that waits costs nothing and goes on in any process. Whoever moves a run holds a claim on it: a lease
that is renewed while the process lives, and a fence, a number that grows with every claim. What is written under
an older fence is refused, so that a worker that slept through its lease writes nothing.

Every method is synchronous, may be called from any thread, and is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..human import HumanReply
from .counting import Counts
from .values import OVER as OVER
from .values import Batch as Batch
from .values import Claim as Claim
from .values import Loaded as Loaded
from .values import MessageStatus as MessageStatus
from .values import NewMessage as NewMessage
from .values import NewRequest as NewRequest
from .values import NewRow as NewRow
from .values import News as News
from .values import RequestStatus as RequestStatus
from .values import Row as Row
from .values import RunInfo as RunInfo
from .values import RunStatus as RunStatus
from .values import Standing as Standing
from .values import StoredControl as StoredControl
from .values import StoredMessage as StoredMessage
from .values import StoredRequest as StoredRequest
from .values import WorkerInfo as WorkerInfo

if TYPE_CHECKING:
    from .heart import Heart
    from .record import Record


class Journal(Protocol):
    """Keeps runs, and says who may move them on."""

    quick: bool
    """Whether a call takes less than a millisecond, so that it may be made on an event loop."""
    lease: float
    """For how many seconds a claim holds unless it is renewed."""
    heart: Heart
    """What renews the claims of this process."""
    record: Record
    """What verifies, exports and deletes what is kept."""

    @property
    def url(self) -> str:
        """Where it is, as a person would write it, without a password."""
        ...

    def close(self) -> None:
        """Let go of connections and threads. What it keeps stays."""
        ...

    def now(self) -> float:
        """Return the time in seconds since the epoch, by the clock that deadlines are measured with."""
        ...

    def watch(self, call: Callable[[], None], run: str = "") -> Callable[[], None]:
        """Call a function, in any thread, soon after something may have changed; return what ends that.

        A call too many does no harm. One too few is made up for by whoever looks once a second.

        Args:
            call: the function.
            run: only of this root run, which is held here; empty: of any.
        """
        ...

    # ------------------------------------------------------------ runs

    def begin(
        self, run: str, spec: Mapping[str, Any], agents: Sequence[str], worker: str, lease: float,
        status: RunStatus = "running",
    ) -> Claim:  # fmt: skip
        """Keep a new run with what is needed to begin it, and claim it for some seconds.

        Raises:
            JournalError: there is a run of this id.
        """
        ...

    def claim(self, run: str, worker: str, lease: float) -> Claim:
        """Claim a run, whatever its status, unless another worker holds a lease on it. The fence grows.

        Raises:
            JournalError: there is no such run, it is over, or another worker holds it, and until when.
        """
        ...

    def claim_ready(self, worker: str, knows: Container[str], lease: float, limit: int = 1) -> list[Claim]:
        """Claim runs that are to be moved on and whose agents are all known here, the longest waiting first.

        Those are the ready ones, those that wait and whose time has come, and those that are running by a
        lease which has ended.
        """
        ...

    def renew(self, worker: str, lease: float) -> frozenset[str]:
        """Prolong every claim of a worker, and return the runs that it still holds."""
        ...

    def prolong(self, claim: Claim, lease: float) -> None:
        """Prolong one claim.

        Raises:
            FencedError: the run was taken over by somebody else.
        """
        ...

    def append(self, claim: Claim, batch: Batch) -> bool:
        """Write a batch under a claim.

        A batch that may have been written, because the connection was lost, may be handed in again: what is there
        is not written twice. What makes a run wait, or end, also lets go of the claim.

        Returns:
            whether it was written as asked. False: it was to be `waiting`, and its time is up, or a request was
            decided or a control message came, and since `news` told of it the holder has written nothing, and may not
            have heard it: all else is written, and the run stays `running`. From now on it counts as heard.

        Raises:
            FencedError: the run was taken over by somebody else; nothing is written.
            JournalUnavailable: the database cannot be reached or is locked just now; nothing is written.
            JournalError: it cannot be written for another reason, such as a full disk; nothing is written.
        """
        ...

    def load(self, run: str) -> Loaded:
        """Return a run as it is kept.

        Raises:
            JournalError: there is no such run, or what is kept of it is damaged; the text says where.
        """
        ...

    def spec(self, run: str) -> Mapping[str, Any]:
        """Return what was kept when a run was begun.

        Raises:
            JournalError: there is no such run.
        """
        ...

    def news(self, claim: Claim, requests: Sequence[str]) -> News:
        """Return what came in: which of these requests are not open any more, and control messages.

        Raises:
            FencedError: the run was taken over by somebody else.
        """
        ...

    def runs(self, status: Sequence[RunStatus] = (), limit: int = 100, after: str = "") -> list[RunInfo]:
        """Return runs, the latest first; only those of some status, if any is named. `after` is the last one's id."""
        ...

    def steer(self, run: str, action: str, text: str = "", by: str = "", force: bool = False) -> bool:
        """Keep a control message for a run, and wake it if it waits. Return False if the run is over or unknown.

        One for a run inside another goes to the one around it.
        """
        ...

    def release(self, run: str, status: RunStatus, reason: str = "") -> bool:
        """Change the status of a run that nobody holds, such as a blocked one that is to be ready.

        Whoever holds it changes its status by `append`. What somebody writes who held it earlier is refused.

        Returns:
            whether it was changed. False: it is held, over, or unknown.
        """
        ...

    # ------------------------------------------------------------ requests

    def request(self, id: str) -> StoredRequest | None:
        """Return one request, or None."""
        ...

    def pending(self, who: Sequence[str] = (), run: str = "", limit: int = 100, after: str = "") -> list[StoredRequest]:
        """Return open requests, the one that is due first first; then the oldest.

        Args:
            who: a person's name and roles; only requests that are for one of them, or for anybody. None: all.
            run: only of this run and those inside it.
            limit: how many at most.
            after: the id of the last one of the page before.
        """
        ...

    def standing(self, who: Sequence[str] = (), run: str = "") -> list[Standing]:
        """Return which requests are open, in the order of `pending`, and all of them: what they ask is not read."""
        ...

    def settle(
        self, id: str, level: int, reply: HumanReply, *, votes: int = 0, final: bool = True, decision_id: str = ""
    ) -> bool:
        """Let an answer count, and wake the run: a compare-and-swap in one transaction.

        It counts if the request is open at this level, has so many votes, and its deadline has not passed by
        the journal's clock. A vote (`final` false) is kept, and the request stays open.

        Returns:
            whether it counts. Otherwise nothing is written, and `request(id)` tells how it stands.
        """
        ...

    def expire(self, id: str = "", level: int = 0, *, force: bool = False, by: str = "") -> list[str]:
        """Let the time of open requests be up whose deadline has passed, and wake their runs; return their ids.

        Args:
            id: only this one, at this level; empty: all.
            level: which level.
            force: of one request: although its deadline has not passed (somebody escalates it).
            by: who escalates it, which its history then says.
        """
        ...

    # ------------------------------------------------------------ what is to be delivered, and workers

    def claim_messages(self, limit: int = 100, lease: float = 60.0, target: str = "") -> list[StoredMessage]:
        """Return messages that are due, the oldest first; nobody else is given them for so many seconds.

        Args:
            limit: how many at most.
            lease: for how many seconds.
            target: only those that go there; empty: all.
        """
        ...

    def delivered(self, id: str) -> None:
        """Keep that a message was delivered."""
        ...

    def undelivered(self, id: str, error: str, again: float | None) -> None:
        """Keep why a message was not delivered, and in how many seconds it is due again; None: it is given up."""
        ...

    def messages(self, status: Sequence[MessageStatus] = (), limit: int = 100) -> list[StoredMessage]:
        """Return messages, the latest first; only those of some status, if any is named."""
        ...

    def attend(self, worker: str, agents: Sequence[str]) -> None:
        """Keep that a worker lives, and which agents it knows."""
        ...

    def depart(self, worker: str) -> None:
        """Keep that a worker has ended as it should, so that nobody takes it for dead."""
        ...

    def counts(self) -> Counts:
        """Return how much there is that is not over, for those who watch over the journal."""
        ...

    def workers(self) -> list[WorkerInfo]:
        """Return the workers that were there in the last day, the latest first."""
        ...
