"""Whether a log is what was written: the chains are computed again, and the first row that breaks one is named.

Without a head that was kept elsewhere this shows edits by hand. It does not show a log that was written
anew as a whole, nor rows missing at the end of a run, nor a whole run gone: those show against a head.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from ..errors import ConfigError
from . import of_journal
from .of_journal import is_journal
from .rows import Path, Row, lines_of, row_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of verifying a log."""

    rows: int
    runs: int
    erased: int
    """Rows whose body was deleted; they still stand in their chains."""
    head: str
    """The digest over all chains, up to where the log is right."""
    problem: str = ""
    """The first thing that is wrong, with its row; empty: nothing is."""
    pruned: int = 0
    """Of a journal: chains that were deleted as a whole."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem

    def __str__(self) -> str:
        if self.problem:
            return f"BROKEN: {self.problem}"
        erased = f", {self.erased} erased" if self.erased else ""
        erased += f", {self.pruned} more runs deleted" if self.pruned else ""
        return f"ok: {self.rows} rows of {self.runs} runs{erased}" + (f"; head {self.head}" if self.head else "")


@dataclass(slots=True)
class _Chains:
    """The chains of a log, up to a row."""

    rows: int = 0
    erased: int = 0
    ends: dict[str, tuple[int, str]] = field(default_factory=dict[str, "tuple[int, str]"])
    """The number and the hash of each run's last row."""

    def add(self, row: Row) -> None:
        self.rows += 1
        self.erased += row.erased
        self.ends[row.run] = (row.seq, row.hash)

    @property
    def head(self) -> str:
        lines = "".join(f"{run} {seq} {found}\n" for run, (seq, found) in sorted(self.ends.items()))
        return f"{self.rows}:{sha256(lines.encode('utf-8', 'backslashreplace')).hexdigest()}"


def verify(path: Path, head: str = "") -> Verdict:
    """Verify a log, or a journal.

    Args:
        path: the file, or the address of a journal.
        head: what `head` returned at some earlier time; what was appended since does not matter.

    Raises:
        AuditError: the file cannot be read.
        ConfigError: the head is none.
    """
    if is_journal(path):
        return _of_journal(path, head)
    count = _count(head)
    chains, reached = _Chains(), not count
    problem = _head_differs(chains, head, count) if head and not count else ""
    for number, line in () if problem else lines_of(path):
        try:
            row = row_of(line, number)
        except ValueError as wrong:
            problem = f"line {number} is no row: {wrong}"
            break
        if not row.follows(chains.ends.get(row.run, (0, ""))[1]):
            problem = _broken(path, row, chains)
            break
        chains.add(row)
        if chains.rows == count:
            reached, problem = True, _head_differs(chains, head, count)
            if problem:
                break
    if not reached and not problem:
        problem = f"the head covers {count} rows, and the log has only {chains.rows}: it was cut off"
    return Verdict(chains.rows, len(chains.ends), chains.erased, chains.head, problem)


def _of_journal(path: Path, head: str) -> Verdict:
    found = of_journal.verify(path, head)
    return Verdict(found.rows, found.runs, found.erased, found.head, found.problem, found.pruned)


def head(path: Path) -> str:
    """Return one text that covers all chains of a log, ``rows:digest``, or of a journal. Keep it elsewhere.

    Raises:
        AuditError: the file cannot be read, or is not right as it stands.
    """
    from ..errors import AuditError

    if is_journal(path):
        return of_journal.head(path)
    found = verify(path)
    if not found.ok:
        raise AuditError(f"{path}: a head of a broken log would prove nothing: {found.problem}")
    return found.head


def _count(head: str) -> int:
    if not head:
        return 0
    count, mark, digest = head.strip().partition(":")
    if not mark or not count.isdecimal() or len(digest) != 64:
        raise ConfigError(f"--head {head!r} is no head; expected rows:digest, as `convagent audit head` prints it")
    return int(count)


def _head_differs(chains: _Chains, head: str, count: int) -> str:
    if chains.head == head.strip():
        return ""
    return (
        f"the first {count} rows are not those that the head covers: rows or a whole run were taken out, "
        "or the log was written anew"
    )


def _broken(path: Path, row: Row, chains: _Chains) -> str:
    """Say what was probably done, of a row that does not follow from the one before it."""
    last = chains.ends.get(row.run, (0, ""))[0]
    if row.seq <= last:
        return f"{row} stands after row {last} of its run: it was inserted, doubled or moved"
    if row.seq > last + 1:
        missing = f"row {last + 1}" if row.seq == last + 2 else f"rows {last + 1} to {row.seq - 1}"
        later = {r.seq for r in _readable(path) if r.run == row.run and r.line > row.line}
        if last + 1 in later:
            return f"{row} stands before {missing} of its run: rows were reordered"
        return (
            f"{row} follows row {last} of its run: {missing} deleted"
            if last
            else f"{row} is the first: {missing} deleted"
        )
    return f"{row} does not follow from what stands before it: it was edited"


def _readable(path: Path) -> list[Row]:
    found: list[Row] = []
    for number, line in lines_of(path):
        try:
            found.append(row_of(line, number))
        except ValueError:
            continue  # only what the others are matters here
    return found
