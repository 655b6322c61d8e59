"""A picture as lines for a terminal: one a step, then who decided what, and what models used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .chart import agents_of
from .tables import Cells, decisions, use_by_agent
from .value import Picture, Run, Step
from .words import among, columns, cut, lasted, one_line, since

LEAST = 4
"""Columns that a column of a table keeps at least."""
_AFTER = 1.0
"""From how many seconds on a time that something took is said."""


def text(picture: Picture, width: int) -> str:
    """Return the lines, none of them wider than this."""
    return "\n".join("\n".join(_root(run, width)) for run in picture.runs)


def _root(run: Run, width: int) -> Iterator[str]:
    yield from _run(run, "", width)
    every = list(run.walk())
    decided = decisions(every)
    if decided.rows:
        yield ""
        yield from _table(Cells(decided.head[:5], [row[:5] for row in decided.rows]), width)
    uses = [use for part in every for use in part.uses]
    if uses:
        yield ""
        yield from _table(use_by_agent(uses, agents_of(uses)), width)


def _run(run: Run, indent: str, width: int) -> Iterator[str]:
    ends = f", {one_line(run.reason)}" if run.reason else ""
    yield cut(f"{indent}{among(run.agents, 5)}: {run.status}{ends}", width)
    yield cut(f"{indent}run {run.id}: {lasted(run.last - run.began)}, {len(run.steps)} steps", width)
    inside = {inner.id: inner for inner in run.runs}
    for step in run.steps:
        yield cut(f"{indent}{since(step.at - run.began):>9}  {_said(step)}", width)
        if step.inside in inside:
            yield from _run(inside[step.inside], f"{indent}  | ", width)


def _said(step: Step) -> str:
    names = " -> ".join(one_line(who.name) for who in (step.source, step.target) if who is not None)
    took = f"after {lasted(step.took)}" if step.took is not None and step.took >= _AFTER else ""
    kind = "run inside" if step.inside else "the chat ends" if step.kind == "end" and not step.head else ""
    head = " ".join(part for part in (names, kind or one_line(step.head), took) if part)
    said = one_line(step.text)
    return f"{head}: {said}" if head and said else head or said


def _table(cells: Cells, width: int) -> Iterator[str]:
    head = tuple(name for name, _ in cells.head)
    rows = [head, *(tuple(map(one_line, row)) for row in cells.rows)]
    widths = _fitted([max(columns(row[i]) for row in rows) for i in range(len(head))], width)
    for row in rows:
        yield "  ".join(_cell(row[i], widths[i], right) for i, (_, right) in enumerate(cells.head)).rstrip()


def _cell(value: str, width: int, right: bool) -> str:
    shown = cut(value, width)
    fill = " " * (width - columns(shown))
    return fill + shown if right else shown + fill


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths of columns made narrower, the widest first, until they fit."""
    found, left = list(widths), room - 2 * (len(widths) - 1)
    while sum(found) > left and max(found) > LEAST:
        found[found.index(max(found))] -= 1
    return found
