"""What those who operate a worker ask for beside its runs: numbers and spans."""

from __future__ import annotations

from typing import Any

from ..errors import JournalError, MissingExtra
from ..journal.base import Journal
from ..journal.counting import Counts


def metrics(journal: Journal) -> Any:
    """Return a page of numbers, whose observer counts; None: prometheus_client is not installed."""

    def count() -> Counts | None:
        try:
            return journal.counts()
        except JournalError:
            return None

    try:
        from ..observers.metrics import Page
    except MissingExtra:
        return None
    return Page(count)


def telemetry() -> Any:
    """Return an observer that makes spans; they go where the application sends its own, else where variables say.

    Raises:
        MissingExtra: OpenTelemetry is not installed.
    """
    from ..observers.otel import Telemetry, send_by_variables

    send_by_variables()
    return Telemetry()
