"""A picture as a `sequenceDiagram` of Mermaid."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .sequence import lanes_of
from .value import Picture, Run, Step, Who
from .words import cut, lasted, one_line

SAID = 60
"""How many characters of a text stand on an arrow."""
_ARROWS = {"message": "->>", "call": "->>", "result": "-->>", "ask": "-)", "answer": "-->>", "choice": "-->>"}
_BOX = "rgba(120, 140, 160, 0.12)"


def mermaid(picture: Picture, steps: int | None) -> str:
    """Return the diagram, of so many steps at most."""
    drawing = _Drawing(picture, steps)
    return "\n".join(["sequenceDiagram", *drawing.participants(), *drawing.lines(), *drawing.left_out()]) + "\n"


class _Drawing:
    def __init__(self, picture: Picture, steps: int | None) -> None:
        self._picture = picture
        self._left = steps
        self._omitted = 0
        every = [run for root in picture.runs for run in root.walk()]
        lanes = dict.fromkeys(who for run in every for who in lanes_of(run, run.steps))
        self._names = {who: f"p{i}" for i, who in enumerate(lanes or [Who("agent", "nobody")], 1)}

    def participants(self) -> Iterator[str]:
        for who, id in self._names.items():
            what = " (tool)" if who.kind == "tool" else ""
            word = "actor" if who.kind == "person" else "participant"
            yield f"    {word} {id} as {_quoted(who.name) or '?'}{what}"

    def lines(self) -> Iterator[str]:
        for run in self._picture.runs:
            yield from self._run(run, "    ")

    def _run(self, run: Run, indent: str) -> Iterator[str]:
        inside = {inner.id: inner for inner in run.runs}
        for step in run.steps:
            if self._left == 0:
                self._omitted += 1
            else:
                self._left = None if self._left is None else self._left - 1
                yield indent + self._step(step, run)
            inner = inside.get(step.inside)
            if inner is None:
                continue
            drawn = list(self._run(inner, f"{indent}    "))
            if drawn:
                yield from (f"{indent}rect {_BOX}", *drawn, f"{indent}end")

    def _step(self, step: Step, run: Run) -> str:
        took = f"after {lasted(step.took)}" if step.took is not None and step.took >= 1 else ""
        said = "run inside: " if step.inside else "the chat ends: " if step.kind == "end" else ""
        head = " ".join(part for part in (one_line(step.head), took) if part)
        text = f"{said}{head}{': ' if head and step.text else ''}{one_line(step.text)}"
        label = _quoted(text, SAID) or step.kind
        if step.source is not None and step.target is not None:
            return f"{self._names[step.source]}{_ARROWS.get(step.kind, '->>')}{self._names[step.target]}: {label}"
        return f"Note over {self._over(step, run)}: {label}"

    def _over(self, step: Step, run: Run) -> str:
        if step.source is not None:
            return self._names[step.source]
        ids = [self._names[who] for who in lanes_of(run, run.steps)] or [next(iter(self._names.values()))]
        return ids[0] if len(ids) == 1 else f"{ids[0]},{ids[-1]}"

    def left_out(self) -> Iterator[str]:
        if self._omitted:
            yield f"    Note over p1: and {self._omitted} more steps"


def _quoted(text: str, room: int = 40) -> str:
    """Return a text in which nothing is a sign of Mermaid's or of HTML."""
    return _SIGNS.sub(lambda found: f"#{ord(found[0])};", cut(one_line(text), room))


_SIGNS = re.compile(r"(?<=wrap):|[^\w .,:!?()/=+$'…-]")
"""What is written by its number; Mermaid takes ``wrap:`` at the beginning of a text for itself."""
