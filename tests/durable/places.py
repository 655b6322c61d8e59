"""Where a journal is: to open it once more, as another process would, and to look into it past our code."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol, Self

from convagent.journal import PostgresJournal, SQLiteJournal
from convagent.journal.base import Journal
from tests.durable.postgres import Server


class Place(Protocol):
    """Where a journal is."""

    kind: str
    target: str
    """What `open_journal` takes."""

    def open(self) -> Journal:
        """Open the journal; it is closed when the test ends."""
        ...

    def change(self, sql: str, *values: Any) -> None:
        """Change what stands in the tables, past our code."""
        ...

    def look(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what stands in the tables."""
        ...

    def copy(self, path: Path) -> AbstractContextManager[Place]:
        """Return a copy of what is in it at this moment, as its database's own tool makes it."""
        ...


class _Opened:
    def __init__(self) -> None:
        self._opened: list[Journal] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for journal in self._opened:
            journal.close()


class SQLitePlace(_Opened):
    """A journal in a file, which takes what is written as written without waiting for the disk."""

    kind = "sqlite"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.target = path, str(path)

    def open(self, **more: Any) -> SQLiteJournal:
        journal = SQLiteJournal(self.path, **{"synchronous": "NORMAL", **more})
        self._opened.append(journal)
        return journal

    @contextmanager
    def copy(self, path: Path) -> Generator[SQLitePlace]:
        """Return a copy of what is in it at this moment."""
        with closing(sqlite3.connect(self.path)) as here, closing(sqlite3.connect(path)) as there:
            here.backup(there)
        with SQLitePlace(path) as made:
            yield made

    def change(self, sql: str, *values: Any) -> None:
        connection = sqlite3.connect(self.path)
        with connection:
            connection.execute(sql, values)
        connection.close()

    def look(self, sql: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.path)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


class PostgresPlace(_Opened):
    """A journal in a database of its own."""

    kind = "postgres"

    def __init__(self, server: Server, target: str = "") -> None:
        super().__init__()
        self.server = server
        self.target = target or server.database()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.server.give_back(self.target)

    def open(self) -> PostgresJournal:
        journal = PostgresJournal(self.target)
        self._opened.append(journal)
        return journal

    @contextmanager
    def copy(self, path: Path) -> Generator[PostgresPlace]:
        """Return a copy of what is in it at this moment."""
        with PostgresPlace(self.server, self.server.copied(self.target)) as made:
            yield made

    def change(self, sql: str, *values: Any) -> None:
        with self._connect() as connection:
            connection.execute(sql.replace("?", "%s"), values)

    def look(self, sql: str) -> list[tuple[Any, ...]]:
        with self._connect() as connection:
            return connection.execute(sql).fetchall()

    def _connect(self) -> Any:
        import psycopg

        return psycopg.connect(self.target, options="-c search_path=convagent -c lock_timeout=20s", autocommit=True)
