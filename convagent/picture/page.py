"""A picture as one page of HTML: readable without scripts, without network, on a phone, in the dark and on paper.

Its own style is the only thing that its policy lets in, by its hash; everything that was said is text.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path

from .chart import agents_of, chart
from .sequence import LEGEND, sequence
from .tables import Cells, decisions, use_by_agent, use_by_model
from .value import Picture, Run, Step, waited
from .words import among, cut, lasted, limited, money, one_line, shown, since

FOLD = 100
"""How many steps of a run stand in one section; longer runs are folded."""
LONG = 1_200
"""A text of more characters is folded behind its beginning."""


def page(picture: Picture, title: str = "") -> str:
    """Return the page."""
    name = title or _titled(picture.runs)
    body = "".join(_root(run, f"r{i}", alone=len(picture.runs) == 1) for i, run in enumerate(picture.runs, 1))
    style, digest = _style()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{_text(name)}</title><style>{style}</style></head>\n"
        f'<body><a class="skip" href="#main">Skip to the run</a><main id="main"><h1>{_text(name)}</h1>'
        f"{body or '<p>There is no run in it.</p>'}</main>"
        "<footer>Drawn by convagent from what was told of the run. Secrets are hidden as in its audit log.</footer>"
        "</body></html>\n"
    )


@cache
def _style() -> tuple[str, str]:
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    return style, base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _titled(runs: Sequence[Run]) -> str:
    if len(runs) != 1:
        return f"{len(runs)} runs"
    return among(runs[0].agents, 3) or f"run {runs[0].id}"


def _text(value: str) -> str:
    """Return a text as it may stand in the page, between tags and in attributes."""
    return escape(shown(value))


# ---------------------------------------------------------------- a run


def _root(run: Run, id: str, *, alone: bool) -> str:
    head = "" if alone else f"<h2>{_text(_titled([run]))}</h2>"
    every = list(run.walk())
    asked = [one for part in every for one in part.questions]
    links = [("diagram", "Diagram"), ("transcript", "Transcript")]
    links += [("decisions", "Decisions")] if asked else []
    links += [("use", "Models")] if any(part.uses for part in every) else []
    links += [("inside", "Runs inside")] if run.runs else []
    nav = "".join(f'<a href="#{id}-{where}">{what}</a>' for where, what in links)
    return (
        f'<section class="root">{head}{_facts(run, every)}<nav aria-label="Parts of the run">{nav}</nav>'
        f"{_told(run, id)}{_decided(every, id)}{_used(every, id)}{_inside(run, id)}</section>"
    )


def _facts(run: Run, every: Sequence[Run]) -> str:
    uses = [use for part in every for use in part.uses]
    calls = sum(step.kind == "call" for part in every for step in part.steps)
    stood = waited(one for part in every for one in part.questions)
    numbers = [("Took", lasted(run.last - run.began)), ("Steps", f"{sum(len(part.steps) for part in every):,}")]
    numbers += [("Tool calls", f"{calls:,}")] if calls else []
    numbers += [("Waited for people", lasted(stood))] if any(part.questions for part in every) else []
    numbers += [("Tokens", f"{sum(use.tokens for use in uses):,}")] if uses else []
    numbers += [("Cost", money(sum(use.cost for use in uses)))] if any(use.cost for use in uses) else []
    tiles = "".join(f"<div><dt>{name}</dt><dd>{_text(what)}</dd></div>" for name, what in numbers)
    summary = f'<p class="summary"><b>Result</b> {_said(run.summary)}</p>' if run.summary.strip() else ""
    notes = "".join(f"<li>{_text(one_line(note))}</li>" for note in run.notes)
    return (
        f'<p class="state"><span class="status {run.status}">{run.status}</span> {_text(one_line(run.reason))}</p>'
        f'<dl class="numbers">{tiles}</dl>{summary}'
        f'<p class="quiet">Run <code>{_text(run.id)}</code>, begun {_when(run.began)}, between '
        f"{_text(among(run.agents, 20))}</p>"
        f"{f'<ul class=quiet>{notes}</ul>' if notes else ''}"
    )


def _when(at: float) -> str:
    try:
        found = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):  # of a clock of its own, far from any calendar
        return f"{at:g}"
    return f'<time datetime="{found.isoformat()}">{found:%Y-%m-%d %H:%M:%S} UTC</time>'


# ---------------------------------------------------------------- diagram and transcript


def _told(run: Run, id: str) -> str:
    parts = [run.steps[at : at + FOLD] for at in range(0, len(run.steps), FOLD)] or [[]]
    return (
        f'<h2 id="{id}-diagram">Diagram</h2>{_legend() if "-" not in id else ""}'
        f"{''.join(_folded(run, part, len(parts), _drawn(run, part, id)) for part in parts)}"
        f'<h2 id="{id}-transcript">Transcript</h2>'
        f"{''.join(_folded(run, part, len(parts), _transcript(run, part, id)) for part in parts)}"
    )


def _legend() -> str:
    items = "".join(f'<li class="{kind}"><i></i>{name}</li>' for kind, name in LEGEND.items())
    return f'<ul class="legend" aria-label="Colours">{items}</ul>'


def _folded(run: Run, part: Sequence[Step], parts: int, inner: str) -> str:
    if parts == 1 or not part:
        return inner
    first, last = part[0], part[-1]
    times = f"{since(first.at - run.began)} to {since(last.at - run.began)}"
    return (
        f"<details{' open' if first.number == 1 else ''}><summary>Steps {first.number:,} to {last.number:,} "
        f'<span class="quiet">{times}</span></summary>{inner}</details>'
    )


def _drawn(run: Run, part: Sequence[Step], id: str) -> str:
    if not part:
        return '<p class="quiet">Nothing has happened yet.</p>'
    return f'<div class="scroll" tabindex="0" role="region" aria-label="Diagram">{sequence(run, part, id)}</div>'


def _transcript(run: Run, part: Sequence[Step], id: str) -> str:
    items = "".join(_item(run, step, id) for step in part)
    return f'<ol class="transcript" start="{part[0].number if part else 1}">{items}</ol>'


def _item(run: Run, step: Step, id: str) -> str:
    facts = [*step.facts, *([("after", lasted(step.took))] if step.took is not None and step.took >= 0.0005 else [])]
    told = " · ".join(f"{name} {one_line(text)}".strip() for name, text in facts)
    below = f'<p class="facts">{_text(told)}</p>' if told else ""
    into = ""
    if step.inside:
        number = next((i for i, run in enumerate(run.runs, 1) if run.id == step.inside), 0)
        into = f' <a href="#{id}-{number}">run inside</a>' if number else ""
    return (
        f'<li id="{id}-s{step.number}" class="{step.kind} {step.mood}"><p class="by">{_by(step)}{into}'
        f'<span class="time">{since(step.at - run.began)}</span></p>{_said(step.text)}{below}</li>'
    )


def _by(step: Step) -> str:
    names = [f"<b>{_text(one_line(who.name))}</b>" for who in (step.source, step.target) if who is not None]
    head = f' <span class="head">{_text(one_line(step.head))}</span>' if step.head else ""
    kind = ' <span class="head">the chat ends</span>' if step.kind == "end" and not head else ""
    return ' <span class="to">to</span> '.join(names) + head + kind


def _said(text: str) -> str:
    """Return a text as it was said; a long one is folded behind its beginning."""
    if not text.strip():
        return ""
    whole = limited(text)
    if len(whole) <= LONG:
        return f'<span class="said">{_text(whole)}</span>'
    return (
        f'<details class="long"><summary>{_text(cut(one_line(whole), 300))}</summary>'
        f'<span class="said">{_text(whole)}</span></details>'
    )


# ---------------------------------------------------------------- decisions, models, runs inside


def _table(name: str, cells: Cells) -> str:
    head = "".join(f'<th scope="col"{_number(right)}>{column}</th>' for column, right in cells.head)
    rows = "".join(f"<tr>{''.join(_cells(cells, row))}</tr>" for row in cells.rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table><caption>{name}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(cells: Cells, row: Sequence[str]) -> Iterator[str]:
    for i, (text, (_, right)) in enumerate(zip(row, cells.head, strict=True)):
        told = _text(text[:LONG])
        yield f'<th scope="row">{told}</th>' if not i else f"<td{_number(right)}>{told}</td>"


def _number(right: bool) -> str:
    return ' class="number"' if right else ""


def _decided(every: Sequence[Run], id: str) -> str:
    cells = decisions(every)
    return (
        f'<h2 id="{id}-decisions">Decisions</h2>{_table("Who decided or answered what", cells)}' if cells.rows else ""
    )


def _used(every: Sequence[Run], id: str) -> str:
    uses = [use for run in every for use in run.uses]
    if not uses:
        return ""
    models = _table("By model", use_by_model(uses))
    agents = _table("By agent", use_by_agent(uses, agents_of(uses)))
    return f'<h2 id="{id}-use">Models</h2>{chart(uses, f"{id}-chart")}{agents}{models}'


def _inside(run: Run, id: str) -> str:
    if not run.runs:
        return ""
    parts = "".join(_nested(inner, f"{id}-{i}", len(run.runs)) for i, inner in enumerate(run.runs, 1))
    return f'<h2 id="{id}-inside">Runs inside</h2>{parts}'


def _nested(run: Run, id: str, count: int) -> str:
    took = f"{lasted(run.last - run.began)}, {len(run.steps):,} steps"
    return (
        f'<details class="nested" id="{id}"{" open" if count == 1 else ""}><summary><b>{_text(_titled([run]))}</b> '
        f'<span class="status {run.status}">{run.status}</span> <span class="quiet">{took}</span></summary>'
        f'<p class="quiet">Run <code>{_text(run.id)}</code> {_text(one_line(run.reason))}</p>'
        f"{_told(run, id)}{_inside(run, id)}</details>"
    )
