"""Where runs are kept so that they outlive their process, and how people answer them.

    from convagent.journal import Inbox, SQLiteJournal, open_journal

Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import Batch as Batch
    from .base import Claim as Claim
    from .base import Journal as Journal
    from .base import Loaded as Loaded
    from .base import NewRequest as NewRequest
    from .base import NewRow as NewRow
    from .base import News as News
    from .base import Row as Row
    from .base import RunInfo as RunInfo
    from .base import Standing as Standing
    from .base import StoredControl as StoredControl
    from .base import StoredRequest as StoredRequest
    from .inbox import Inbox as Inbox
    from .opening import open_journal as open_journal
    from .postgres import PostgresJournal as PostgresJournal
    from .sqlite import SQLiteJournal as SQLiteJournal

_HOMES = {
    "Batch": ".base",
    "Claim": ".base",
    "Inbox": ".inbox",
    "Journal": ".base",
    "Loaded": ".base",
    "NewRequest": ".base",
    "NewRow": ".base",
    "News": ".base",
    "PostgresJournal": ".postgres",
    "Row": ".base",
    "RunInfo": ".base",
    "SQLiteJournal": ".sqlite",
    "Standing": ".base",
    "StoredControl": ".base",
    "StoredRequest": ".base",
    "open_journal": ".opening",
}

__all__ = [
    "Batch",
    "Claim",
    "Inbox",
    "Journal",
    "Loaded",
    "NewRequest",
    "NewRow",
    "News",
    "PostgresJournal",
    "Row",
    "RunInfo",
    "SQLiteJournal",
    "Standing",
    "StoredControl",
    "StoredRequest",
    "open_journal",
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
