"""The log of a run without a journal: an observer that keeps what happened before it takes effect."""

from __future__ import annotations

import os
from collections.abc import Iterable
from threading import Lock
from types import TracebackType
from typing import Self

from ..chain import Salts, head_of, line_of
from ..errors import AuditError
from ..events import Event
from .lock import lock, unlock
from .patterns import PATTERNS, Pattern
from .redact import Redactor
from .rows import BLANK, Path, end_of


class AuditLog:
    """Appends every event of the runs that it observes to a file, one row an event, chained by hashes.

        log = AuditLog("audit.jsonl")
        user.initiate_chat(bot, message="refund 120", observers=[log])

    A row is written before anybody else is told of the event, and so before what it announces happens.
    Where it cannot be written (the disk is full, the file is gone) the run ends there and then.
    Pieces of streamed texts and other transient events are not kept.

    One log serves many runs at once, and a file several logs, in one process or in many: each run is a
    chain of its own, and writers take turns. The chain proves edits only against a head that is kept
    elsewhere (`convagent audit head`).

    Args:
        path: the file; made if it is not there, readable for its owner alone.
        fsync: whether each row is on the disk itself before the run goes on, and so survives a loss of power.
        redact: what is hidden by pattern, `PATTERNS` unless given; add yours by ``(*PATTERNS, r"...")``.
            What schemas mark as secret is always hidden.

    Raises:
        AuditError: the file cannot be written, or its rows cannot be followed.
        ConfigError: a pattern is no regular expression.
    """

    name = "audit"

    def __init__(self, path: Path, *, fsync: bool = False, redact: Iterable[Pattern] = PATTERNS) -> None:
        self.path = os.fspath(path)
        self._fsync = fsync
        self._redactor = Redactor(redact)
        self._turn = Lock()
        self._heads: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._salts = Salts()
        self._fd: int | None = None
        self._open()

    def __repr__(self) -> str:
        return f"AuditLog({self.path!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. A run that still has this log for an observer ends at its next event."""
        with self._turn:
            if self._fd is not None:
                os.close(self._fd)
            self._fd = None

    def __del__(self) -> None:
        if getattr(self, "_fd", None) is not None:
            self.close()

    def __call__(self, event: Event, /) -> None:
        """Append one event; one that it was told already is not kept twice (a log of a run and of the chats in it).

        Raises:
            AuditError: it cannot be written; nothing of it is in the file.
        """
        if event.transient:
            return
        with self._turn:
            if not event.seq or event.seq > self._told.get(event.run_id, 0):
                self._append(event)
                self._told[event.run_id] = event.seq

    # ------------------------------------------------------------ writing

    def _append(self, event: Event) -> None:
        body, head = self._redactor.body(event), head_of(event.run_id, event.seq, event.at)
        fd = self._ready()
        try:
            lock(fd)
            try:
                self._catch_up(fd)
                line, found = line_of(head, body, self._salts.fresh().hex(), self._heads.get(event.run_id, ""))
                self._write(fd, line.encode("ascii"))
            finally:
                unlock(fd)
        except OSError as error:
            raise self._failed("cannot be written", error) from error
        self._heads[event.run_id] = found

    def _write(self, fd: int, line: bytes) -> None:
        """Write a row wholly, or nothing."""
        written = 0
        try:
            while written < len(line):
                written += os.write(fd, line[written:])
            if self._fsync:
                os.fsync(fd)
        except BaseException:
            if written:
                os.ftruncate(fd, self._end)
            raise
        self._end += len(line)

    # ------------------------------------------------------------ the file

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        try:
            self._fd = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise self._failed("cannot be opened", error) from error
        self._pid, self._end, self._heads = os.getpid(), 0, {}
        try:
            lock(self._fd)
            try:
                self._catch_up(self._fd)
            finally:
                unlock(self._fd)
        except BaseException:
            self.close()
            raise

    def _ready(self) -> int:
        if self._fd is None:
            raise AuditError(f"{self.path}: the audit log is closed; give the run one that is open")
        if self._pid != os.getpid():
            # Of a fork: a file of its own, for what is locked through the parent's is not locked against it.
            os.close(self._fd)
            self._open()
        return self._fd

    def _catch_up(self, fd: int) -> None:
        """Learn what others appended since; called while nobody else writes."""
        state = os.fstat(fd)
        if state.st_size == self._end and state.st_nlink:
            return
        if not state.st_nlink:
            raise AuditError(f"{self.path}: the audit log was deleted while it was written; nothing more is kept there")
        if state.st_size < self._end:
            raise AuditError(
                f"{self.path}: the audit log was cut from {self._end} to {state.st_size} bytes while it was written; "
                "restore it, or begin another"
            )
        with open(os.dup(fd), "rb") as file:
            file.seek(self._end)
            for raw in file:
                at_end = self._end + len(raw) == state.st_size
                if not raw.endswith(b"\n") or (raw == BLANK and at_end):
                    # Its writer ended in the middle of it, before anybody was told: it never counted.
                    os.ftruncate(fd, self._end)
                    break
                self._learn(raw)
                self._end += len(raw)

    def _learn(self, raw: bytes) -> None:
        try:
            run, found = end_of(raw)
        except ValueError:
            raise AuditError(
                f"{self.path}: what stands at byte {self._end} is no row of an audit log; "
                "see `convagent audit verify`, or begin another"
            ) from None
        self._heads[run] = found

    def _failed(self, what: str, error: OSError) -> AuditError:
        if isinstance(error, AuditError):
            return error
        return AuditError(f"{self.path}: the audit log {what}: {error.strerror or error}")
