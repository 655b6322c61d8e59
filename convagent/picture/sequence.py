"""A sequence diagram as inline SVG: lifelines, arrows, bars for what lasted, breaks for what was waited for.

Colours come from the page's style by classes; every text is escaped; nothing in it runs or loads anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from .value import Run, Step, Who
from .words import columns, cut, lasted, one_line, shown, since, wrapped

LEFT = 66
"""Room for the time."""
RIGHT = 18
LETTER = 7.0
"""How wide a letter of the labels is, about."""
LINE = 15
HEAD = 56
GAP = 60.0
"""Seconds without anything after which the diagram says so."""
REPEAT = 720
"""After how much height the names stand again, unless only few steps are left."""
FEW = 6


def sequence(run: Run, steps: Sequence[Step], prefix: str) -> str:
    """Return the diagram of some steps of a run.

    Args:
        run: whose steps they are.
        steps: those that are drawn, in order.
        prefix: what the ids of the steps in the page begin with.
    """
    return _Diagram(run, steps, prefix).svg()


def lanes_of(run: Run, steps: Sequence[Step]) -> list[Who]:
    """Return who takes part: agents in their order, each one's tools beside it, people at the end."""
    used: dict[Who, Who | None] = {}
    for step in steps:
        for who, by in ((step.source, step.target), (step.target, step.source)):
            if who is not None and who not in used:
                used[who] = by
    agents = [Who("agent", name) for name in run.agents if Who("agent", name) in used]
    agents += [who for who in used if who.kind == "agent" and who not in agents]
    found: list[Who] = []
    for agent in agents:
        found += [agent, *(who for who, by in used.items() if who.kind == "tool" and by == agent)]
    return [*found, *(who for who in used if who not in found and who.kind != "agent")]


@dataclass(slots=True)
class _Diagram:
    run: Run
    steps: Sequence[Step]
    prefix: str
    lanes: list[Who] = field(init=False)
    places: dict[Who, float] = field(init=False)
    spacing: int = field(init=False)
    rows: dict[int, float] = field(default_factory=dict[int, float])
    """Where the arrow of each step is."""
    y: float = HEAD + 18
    named: float = HEAD
    """Where the names stood last."""
    timed: str = ""
    """The time that was said last."""

    def __post_init__(self) -> None:
        self.lanes = lanes_of(self.run, self.steps) or [Who("agent", "")]
        count = len(self.lanes)
        self.spacing = 220 if count <= 3 else 180 if count <= 5 else 150 if count <= 12 else 130
        self.places = {who: LEFT + self.spacing * (i + 0.5) for i, who in enumerate(self.lanes)}

    @property
    def width(self) -> int:
        return LEFT + self.spacing * len(self.lanes) + RIGHT

    def svg(self) -> str:
        before = self.run.began if not self.steps else self.steps[0].at
        drawn: list[str] = []
        for left, step in zip(range(len(self.steps), 0, -1), self.steps, strict=True):
            drawn += self._pause(step.at - before)
            before = max(step.at, before)
            drawn += self._names_again() if left > FEW else ()
            drawn.append(self._step(step))
        height = round(self.y + HEAD)
        id = f"{self.prefix}-{self.steps[0].number if self.steps else 0}"
        lines = "".join(
            f'<line class="life {who.kind}" x1="{x:g}" x2="{x:g}" y1="{HEAD - 8}" y2="{height - HEAD + 8}"/>'
            for who, x in self.places.items()
        )
        heads = "".join(self._name(who, 8) + self._name(who, height - HEAD + 8) for who in self.lanes)
        return (
            f'<svg class="sequence" width="{self.width}" height="{height}" viewBox="0 0 {self.width} {height}" '
            f'role="img" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">Sequence diagram</title>'
            f'<desc id="{id}-d">{_text(self._described())}</desc>{lines}{self._bars()}{"".join(drawn)}{heads}</svg>'
        )

    def _described(self) -> str:
        names = ", ".join(f"{one_line(who.name)} ({who.kind})" for who in self.lanes[:12])
        return f"{len(self.steps)} steps between {names}. The transcript below says the same in words."

    # ------------------------------------------------------------ names

    def _name(self, who: Who, y: float) -> str:
        x, half = self.places[who], self.spacing / 2 - 10
        begins = bool(self.run.agents) and who == Who("agent", self.run.agents[0])
        what = "begins" if begins else who.kind
        name = cut(one_line(who.name), int(2 * half / 7.6))
        corner = {"agent": 8, "tool": 0, "person": 20}[who.kind]
        return (
            f'<g class="who {who.kind}"><title>{_text(one_line(who.name))} ({what})</title>'
            f'<rect x="{x - half:g}" y="{y:g}" width="{2 * half:g}" height="40" rx="{corner}"/>'
            f'<text class="name" x="{x:g}" y="{y + 18:g}">{_text(name)}</text>'
            f'<text class="what" x="{x:g}" y="{y + 32:g}">{what}</text></g>'
        )

    def _names_again(self) -> Iterator[str]:
        if self.y - self.named < REPEAT:
            return
        self.named, self.y = self.y, self.y + 22
        for who, x in self.places.items():
            name = cut(one_line(who.name), int(self.spacing / 7))
            yield f'<text class="again" x="{x:g}" y="{self.named + 8:g}">{_text(name)}</text>'

    # ------------------------------------------------------------ time

    def _pause(self, seconds: float) -> Iterator[str]:
        if seconds < GAP:
            return
        y, self.y = self.y + 4, self.y + 30
        yield (
            f'<g class="pause"><line x1="{LEFT}" x2="{self.width - RIGHT}" y1="{y:g}" y2="{y:g}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:g}">+{_text(lasted(seconds))}</text></g>'
        )

    def _bars(self) -> str:
        """Draw for each call and each question that ended here for how long it lasted."""
        by_number = {step.number: step for step in self.steps}
        found: list[str] = []
        for step in self.steps:
            begun = by_number.get(step.answers)
            if begun is None or begun.target is None or step.number not in self.rows:
                continue
            x, top = self.places[begun.target], self.rows[begun.number]
            height = max(self.rows[step.number] - top, 4)
            found.append(
                f'<rect class="bar {begun.target.kind}" x="{x - 5:g}" y="{top:g}" width="10" height="{height:g}"/>'
            )
        return "".join(found)

    # ------------------------------------------------------------ steps

    def _step(self, step: Step) -> str:
        drawn = self._arrow(step) if step.target is not None and step.source is not None else self._box(step)
        whole = " ".join(part for part in (one_line(step.head), one_line(step.text)) if part)
        return (
            f'<a href="#{self.prefix}-s{step.number}" tabindex="-1" class="{step.kind} {step.mood}">'
            f"<title>{_text(cut(whole, 400))}</title>{drawn}</a>"
        )

    def _time(self, step: Step, y: float) -> str:
        """Say when it was, unless the step before it was just then."""
        time, before = since(step.at - self.run.began), self.timed
        self.timed = time
        return f'<text class="time" x="{LEFT - 8}" y="{y:g}">{time}</text>' if time != before else ""

    def _arrow(self, step: Step) -> str:
        assert step.source is not None
        assert step.target is not None
        a, b = self.places[step.source], self.places[step.target]
        if a == b:
            return self._box(step)
        room = int((abs(b - a) - 22) / LETTER)
        labels = self._labels(step, room)
        self.y += LINE * len(labels) + 4
        y, self.rows[step.number] = self.y, self.y
        self.y += 22
        left, right = min(a, b), max(a, b)
        texts = self._lines(labels, (left + right) / 2, y - 6 - LINE * (len(labels) - 1))
        away = 6 if b > a else -6
        tip = f"M{b - away * 1.6:g} {y - 5:g}L{b - away * 0.2:g} {y:g}L{b - away * 1.6:g} {y + 5:g}Z"
        return (
            f'<line class="arrow" x1="{a:g}" x2="{b - away:g}" y1="{y:g}" y2="{y:g}"/><path class="tip" d="{tip}"/>'
            f"{texts}{self._time(step, y + 4)}"
        )

    def _labels(self, step: Step, room: int) -> list[tuple[str, str]]:
        """Return the lines above an arrow, each with its class: what it is, then what was said."""
        took = f"after {lasted(step.took)}" if step.took is not None and step.took >= 0.0005 else ""
        head = " · ".join(part for part in (one_line(step.head), took) if part)
        found = [("head", cut(head, room))] if head else []
        lines = 2 if head else 3
        return found + [("said", line) for line in wrapped(step.text, room, lines)]

    def _lines(self, labels: Sequence[tuple[str, str]], x: float, y: float) -> str:
        return "".join(
            f'<text class="{kind}" x="{x:g}" y="{y + LINE * i:g}">{_text(line)}</text>'
            for i, (kind, line) in enumerate(labels)
        )

    def _box(self, step: Step) -> str:
        """Draw what is said of one, or of the run."""
        alone = step.source is None
        middle = LEFT + self.spacing * len(self.lanes) / 2 if step.source is None else self.places[step.source]
        widest = self.width - LEFT - RIGHT if alone else max(self.spacing - 20, 190)
        labels = self._labels(step, int((widest - 16) / LETTER)) or [("head", step.kind)]
        if step.inside:
            labels = [("head", "run inside"), *labels[:2]]
        width = min(widest, max(columns(line) for _, line in labels) * LETTER + 26)
        left = min(max(middle - width / 2, LEFT), self.width - RIGHT - width)
        top, height = self.y, LINE * len(labels) + 12
        self.y += height + 14
        self.rows[step.number] = top + height
        texts = self._lines(labels, left + width / 2, top + LINE + 2)
        return (
            f'<rect class="box" x="{left:g}" y="{top:g}" width="{width:g}" height="{height}" rx="5"/>'
            f"{texts}{self._time(step, top + height / 2 + 4)}"
        )


def _text(text: str) -> str:
    return escape(shown(text))


LEGEND: Mapping[str, str] = {
    "message": "message",
    "call": "tool call and result",
    "ask": "question to a person",
    "answer": "decision",
    "choice": "speaker chosen, handoff",
    "note": "note",
}
"""What the colours of a diagram mean, by class."""
