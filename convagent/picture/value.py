"""What a picture is made of: runs, their steps, the questions that stood, what models used. Values without a look."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

WhoKind = Literal["agent", "tool", "person"]
StepKind = Literal["message", "call", "result", "ask", "answer", "choice", "handoff", "note", "run", "end"]
Mood = Literal["", "good", "bad", "quiet"]
Status = Literal["done", "failed", "waiting", "unfinished"]


@dataclass(frozen=True, slots=True)
class Who:
    """One who takes part: an agent, a tool, or a person."""

    kind: WhoKind
    name: str


@dataclass(slots=True)
class Step:
    """One thing that happened: an arrow from one to another, or a note."""

    number: int
    """Its place in its run, from 1."""
    kind: StepKind
    at: float
    """In seconds since the epoch."""
    source: Who | None
    """Who did it; None: the run itself."""
    target: Who | None = None
    """Whom it went to; None: it is a note about the source."""
    head: str = ""
    """A word or two: the tool's name, the verb of a decision."""
    text: str = ""
    """All that was said."""
    mood: Mood = ""
    took: float | None = None
    """Seconds: how long a tool ran, or a question stood."""
    answers: int = 0
    """The number of the step that it ends: of the call, of the question."""
    facts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """What else is known of it, by name."""
    inside: str = ""
    """The id of the run that begins here."""


@dataclass(slots=True)
class Answer:
    """One answer that counted."""

    by: str
    verb: str
    """What was decided; empty: the answer was a text."""
    text: str
    seconds: float
    """How long the question stood before it."""
    channel: str
    authenticated: str


@dataclass(slots=True)
class Question:
    """One question to people, at one level of its escalation."""

    step: int
    """The number of the step that asks it."""
    what: str
    """What it is about, in a word or two."""
    agent: str
    to: tuple[str, ...]
    level: int
    at: float
    because: str = ""
    answers: list[Answer] = field(default_factory=list[Answer])
    became: Literal["open", "answered", "escalated", "withdrawn"] = "open"
    then: str = ""
    """What followed where nobody answered, in words."""
    stood: float = 0.0
    """Seconds until it was answered or went on; of an open one, until the last that is known of its run."""


def waited(questions: Iterable[Question]) -> float:
    """Return for how many seconds at least one of some questions stood."""
    total, until = 0.0, -math.inf
    for question in sorted(questions, key=lambda question: question.at):
        end = question.at + question.stood
        total += max(end - max(question.at, until), 0.0)
        until = max(until, end)
    return total


@dataclass(frozen=True, slots=True)
class Use:
    """One call of a model."""

    at: float
    agent: str
    model: str
    seconds: float
    prompt_tokens: int
    completion_tokens: int
    cost: float
    """US dollars; 0.0 where the price is unknown."""
    cached: bool = False
    error: str = ""

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(slots=True)
class Run:
    """One run, with those inside it."""

    id: str
    agents: tuple[str, ...] = ()
    """The first one began it."""
    notes: tuple[str, ...] = ()
    began: float = 0.0
    last: float = 0.0
    """When the last thing happened that is known of it."""
    status: Status = "unfinished"
    reason: str = ""
    """Why it ended."""
    summary: str = ""
    steps: list[Step] = field(default_factory=list[Step])
    questions: list[Question] = field(default_factory=list[Question])
    uses: list[Use] = field(default_factory=list[Use])
    runs: list[Run] = field(default_factory=lambda: list[Run]())
    """Those inside it, in the order in which they began."""

    def walk(self) -> Iterator[Run]:
        """Return it and all that are inside it, each before those inside it."""
        left: list[Run] = [self]
        while left:
            run = left.pop()
            yield run
            left.extend(reversed(run.runs))

    @property
    def waited(self) -> float:
        """Seconds for which questions of this run stood."""
        return waited(self.questions)


@dataclass(frozen=True, slots=True)
class Picture:
    """What happened in a run, or in several, for drawing."""

    runs: Sequence[Run]

    def to_html(self, title: str = "") -> str:
        """Return a page that needs nothing else: no script, no network.

        Args:
            title: what stands above it; empty: which run it is.
        """
        from .page import page

        return page(self, title)

    def to_mermaid(self, steps: int | None = 300) -> str:
        """Return it as a `sequenceDiagram` of Mermaid, runs inside each other in boxes.

        Args:
            steps: after how many the rest is only counted, because Mermaid draws no long text; None: never.
        """
        from .mermaid import mermaid

        return mermaid(self, steps)

    def to_text(self, width: int = 80) -> str:
        """Return it as lines for a terminal: one a step, then decisions, and what models used."""
        from .text import text

        return text(self, width)
