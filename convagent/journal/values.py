"""What is written to a journal and read from it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ..human import HumanReply, HumanRequest
from .worker import is_gone

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
    told: str = ""
    """The key of the row of the same batch and run that holds the request, as `serde.write_body` writes the event that
    puts it; it is then not kept twice. Empty: there is none."""


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


class Standing(NamedTuple):
    """That a question is open: enough to see whether it is the one that was read before."""

    id: str
    level: int
    votes: str
    """Changes with each approval."""


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

    @property
    def deserted(self) -> bool:
        """Whether it is running and nobody moves it: its process let its lease end, or has died on this machine."""
        return self.status == "running" and (not self.worker or is_gone(self.worker))


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
