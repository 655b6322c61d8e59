"""What those who operate a worker ask for beside its runs: numbers and spans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import MissingExtra
from ..journal.counting import Counts


def metrics(count: Callable[[], Counts | None]) -> Any:
    """Return a page of numbers, whose observer counts; None: prometheus_client is not installed.

    Args:
        count: what there is in the journal; None: it cannot be reached.
    """
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
