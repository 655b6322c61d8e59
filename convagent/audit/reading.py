"""What a log says of actions and questions: the one reader behind metrics, lessons, backtest and calibration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from ..action import Action
from ..events import DecidedEvent, Event, InputReplyEvent, InputRequestEvent, RulingEvent
from ..human import Decision, HumanReply, HumanRequest
from .log import AuditLog
from .rows import Row, rows_of

Source = str | PathLike[str] | AuditLog | Iterable[Event | Row]
"""Where events come from: the path of a log or a journal, an `AuditLog`, rows, or events themselves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that counted."""

    reply: HumanReply
    at: float
    seconds: float
    """How long the question stood before it came, at the level where it was answered."""


@dataclass(slots=True)
class Question:
    """One question to people, at one level of its escalation."""

    run: str
    request: HumanRequest
    at: float
    answers: list[Answer] = field(default_factory=list[Answer])
    """Several where more than one person had to agree; none where nobody answered here."""


@dataclass(slots=True)
class Case:
    """One action as it was judged, and what became of it."""

    run: str
    action: Action
    ruling: str
    """`allow`, `deny`, `ask` or `retry`."""
    at: float
    reason: str = ""
    decision: Decision | None = None
    """What was decided where people were asked; None: nobody was, or the run ended before."""
    by: tuple[str, ...] = ()
    """Who decided; empty: time, or a grant."""
    grants: tuple[str, ...] = ()
    questions: list[Question] = field(default_factory=list[Question])
    """What people were asked about it, level by level."""

    @property
    def because(self) -> str:
        """The clauses that made it a question."""
        return "; ".join(dict.fromkeys(q.request.because for q in self.questions if q.request.because)) or self.reason

    @property
    def seconds(self) -> float:
        """How long people had the questions before them, those who answered."""
        return sum(answer.seconds for question in self.questions for answer in question.answers)


@dataclass(slots=True)
class Reading:
    """What happened, in order."""

    cases: list[Case] = field(default_factory=list[Case])
    questions: list[Question] = field(default_factory=list[Question])
    first: float = 0.0
    """When the first event was, in seconds since the epoch."""
    last: float = 0.0

    @property
    def decided(self) -> list[Case]:
        """The cases that were decided: by people, by a grant, or because time was up."""
        return [case for case in self.cases if case.decision is not None]


def read_log(source: Source) -> Reading:
    """Read actions and questions from a log or from events.

    Raises:
        AuditError: a log cannot be read.
        ConfigError: the source is none, or what it holds is no event.
    """
    fold = _Fold()
    for event in events_of(source):
        fold.add(event)
    return fold.reading


def events_of(source: Source) -> Iterator[Event]:
    """Return the events of a log, of rows or of a list, in order; what was erased is left out.

    Raises:
        AuditError: a log cannot be read.
        ConfigError: the source is none, or what it holds is no event.
    """
    path = source.path if isinstance(source, AuditLog) else source
    found: Iterable[Any] = rows_of(path) if isinstance(path, (str, PathLike)) else path
    for one in found:
        event = one.event if isinstance(one, Row) else one
        if isinstance(event, Event):
            yield event
        elif event is not None:
            from ..errors import ConfigError

            raise ConfigError(f"{event!r} is no event; expected the path of an audit log, an AuditLog, rows or events")


_Place = tuple[Any, ...]


def _place(run: str, action: Action) -> _Place:
    """Return what stays the same of an action when a person changes its arguments."""
    return (
        run, action.kind, action.agent, action.name, action.turn, action.position, action.call_id, action.attempts,
    )  # fmt: skip


class _Fold:
    def __init__(self) -> None:
        self.reading = Reading()
        self._standing: dict[tuple[str, str], Question] = {}
        self._open: dict[_Place, Case] = {}
        self._began = False

    def add(self, event: Event) -> None:
        reading = self.reading
        reading.first = min(reading.first, event.at) if self._began else event.at
        reading.last, self._began = max(reading.last, event.at), True
        match event:
            case RulingEvent():
                self._ruled(event)
            case InputRequestEvent():
                self._asked(event)
            case InputReplyEvent():
                self._answered(event)
            case DecidedEvent():
                self._decided(event)
            case _:
                pass

    def _ruled(self, event: RulingEvent) -> None:
        case = Case(event.run_id, event.action, event.ruling, event.at, event.reason)
        self.reading.cases.append(case)
        if event.ruling == "ask":
            self._open[_place(event.run_id, event.action)] = case

    def _asked(self, event: InputRequestEvent) -> None:
        request, key = event.request, (event.run_id, event.request.id)
        before = self._standing.get(key)
        if before is not None and before.request.level == request.level:
            return  # an interruption came between; it is the same question
        question = self._standing[key] = Question(event.run_id, request, event.at)
        self.reading.questions.append(question)
        if request.action is not None:
            case = self._open.get(_place(event.run_id, request.action))
            if case is None:
                case = self._case(event, request.action)
            case.questions.append(question)

    def _answered(self, event: InputReplyEvent) -> None:
        reply, question = event.reply, self._standing.get((event.run_id, event.reply.request_id))
        if question is not None and not reply.end_of_input:
            question.answers.append(Answer(reply, event.at, max(event.at - question.at, 0.0)))

    def _decided(self, event: DecidedEvent) -> None:
        case = self._open.pop(_place(event.run_id, event.action), None) or self._case(event, event.action)
        self._open.pop(_place(event.run_id, event.action), None)
        case.decision, case.by, case.grants = event.decision, event.by, event.grants

    def _case(self, event: Event, action: Action) -> Case:
        """Begin a case whose ruling was erased, or is not among the events."""
        case = self._open[_place(event.run_id, action)] = Case(event.run_id, action, "ask", event.at)
        self.reading.cases.append(case)
        return case
