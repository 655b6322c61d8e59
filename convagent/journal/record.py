"""What is done with what a journal keeps of runs: it is verified, exported, and deleted.

Each run, and each run inside it, is a chain of hashes. A head is one short text over all chains, to be kept
elsewhere: it is `number:hash` of a seal, which lists where every chain ended that had moved since the seal
before, and is chained to that. So a row that is changed, taken out or cut off later shows against the head.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol, cast

from ..chain import chained, digest_of, written
from ..errors import ConfigError, JournalError
from ..serde import encode
from . import erasing
from .codec import escaped, unescaped
from .rows import Link, links, runs_of
from .schema import DONE, FAILED
from .tx import Tx

_SOME = 500
"""How many runs are looked up at once."""


class Database(Protocol):
    """Where the record is."""

    @property
    def url(self) -> str:
        """Where it is, as a person would write it."""
        ...

    def read(self) -> AbstractContextManager[Tx]:
        """Begin a transaction that sees everything as it stands at one moment."""
        ...

    def write(self) -> AbstractContextManager[Tx]:
        """Begin a transaction; what it did counts when the block ends."""
        ...

    def shred(self) -> None:
        """Let what was deleted be gone from the files, as far as the database can."""
        ...

    def rewrite(self) -> None:
        """Let also what stands between rows by chance be gone from the files, as far as the database can."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of verifying a journal, or a run of it."""

    rows: int
    runs: int
    """How many chains: runs, and runs inside them."""
    erased: int
    """Rows whose body was deleted; they still stand in their chains."""
    pruned: int
    """Chains that were deleted as a whole, and of which only their ends are known."""
    head: str
    """Of one run: number and hash of its last row. Of all: the last head that was given out."""
    problem: str = ""
    """The first thing that is wrong; empty: nothing is."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem

    def __str__(self) -> str:
        if self.problem:
            return f"BROKEN: {self.problem}"
        more = f", {self.erased} erased" if self.erased else ""
        more += f"; {self.pruned} runs were deleted" if self.pruned else ""
        return f"ok: {self.rows} rows of {self.runs} runs{more}{f'; head {self.head}' if self.head else ''}"


class Record:
    """The record of the runs in a database.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------ verifying

    def verify(self, run: str = "", head: str = "") -> Verdict:
        """Compute chains again, and compare them with a head that was kept elsewhere.

        Args:
            run: only this one and those inside it; empty: all, and the seals.
            head: what `head` returned earlier; of one run the head of its verdict.

        Raises:
            JournalError: there is no such run.
            ConfigError: the head is none.
        """
        number, hash = _head_of(head)
        if run:
            return self._verify_run(run, number, hash)
        with self._database.read() as tx:
            sealed = _sealed(tx)
        problem = sealed.problem
        if not problem and number and sealed.hashes.get(number) != hash:
            problem = f"head {number} is not the one that was given out: the seals were written anew, or cut off"
        count = _Count(problem=problem)
        for root in self._roots():
            if count.problem:
                break
            self._check(root, count, sealed.ends)
        for id, ends in () if count.problem else sealed.ends.items():
            if ends and self._gone(id) < max(ends):
                count.problem = f"run {id!r}, which a head covers up to row {max(ends)}, is missing"
                break
        return Verdict(count.rows, count.runs, count.erased, self._pruned(), sealed.head, count.problem)

    def _verify_run(self, run: str, number: int, hash: str) -> Verdict:
        count = _Count()
        ends = {run: {number: hash}} if number else {}
        self._check(self._root_of(run), count, ends)
        if not count.problem and any(ends.values()):
            count.problem = f"the head covers row {number} of run {run!r}, and the run ends before it"
        return Verdict(count.rows, count.runs, count.erased, 0, count.ends.get(run, ""), count.problem)

    def _check(self, root: int, count: _Count, ends: Mapping[str, dict[int, str]]) -> None:
        """Compute the chains of a run; what a head covers of them is taken out of `ends`."""
        with self._database.read() as tx:
            try:
                inner = runs_of(tx, root)
                found = links(tx, root, inner)
            except JournalError as error:
                count.problem = str(error)
                return
        count.runs += len(inner)
        for link in found:
            count.add(link)
            wanted = ends.get(link.run, {}).pop(link.seq, link.hash)
            if wanted != link.hash:
                count.problem = (
                    f"row {link.seq} of run {link.run!r} is not the one that a head covers: the run was written anew"
                )
                return

    def _roots(self) -> Iterator[int]:
        last = 0
        while True:
            with self._database.read() as tx:
                rows = tx.all("SELECT run FROM runs WHERE root IS NULL AND run > ? ORDER BY run LIMIT ?", (last, _SOME))
            if not rows:
                return
            for (last,) in rows:
                yield last

    # ------------------------------------------------------------ heads

    def head(self) -> str:
        """Return one text that covers all chains as they stand: ``number:hash``. Keep it elsewhere.

        Raises:
            JournalError: the record is not right as it stands.
        """
        found = self.verify()
        if not found.ok:
            raise JournalError(f"a head of a broken record would prove nothing: {found.problem}")
        with self._database.write() as tx:
            tx.alone("seals")
            sealed = _sealed(tx)
            rows = tx.all("SELECT id, seq, head FROM runs WHERE seq > 0 ORDER BY run")
            ends = [(unescaped(id), seq, bytes(hash).hex()) for id, seq, hash in rows]
            moved = [end for end in ends if sealed.last.get(end[0]) != end[1]]
            if not moved and sealed.head:
                return sealed.head
            at, body = tx.now(), encode(moved)
            hash = _seal_hash(sealed.hash, at, body)
            number = tx.insert("seals", "seal", {"at": at, "body": body, "hash": bytes.fromhex(hash)})
        return f"{number}:{hash}"

    def _gone(self, id: str) -> int:
        with self._database.read() as tx:
            row = tx.one("SELECT seq FROM gone WHERE id = ?", (escaped(id),))
        return row[0] if row else 0

    def _pruned(self) -> int:
        with self._database.read() as tx:
            return int(tx.one("SELECT count(*) FROM gone")[0])

    # ------------------------------------------------------------ exporting

    def export(self, run: str = "") -> Iterator[str]:
        """Return rows as lines of an audit log, which `convagent audit` reads.

        Args:
            run: only of this one and those inside it; empty: of all.

        Raises:
            JournalError: there is no such run, or what is kept of one is damaged.
        """
        for root in self._roots() if not run else [self._root_of(run)]:
            with self._database.read() as tx:
                found = links(tx, root, runs_of(tx, root))
            for link in found:
                yield written(link.head, link.text, link.salt, link.hash)

    def _root_of(self, run: str) -> int:
        with self._database.read() as tx:
            row = tx.one("SELECT coalesce(root, run) FROM runs WHERE id = ?", (escaped(run),))
        if row is None:
            raise JournalError(f"{self._database.url}: there is no run {run!r}; `convagent runs` lists them")
        return int(row[0])

    # ------------------------------------------------------------ deleting

    def forget(self, person: str) -> int:
        """Delete what is kept of a person in runs that are over, and return how many rows that concerned.

        That are the rows in which their name stands as a word: what they answered, decided, said and were asked. The
        rows stay in their chains, which still verify. So does the name go from what a run was begun with, which nobody
        can go on with or fork then, and from why it ended. What agents repeated of it, without the name, stays, and so
        do the names of runs and of steps. A file is written anew, which takes as long as it is large.

        Raises:
            ConfigError: nobody is named.
            JournalUnavailable: others are using the journal; what was deleted is, and it may be called again.
        """
        if not person.strip():
            raise ConfigError(f"forget({person!r}): expected the name of a person")
        count = 0
        for root in self._roots():
            with self._database.write() as tx:
                row = tx.one(f"SELECT id, status FROM runs WHERE run = ?{tx.lock}", (root,))
                if row is not None and row[1] in (DONE, FAILED):
                    count += erasing.forget(tx, root, unescaped(row[0]), person)
        with self._database.write() as tx:
            tx.alone("lists")
            erasing.forget_lists(tx, person)
        self._database.rewrite()
        self._database.shred()
        return count

    def delete(self, run: str) -> None:
        """Delete a run and those inside it. Where their chains ended is kept, so that it shows that they were there.

        Raises:
            JournalError: there is no such run, or somebody moves it on.
        """
        root = self._root_of(run)
        with self._database.write() as tx:
            erasing.delete(tx, root)
        self._database.shred()

    def prune(self, before: float) -> list[str]:
        """Delete the runs that are over and were changed last before a time; return their ids.

        Args:
            before: in seconds since the epoch.
        """
        pruned: list[str] = []
        for root in self._roots():
            with self._database.write() as tx:
                row = tx.one(f"SELECT id, status, updated FROM runs WHERE run = ?{tx.lock}", (root,))
                if row is not None and row[1] in (DONE, FAILED) and row[2] < before:
                    erasing.delete(tx, root)
                    pruned.append(unescaped(row[0]))
        self._database.shred()
        return pruned


@dataclass(slots=True)
class _Count:
    rows: int = 0
    runs: int = 0
    erased: int = 0
    problem: str = ""
    ends: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, link: Link) -> None:
        self.rows += 1
        self.erased += not link.salt
        self.ends[link.run] = f"{link.seq}:{link.hash}"


@dataclass(slots=True)
class _Sealed:
    """What the seals say."""

    head: str = ""
    hash: str = ""
    problem: str = ""
    hashes: dict[int, str] = field(default_factory=dict[int, str])
    ends: dict[str, dict[int, str]] = field(default_factory=dict[str, dict[int, str]])
    """By run: the rows that a seal covers, and their hashes."""
    last: dict[str, int] = field(default_factory=dict[str, int])


def _sealed(tx: Tx) -> _Sealed:
    sealed = _Sealed()
    for number, at, body, hash in tx.all("SELECT seal, at, body, hash FROM seals ORDER BY seal"):
        if _seal_hash(sealed.hash, at, body) != bytes(hash).hex():
            sealed.problem = f"seal {number} does not follow from the one before it: one was edited or deleted"
            break
        sealed.hash = bytes(hash).hex()
        sealed.hashes[number], sealed.head = sealed.hash, f"{number}:{sealed.hash}"
        for id, seq, end in cast("list[tuple[str, int, str]]", json.loads(body)):
            sealed.ends.setdefault(id, {})[seq] = end
            sealed.last[id] = seq
    return sealed


def _seal_hash(before: str, at: float, body: str) -> str:
    return chained(before, repr(float(at)), digest_of("", body))


def _head_of(head: str) -> tuple[int, str]:
    if not head:
        return 0, ""
    number, mark, hash = head.strip().partition(":")
    if not mark or not number.isdecimal() or len(hash) != 64:
        raise ConfigError(f"{head!r} is no head; expected number:hash, as `convagent audit head` prints it")
    return int(number), hash
