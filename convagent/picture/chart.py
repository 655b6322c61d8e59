"""What each agent's models used, added up over time, as inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from .value import Use
from .words import cut, lasted, money, one_line

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 14, 34
COLOURS = 6
"""So many agents have a colour of their own; the others share one."""
LONG = 6
"""A wait this many times as long as the usual one is drawn shorter, with a break."""


def chart(uses: Sequence[Use], id: str) -> str:
    """Return lines that grow with each call, one an agent: cost where prices are known, else tokens; else nothing."""
    costs = any(use.cost for use in uses)
    amount: Callable[[Use], float] = (lambda use: use.cost) if costs else (lambda use: use.tokens)
    if len(uses) < 2 or not any(map(amount, uses)):
        return ""
    ordered = sorted(uses, key=lambda use: use.at)
    axis, names = _Axis.of([use.at for use in ordered]), agents_of(uses)
    own: dict[str, list[Use]] = {name: [] for name in names}
    for use in ordered:
        own[use.agent].append(use)
    total = {name: sum(map(amount, found)) for name, found in own.items()}
    highest = max(total.values())
    spelled = money if costs else _count
    lines = "".join(
        f'<path class="grows c{i % COLOURS}" d="{_path(own[name], amount, axis, highest)}">'
        f"<title>{escape(one_line(name))}: {escape(spelled(total[name]))}</title></path>"
        for i, name in enumerate(names)
    )
    levels = [(_y(part), spelled(highest * part) if part else "0") for part in (0.0, 0.5, 1.0)]
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:g}" y2="{y:g}"/>'
        f'<text class="tick y" x="{LEFT - 8}" y="{y + 4:g}">{escape(label)}</text>'
        for y, label in levels
    )
    what = "Cost in dollars" if costs else "Tokens"
    told = "; ".join(f"{one_line(name)} {spelled(total[name])}" for name in names[:20])
    broken = " Where nothing was used for long, the time is drawn shorter." if axis.broken else ""
    return (
        f'<figure class="chart"><div class="scroll"><svg width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{what} by agent over time</title>'
        f'<desc id="{id}-d">At the end: {escape(told)}.</desc>{grid}{axis.breaks()}{lines}{axis.ends()}</svg></div>'
        f"<figcaption>{what} over time, added up: {_keys(names)}{broken}</figcaption></figure>"
    )


def agents_of(uses: Sequence[Use]) -> list[str]:
    """Return whose models were asked, those that used most first."""
    used: dict[str, tuple[float, int]] = {}
    for use in uses:
        cost, tokens = used.get(use.agent, (0.0, 0))
        used[use.agent] = (cost + use.cost, tokens + use.tokens)
    return sorted(used, key=lambda name: used[name], reverse=True)


def _keys(names: Sequence[str]) -> str:
    found = " ".join(
        f'<span class="key c{i % COLOURS}">{escape(cut(one_line(name), 30))}</span>'
        for i, name in enumerate(names[:COLOURS])
    )
    left = len(names) - COLOURS
    return found + (f" and {left} more" if left > 0 else "")


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _y(part: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part)


def _path(uses: Sequence[Use], amount: Callable[[Use], float], axis: _Axis, highest: float) -> str:
    sofar, parts = 0.0, [f"M{LEFT} {_y(0):g}"]
    for use in uses:
        sofar += amount(use)
        parts.append(f"H{axis.place(use.at):.1f}V{_y(sofar / highest):.1f}")
    return "".join([*parts, f"H{WIDTH - RIGHT}"])


@dataclass(frozen=True, slots=True)
class _Axis:
    """Where times stand. Long waits, such as those for people, are drawn shorter."""

    first: float
    span: float
    places: dict[float, float]
    broken: list[tuple[float, float]]
    """Where a wait was drawn shorter, and how long it was."""

    @classmethod
    def of(cls, times: Sequence[float]) -> _Axis:
        """Return the axis of these times, which are in order."""
        gaps = [after - before for before, after in pairwise(times)]
        usual = sorted(gaps)[len(gaps) // 2] or sum(gaps) / len(gaps)
        longest = LONG * usual or 1.0
        shown = [0.0]
        for gap in gaps:
            shown.append(shown[-1] + min(gap, longest))
        room = WIDTH - LEFT - RIGHT - 12
        at = [LEFT + 6 + room * place / (shown[-1] or 1.0) for place in shown]
        places = dict(zip(times, at, strict=True))
        broken = [((at[i] + at[i + 1]) / 2, gap) for i, gap in enumerate(gaps) if gap > longest]
        return cls(times[0], times[-1] - times[0], places, broken)

    def place(self, time: float) -> float:
        return self.places[time]

    def breaks(self) -> str:
        return "".join(
            f'<line class="break" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}">'
            f"<title>nothing for {lasted(gap)}</title></line>"
            + (f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}">{lasted(gap)}</text>' if i < 6 else "")
            for i, (x, gap) in enumerate(self.broken)
        )

    def ends(self) -> str:
        y = HEIGHT - 4
        return (
            f'<text class="tick start" x="{LEFT}" y="{y}">first call</text>'
            f'<text class="tick y" x="{WIDTH - RIGHT}" y="{y}">after {lasted(self.span)}</text>'
        )
