"""How the events of teams look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..events import HandoffEvent, MergedEvent, PassedEvent, PlanEvent, PlanProgressEvent

Spans = Iterator[tuple[str, Any]]


def _handoff(event: HandoffEvent) -> Spans:
    why = f": {event.reason}" if event.reason else ""
    by = f" (by {event.by})" if event.by else ""
    yield f"\n>>>>>>>> {event.source} hands over to {event.target}{by}{why}\n", "blue"


def _passed(event: PassedEvent) -> Spans:
    why = f": {event.reason}" if event.reason else ""
    yield f"\n>>>>>>>> {event.agent} passes{why}\n", "blue"


def _merged(event: MergedEvent) -> Spans:
    failed = f"; {', '.join(event.failed)} came to nothing" if event.failed else ""
    by = f" (by {event.by})" if event.by else ""
    yield f"\n>>>>>>>> Merged{by}: {_some(event.sources)}{failed}\n", "blue"


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:5])} and {len(names) - 5} more"


def _plan(event: PlanEvent) -> Spans:
    by = f" (by {event.by})" if event.by else ""
    yield f"\n>>>>>>>> Plan {event.number}{by}\n", "blue"
    yield f"{event.plan}\n", ""


def _progress(event: PlanProgressEvent) -> Spans:
    if event.satisfied:
        said = "the task is done"
    else:
        said = f"{event.speaker} is next" + (f"; {event.stalls} steps brought nothing" if event.stalls else "")
    yield f"\n>>>>>>>> Progress: {said}\n", "blue"


TEAMS: Mapping[type, Callable[[Any], Spans]] = {
    HandoffEvent: _handoff,
    PassedEvent: _passed,
    MergedEvent: _merged,
    PlanEvent: _plan,
    PlanProgressEvent: _progress,
}
