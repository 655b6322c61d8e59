"""Take what happened out of a log, and leave that it happened."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO

from ..chain import erased, written
from ..errors import AuditError
from .lock import lock, unlock
from .rows import Path, Row, numbered, row_of


def erase(path: Path, which: Callable[[Row], bool]) -> int:
    """Delete body and salt of rows, and return how many. The chains still verify, and heads still hold.

        erase("audit.jsonl", lambda row: "ada@example.org" in str(row.body))

    The file is written anew, so no run may be writing it: a log that is open finds its file gone, and ends
    its run.

    Args:
        path: the log.
        which: says of a row whether it is to be erased.

    Raises:
        AuditError: the file cannot be read or written, or a line of it is no row; it is as it was.
    """
    aside = f"{os.fspath(path)}.erasing"
    try:
        with open(path, "rb") as file:
            lock(file.fileno())
            try:
                return _replace(file, path, aside, which)
            finally:
                unlock(file.fileno())
    except FileExistsError:
        raise AuditError(f"{path}: rows cannot be erased: {aside} is there, of somebody who erases, too") from None
    except ValueError as wrong:
        raise AuditError(f"{path}: rows cannot be erased: {wrong}; see `convagent audit verify`") from None
    except OSError as error:
        raise AuditError(f"{path}: rows cannot be erased: {error.strerror or error}") from error


def _replace(file: BinaryIO, path: Path, aside: str, which: Callable[[Row], bool]) -> int:
    made = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, os.fstat(file.fileno()).st_mode & 0o777)
    try:
        count = 0
        with open(made, "w", encoding="ascii", newline="") as out:
            for number, line in numbered(file):
                row = row_of(line, number)
                take = not row.erased and which(row)
                count += take
                out.write(f"{_erased(row) if take else line}\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise
    return count


def _erased(row: Row) -> str:
    return written(row.head, erased(row.digest), "", row.hash).removesuffix("\n")
