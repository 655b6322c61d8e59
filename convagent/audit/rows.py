"""A row of the record: one event of one run, and the hash that ties it to the row before it.

    {"run":"...","seq":7,"key":"","fence":0,"time":1763725.5,"body":{...},"salt":"...","hash":"..."}

Each run is a chain of its own; `convagent/chain.py` says how it is made. A row is one line of JSON in ASCII.
What is hashed is its very text, so that a byte more or less shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from os import PathLike
from typing import Any, BinaryIO, cast

from ..chain import chained, digest_of, head_of
from ..errors import AuditError
from ..events import Event
from ..serde import read_body
from . import of_journal
from .lock import shared
from .of_journal import is_journal

Path = str | PathLike[str]

_FIELDS = ("run", "seq", "key", "fence", "time", "body", "salt", "hash")
_HASH = 64
BLANK = b"\n"
"""A line without a row, which may stand at the end of a log and nowhere else."""
_text = encode_basestring_ascii
_DIGEST = re.compile(r"[0-9a-f]{64}")
_END = len(',"hash":"') + _HASH + len('"}')


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as it was read."""

    run: str
    seq: int
    key: str
    """What a journal finds it by again; in a log empty."""
    fence: int
    """The right by which a journal's writer wrote it; in a log 0."""
    time: float
    body: Mapping[str, Any]
    salt: str
    hash: str
    digest: str
    """The salted hash of its body, as the body stands now."""
    head: str
    """Its text up to the body."""
    line: int = 0
    """Where it stands in its file, counted from 1."""

    @property
    def erased(self) -> bool:
        """Whether body and salt were deleted."""
        return not self.salt and set(self.body) == {"erased"}

    @property
    def event(self) -> Event | None:
        """The event that it holds; None: it was erased."""
        return None if self.erased else read_body(self.body, self.run, self.seq, self.time)

    def follows(self, before: str) -> bool:
        """Return whether it is the row that was written after the one with this hash (the first: empty)."""
        return self.hash == chained(before, self.head, self.digest)

    def __str__(self) -> str:
        return f"row {self.seq} of run {self.run} (line {self.line})"


# ---------------------------------------------------------------- reading


def row_of(line: str, number: int = 0) -> Row:
    """Read a line as a row.

    Raises:
        ValueError: it is none, or not written as the log writes one; the text says what is wrong.
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON, or only a part of it") from None
    if not isinstance(found, dict) or tuple(cast("dict[str, Any]", found)) != _FIELDS:
        raise ValueError(f"it does not have the fields {', '.join(_FIELDS)}")
    run, seq, key, fence, time, body, salt, hash = cast("dict[str, Any]", found).values()
    texts = all(isinstance(text, str) for text in (run, key, salt, hash))
    numbers = type(seq) is int and type(fence) is int and type(time) in (int, float)
    if not texts or not numbers or not isinstance(body, dict):
        raise ValueError("a field of it is of another kind than the log writes")
    head = head_of(run, seq, time, key, fence)
    tail = f',"salt":{_text(salt)},"hash":{_text(hash)}}}'
    begins = f'{head},"body":'
    if not line.startswith(begins) or not line.endswith(tail):
        raise ValueError("it is not written as the log writes a row")
    text = line[len(begins) : len(line) - len(tail)]
    inner = cast("dict[str, Any]", body)
    erased = not salt and set(inner) == {"erased"}
    if erased and not _DIGEST.fullmatch(str(inner["erased"])):
        raise ValueError("it says that it was erased, and does not have the digest that an erased row keeps")
    digest = str(inner["erased"]) if erased else digest_of(salt, text)
    return Row(run, seq, key, fence, time, inner, salt, hash, digest, head, number)


def rows_of(path: Path) -> Iterator[Row]:
    """Read the rows of a log, in the order in which they stand in it.

    Raises:
        AuditError: it cannot be read, or a line of it is no row.
    """
    if is_journal(path):
        yield from of_journal.rows_of(path)
        return
    for number, line in lines_of(path):
        try:
            yield row_of(line, number)
        except ValueError as wrong:
            raise AuditError(f"{path}: line {number} is no row: {wrong}; `convagent audit verify` says more") from None


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Read the lines of a log as they stand at this moment, numbered from 1.

    Raises:
        AuditError: it cannot be read.
    """
    if is_journal(path):
        yield from of_journal.lines_of(path)
        return
    try:
        with open(path, "rb") as file:
            with shared(file.fileno()):  # no row is half written in this moment
                size = file.seek(0, 2)
                file.seek(0)
            yield from numbered(file, size)
    except OSError as error:
        raise AuditError(f"{path}: the log cannot be read: {error.strerror or error}") from error


def numbered(file: BinaryIO, size: int | None = None) -> Iterator[tuple[int, str]]:
    """Read the lines of a file, numbered from 1, up to a size in bytes; a blank one at its end is none.

    Editors and `echo >>` leave one there.
    """
    number, left, blank = 0, size, False
    while left != 0 and (raw := file.readline(-1 if left is None else left)):
        if blank:
            yield number, ""
        number, left, blank = number + 1, None if left is None else left - len(raw), raw == BLANK
        if not blank:
            yield number, raw.decode("ascii", "backslashreplace").removesuffix("\n")


def end_of(line: bytes) -> tuple[str, str]:
    """Return run and hash of a line, reading no more of it.

    Raises:
        ValueError: it is no row.
    """
    text = line.decode("ascii").rstrip("\n")
    if not text.startswith('{"run":') or text[-_END : -_HASH - 2] != ',"hash":"' or not text.endswith('"}'):
        raise ValueError("it is no row")
    run, _ = json.JSONDecoder().raw_decode(text, len('{"run":'))
    return str(run), text[-_HASH - 2 : -2]
