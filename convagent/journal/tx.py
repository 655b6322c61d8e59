"""One transaction in one of the databases: what the rest of the journal is written against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

SQLValue = str | bytes | int | float | None


class Tx(Protocol):
    """A transaction that has begun. Statements have `?` where a value stands."""

    url: str
    """Where the journal is, for texts of errors."""
    lock: str
    """What stands behind a SELECT whose rows nobody else is to change until the transaction ends."""
    skip: str
    """The same, leaving out rows that somebody else holds."""

    def one(self, sql: str, values: Sequence[SQLValue] = ()) -> Any:
        """Return the first row, or None."""
        ...

    def all(self, sql: str, values: Sequence[SQLValue] = ()) -> list[Any]:
        """Return every row."""
        ...

    def run(self, sql: str, values: Sequence[SQLValue] = ()) -> int:
        """Change something; return how many rows."""
        ...

    def many(self, sql: str, rows: Iterable[Sequence[SQLValue]]) -> None:
        """Add these rows; the statement ends with `VALUES` and one row of marks."""
        ...

    def insert(self, table: str, key: str, values: dict[str, SQLValue]) -> int:
        """Add a row, and return the number that the database gave it in its column `key`."""
        ...

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    def ticks(self) -> float:
        """Return the time by the clock of leases."""
        ...

    def trusted(self) -> bool:
        """Return whether deadlines may pass: the clock has not jumped."""
        ...

    def alone(self, table: str) -> None:
        """Let nobody else use a table until the transaction ends."""
        ...

    def changed(self, root: int) -> None:
        """Have whoever watches a run told, once the transaction is over."""
        ...
