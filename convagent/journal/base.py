"""What a journal keeps, and what is asked of one.

A journal holds the events of runs, the requests to people and their answers, control messages and timers, so
that a run that waits costs nothing and goes on in any process. Whoever moves a run holds a claim on it: a lease
that is renewed while the process lives, and a fence, a number that grows with every claim. What is written under
an older fence is refused, so that a worker that slept through its lease writes nothing.

Every method is synchronous, may be called from any thread, and is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from ..human import HumanReply, HumanRequest

if TYPE_CHECKING:
    from .heart import Heart
    from .record import Record

RunStatus = Literal["ready", "running", "waiting", "left", "blocked", "done", "failed"]
"""`ready`: somebody is to move it on; `running`: claimed; `waiting`: for a person, a time or a control message;
`left`: its program ended it before its end, it goes on when somebody resumes it; `blocked`: it cannot go on here,
and the reason says why; `done`, `failed`: it is over."""
RequestStatus = Literal["open", "answered", "expired", "cancelled"]
MessageStatus = Literal["due", "delivered", "given up"]
OVER: tuple[RunStatus, ...] = ("done", "failed")


# ---------------------------------------------------------------- what is written


@dataclass(frozen=True, slots=True)
class NewRow:
    """One event, or the result of one step, of a run or of a run inside it."""

    run: str
    """The id of the run; of one inside another `parent/name`."""
    seq: int
    """Its place in that run, growing; numbers may be left out."""
    key: str
    """What it is found by when its turn is entered again: `turn/strand/what#n`."""
    time: float
    body: str
    """JSON on one line, as `serde.write_body` makes it; of a step ``{"v":1,"type":"step",...}``."""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A question that people are to find, or one of them at its next level: the id stays, the level grows.

    An answer outranks a later level: where one counts already, the next level is not written.
    """

    run: str
    """The run that asks, which may be one inside another."""
    key: str
    request: HumanRequest


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What is to be delivered outside, such as by a webhook, even if this process ends before it is."""

    id: str
    """Unique; one that is there already is not kept twice."""
    request: str
    """The request that it is about; may be empty."""
    level: int
    target: str
    """Where it goes, as whoever delivers it understands it."""
    body: str
    due: float | None = None
    """From when on; None: at once."""


@dataclass(slots=True)
class Batch:
    """What one flush writes: all of it, or nothing."""

    rows: list[NewRow] = field(default_factory=list[NewRow])
    requests: list[NewRequest] = field(default_factory=list[NewRequest])
    closed: list[str] = field(default_factory=list[str])
    """Ids of requests that nobody waits for any more: open ones become `cancelled`. One of them may be asked again."""
    timers: list[tuple[str, str, float]] = field(default_factory=list[tuple[str, str, float]])
    """(run, key, due): a time that a run waits for."""
    taken: list[int] = field(default_factory=list[int])
    """Numbers of control messages that are met."""
    turns: dict[str, int] = field(default_factory=dict[str, int])
    """By run: the last turn that is finished."""
    outbox: list[NewMessage] = field(default_factory=list[NewMessage])
    """What is to be delivered outside."""
    status: RunStatus | None = None
    """What becomes of the root run; None: it stays as it is."""
    reason: str = ""
    """Why it is blocked, left or failed, or why it ended."""
    wake: float | None = None
    """Of a run that waits: when it is due by itself, a deadline or a timer; None: never."""
    written: bool = False
    """Whether it has been written, for whoever asked for it."""

    def __bool__(self) -> bool:
        parts = (self.rows, self.requests, self.closed, self.timers, self.taken, self.turns, self.outbox, self.status)
        return any(parts)


# ---------------------------------------------------------------- what is read


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to move a run on, until the lease ends or somebody else takes it over."""

    run: str
    """The id of the root run."""
    fence: int
    worker: str


class Row(NamedTuple):
    """One row, as it was read."""

    run: str
    seq: int
    key: str
    fence: int
    time: float
    body: Mapping[str, Any]
    """Parsed. Of an erased row ``{"erased": digest}``."""


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """One question, as it stands."""

    request: HumanRequest
    run: str
    root: str
    key: str
    status: RequestStatus
    asked: float
    votes: tuple[HumanReply, ...] = ()
    """Approvals so far, where more than one must agree; the last one settles it and is the `reply`."""
    reply: HumanReply | None = None
    decision_id: str = ""
    """Named by whoever decided, so that the same decision handed in twice is known."""
    decided: float | None = None
    history: tuple[Mapping[str, Any], ...] = ()
    """How its earlier levels ended: ``{"level": 0, "status": "expired", "at": ...}``."""

    @property
    def id(self) -> str:
        """The request's id."""
        return self.request.id


@dataclass(frozen=True, slots=True)
class StoredControl:
    """A control message that nobody has met yet."""

    number: int
    action: str
    text: str
    by: str
    force: bool
    at: float


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message that is to be delivered outside, as it stands."""

    id: str
    run: str
    """The root run that it belongs to."""
    request: str
    level: int
    target: str
    body: str
    status: MessageStatus
    attempts: int
    """How often its delivery was begun."""
    due: float | None
    """When it is to be tried next."""
    error: str = ""
    """Why it was not delivered the last time."""


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A process that moves runs on."""

    name: str
    agents: tuple[str, ...]
    seen: float
    """When it was there last."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run, as a list shows it."""

    id: str
    status: RunStatus
    agents: tuple[str, ...]
    """The agents that it needs, as ``name`` or ``name@version``."""
    started: float
    updated: float
    turn: int
    reason: str = ""
    worker: str = ""
    """Who holds the claim; empty: nobody, or their lease has ended."""
    fence: int = 0
    wake: float | None = None
    open_requests: int = 0


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that is needed to go on with a run."""

    info: RunInfo
    spec: Mapping[str, Any]
    rows: tuple[Row, ...]
    """Of the run and those inside it, in the order in which they were written."""
    turns: Mapping[str, int]
    """By run: the last turn that is finished."""
    requests: tuple[StoredRequest, ...]
    """Every request of the run and those inside it."""
    timers: Mapping[tuple[str, str], float]
    """By run and key: when it is due."""
    controls: tuple[StoredControl, ...]
    """Those that are not met yet, oldest first."""


@dataclass(frozen=True, slots=True)
class News:
    """What came in for a run that is being moved on."""

    requests: tuple[StoredRequest, ...]
    """Those that are not open any more, of the ids that were asked about."""
    controls: tuple[StoredControl, ...]


# ---------------------------------------------------------------- the journal


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

    def watch(self, call: Callable[[], None]) -> Callable[[], None]:
        """Call a function, in any thread, soon after anything may have changed; return what ends that.

        A call too many does no harm. One too few is made up for by whoever looks once a second.
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

    def workers(self) -> list[WorkerInfo]:
        """Return the workers that were there in the last day, the latest first."""
        ...
