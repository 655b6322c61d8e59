"""How oversight goes: how long people are waited for, what they approve, and whether they read it first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..duration import spoken
from .reading import Answer, Question, Reading, Source, read_log
from .tables import median, percent, quantile, table

WORDS_PER_MINUTE = 400
"""Faster than nearly anybody reads what they have not seen before."""
LONG = 25
"""From how many words on a preview is long."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long some questions were waited for."""

    who: str
    questions: int
    answers: int
    median: float | None
    """Seconds; None: nobody answered."""
    p90: float | None


@dataclass(frozen=True, slots=True)
class Approval:
    """How often somebody approved, or what a clause asked was approved."""

    what: str
    decided: int
    approved: int

    @property
    def rate(self) -> float:
        """The share that was approved, from 0 to 1."""
        return self.approved / self.decided


@dataclass(frozen=True, slots=True)
class RubberStamp:
    """How often somebody approved a long preview before they can have read it."""

    person: str
    long: int
    """Approvals of long previews."""
    fast: int
    """Those that were given faster than the preview could be read."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What `metrics` found. As a text: tables."""

    questions: int
    unanswered: int
    hours: float
    """From the first event to the last."""
    waits_by_role: tuple[Wait, ...]
    waits_by_person: tuple[Wait, ...]
    approvals_by_person: tuple[Approval, ...]
    approvals_by_clause: tuple[Approval, ...]
    stamps: tuple[RubberStamp, ...]

    @property
    def asks_per_hour(self) -> float | None:
        """None: the log covers no time."""
        return self.questions / self.hours if self.hours else None

    def __str__(self) -> str:
        rate = "" if self.asks_per_hour is None else f", {self.asks_per_hour:.1f} an hour"
        parts = [f"{self.questions} questions{rate}; {self.unanswered} unanswered where they stood"]
        for head, waits in (("asked", self.waits_by_role), ("person", self.waits_by_person)):
            rows = [(w.who, w.questions, w.answers, _length(w.median), _length(w.p90)) for w in waits]
            parts.append(table((head, "questions", "answers", "median wait", "p90 wait"), rows)) if rows else None
        for head, found in (("person", self.approvals_by_person), ("clause", self.approvals_by_clause)):
            rows = [(a.what, a.decided, a.approved, percent(a.approved, a.decided)) for a in found]
            parts.append(table((head, "decided", "approved", "rate"), rows)) if rows else None
        rows = [(s.person, s.long, s.fast, percent(s.fast, s.long)) for s in self.stamps]
        parts.append(table(("person", "long previews approved", "faster than read", "share"), rows)) if rows else None
        return "\n\n".join(parts)


def metrics(source: Source, *, words_per_minute: float = WORDS_PER_MINUTE, long: int = LONG) -> Metrics:
    """Measure the oversight in a log.

    A role is whom a question was for; anybody is `anybody`. A vote of several counts as an answer of its own.

    Args:
        source: the path of a log, an `AuditLog`, or events.
        words_per_minute: how fast a person can read at most.
        long: from how many words on a preview is long.

    Raises:
        AuditError: a log cannot be read.
    """
    reading = read_log(source)
    questions = reading.questions
    return Metrics(
        questions=len(questions),
        unanswered=sum(not q.answers for q in questions),
        hours=(reading.last - reading.first) / 3600,
        waits_by_role=_waits((" or ".join(q.request.to) or "anybody", q, q.answers) for q in questions),
        waits_by_person=_waits((_person(a), q, [a]) for q in questions for a in q.answers),
        approvals_by_person=_approvals(
            (_person(a), _approves(a)) for q in questions if q.request.decisions for a in q.answers
        ),
        approvals_by_clause=_clauses(reading),
        stamps=_stamps(questions, words_per_minute, long),
    )


def _person(answer: Answer) -> str:
    return answer.reply.by or "(nobody named)"


def _approves(answer: Answer) -> bool:
    return answer.reply.decision is not None and answer.reply.decision.verb == "approve"


def _waits(found: Iterable[tuple[str, Question, list[Answer]]]) -> tuple[Wait, ...]:
    grouped: dict[str, list[list[float]]] = {}
    for who, _, answers in found:
        grouped.setdefault(who, []).append([a.seconds for a in answers])
    waits: list[Wait] = []
    for who, lists in sorted(grouped.items()):
        times = [seconds for one in lists for seconds in one]
        waits.append(Wait(who, len(lists), len(times), median(times), quantile(times, 0.9)))
    return tuple(waits)


def _approvals(found: Iterable[tuple[str, bool]]) -> tuple[Approval, ...]:
    counts: dict[str, list[int]] = {}
    for what, approved in found:
        count = counts.setdefault(what, [0, 0])
        count[0] += 1
        count[1] += approved
    return tuple(Approval(what, *count) for what, count in sorted(counts.items()))


def _clauses(reading: Reading) -> tuple[Approval, ...]:
    """Count per clause what people decided; what time or a grant decided is no opinion on a clause.

    What an edit made of an action is no second case where its editor's answer counted for it.
    """
    return _approvals(
        (case.because or "(always asked)", case.decision.verb == "approve")
        for case in reading.decided
        if case.by and case.questions and case.decision is not None
    )


def _stamps(questions: list[Question], words_per_minute: float, long: int) -> tuple[RubberStamp, ...]:
    counts: dict[str, list[int]] = {}
    for question in questions:
        words = len(question.request.preview.split())
        for answer in question.answers if words >= long else ():
            if _approves(answer):
                count = counts.setdefault(_person(answer), [0, 0])
                count[0] += 1
                count[1] += answer.seconds < words / words_per_minute * 60
    return tuple(RubberStamp(person, *count) for person, count in sorted(counts.items()))


def _length(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return spoken(round(seconds, 1) if seconds < 60 else seconds)
