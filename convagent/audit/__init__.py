"""What happened, provably: the log of a run, and what can be learned from it.

    from convagent.audit import AuditLog, backtest, metrics, verify

Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import on_first_use

if TYPE_CHECKING:
    from .backtesting import backtest as backtest
    from .calibration import calibrate as calibrate
    from .erasure import erase as erase
    from .lesson import lessons as lessons
    from .lines import show as show
    from .log import AuditLog as AuditLog
    from .measures import metrics as metrics
    from .patterns import PATTERNS as PATTERNS
    from .reading import read_log as read_log
    from .verdict import head as head
    from .verdict import verify as verify

_HOMES = {
    "AuditLog": ".log",
    "PATTERNS": ".patterns",
    "backtest": ".backtesting",
    "calibrate": ".calibration",
    "erase": ".erasure",
    "head": ".verdict",
    "lessons": ".lesson",
    "metrics": ".measures",
    "read_log": ".reading",
    "show": ".lines",
    "verify": ".verdict",
}

__all__ = [*_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__, __dir__ = on_first_use(__name__, _HOMES)
