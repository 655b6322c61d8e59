"""What happened, provably: the log of a run, and what can be learned from it.

    from convagent.audit import AuditLog, backtest, metrics, verify

Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

__all__ = [
    "AuditLog",
    "PATTERNS",
    "backtest",
    "calibrate",
    "erase",
    "head",
    "lessons",
    "metrics",
    "read_log",
    "show",
    "verify",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
