"""The tables of a picture: who decided what, and what models used. The page and the terminal show the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .value import Question, Run, Use
from .words import lasted, money


@dataclass(frozen=True, slots=True)
class Cells:
    """A table."""

    head: tuple[tuple[str, bool], ...]
    """Its columns, each with whether it is numbers."""
    rows: list[tuple[str, ...]]


_DECISIONS = (
    ("About", False), ("Who", False), ("Decided", False), ("Waited", True), ("On", False), ("Level", True),
    ("Why asked", False),
)  # fmt: skip


def decisions(runs: Sequence[Run]) -> Cells:
    """Return every answer of people, and every question that nobody answered."""
    return Cells(_DECISIONS, [row for run in runs for question in run.questions for row in _answers(question)])


def _answers(question: Question) -> Iterator[tuple[str, ...]]:
    level, why = str(question.level + 1), question.because
    for one in question.answers:
        said = ": ".join(part for part in (one.verb, one.text) if part)
        way = f"{one.channel} ({one.authenticated})" if one.authenticated else one.channel
        yield question.what, one.by, said, lasted(one.seconds), way, level, why
    if question.became != "answered":
        to = " or ".join(question.to) or "anybody"
        became = {"open": "still open", "escalated": "no answer"}.get(question.became, "withdrawn")
        said = ": ".join(part for part in (became, question.then) if part)
        yield question.what, to, said, lasted(question.stood), "", level, why


def use_by_agent(uses: Sequence[Use], names: Sequence[str]) -> Cells:
    """Return what the models of each agent used."""
    return _use("Agent", uses, names, lambda use: use.agent)


def use_by_model(uses: Sequence[Use]) -> Cells:
    """Return what each model used."""
    return _use("Model", uses, list(dict.fromkeys(use.model for use in uses)), lambda use: use.model)


def _use(first: str, uses: Sequence[Use], names: Sequence[str], key: Callable[[Use], str]) -> Cells:
    columns = ("Calls", "Cached", "Failed", "Time", "Tokens in", "Tokens out", "Cost")
    by_name: dict[str, list[Use]] = {name: [] for name in names}
    for use in uses:
        by_name[key(use)].append(use)
    rows = [_summed(name, found) for name, found in by_name.items()]
    if len(rows) > 1:
        rows.append(_summed("All", uses))
    return Cells(((first, False), *((name, True) for name in columns)), rows)


def _summed(name: str, uses: Sequence[Use]) -> tuple[str, ...]:
    cached, failed = sum(use.cached for use in uses), sum(bool(use.error) for use in uses)
    return (
        name, f"{len(uses):,}", f"{cached:,}" if cached else "-", f"{failed:,}" if failed else "-",
        lasted(sum(use.seconds for use in uses)), f"{sum(use.prompt_tokens for use in uses):,}",
        f"{sum(use.completion_tokens for use in uses):,}", money(sum(use.cost for use in uses)),
    )  # fmt: skip
