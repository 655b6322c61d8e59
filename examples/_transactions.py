"""Read transactions from CSV, JSON or JSON Lines, row by row: a row is right, or set aside with its line and fault."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, cast

from convagent import ConfigError

COLUMNS = ("id", "vendor", "amount", "memo")
KNOWN_VENDORS = ("Staples", "Acme Corp", "Initech", "Globex")

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment."""

    id: str
    vendor: str
    amount: Decimal
    memo: str
    line: int
    """Where it begins in its file; 0 if it has none."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read as a transaction."""

    lines: tuple[int, int]
    """The first and the last line that it takes."""
    problem: str
    text: str

    @property
    def place(self) -> str:
        """Its lines, as a person writes them: 7 or 7-9."""
        first, last = self.lines
        return str(first) if first == last else f"{first}-{last}"


class _Fault(ValueError):
    """What is wrong with a row."""


@dataclass(frozen=True, slots=True)
class _Unread:
    """A row of which a reader could make no fields, and why."""

    problem: str
    text: str


def read(text: str, name: str) -> Iterator[Transaction | BadRow]:
    """Give every row of a file's text, in order; nothing is left out.

    Raises:
        ConfigError: it is no such file as a whole: another ending, no header, no list.
    """
    kind = Path(name).suffix.lower()
    readers = {".csv": _csv_rows, ".json": _json_rows, ".jsonl": _json_lines}
    if kind not in readers:
        raise ConfigError(f"{name}: ends in {kind or 'nothing'}; expected .csv, .json (a list) or .jsonl (one a line)")
    seen: dict[str, int] = {}
    for lines, fields in readers[kind](text, name):
        try:
            yield _checked(fields, lines[0], seen)
        except _Fault as fault:
            yield BadRow(lines, str(fault), fields.text if isinstance(fields, _Unread) else _shown(fields))


def text_of(name: str) -> str:
    """Return the text of a file.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        with open(name, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except OSError as error:
        raise ConfigError(f"{name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from error


def random_transactions(count: int, seed: int | None) -> Iterator[Transaction]:
    """Give transactions made up for trying out; the same for the same seed."""
    chance = Random(seed)
    vendors = (*KNOWN_VENDORS * 3, "CyberSins Ltd", "Unicorn LLC")
    memos = (*("Quarterly supplies", "Routine payment", "Travel reimbursement") * 3, "Confidential", "Urgent request")
    for number in range(1, count + 1):
        amount = chance.choice((500, 1500, 4000, 9999, 4000, 1500, 12000, 23000))
        yield Transaction(f"R{number}", chance.choice(vendors), Decimal(amount), chance.choice(memos), 0)


# ---------------------------------------------------------------- one row


def _checked(fields: Any, line: int, seen: dict[str, int]) -> Transaction:
    if isinstance(fields, _Unread):
        raise _Fault(fields.problem)
    if not isinstance(fields, Mapping):
        raise _Fault(f"is not an object with {', '.join(COLUMNS)}")
    found = cast(Mapping[str, object], fields)
    missing = [name for name in COLUMNS if found.get(name) is None]
    if missing:
        raise _Fault(f"has no {' and no '.join(missing)}")
    texts = {name: _text(name, found[name]) for name in COLUMNS}
    for name in ("id", "vendor"):
        if not texts[name]:
            raise _Fault(f"{name} is empty")
    # Not Decimal's own grammar: it takes NaN, 1e9, underscores and the digits of other scripts.
    if not _AMOUNT.fullmatch(texts["amount"]):
        raise _Fault(f"amount {texts['amount']!r} is not a number such as 1200.50")
    amount = Decimal(texts["amount"])
    if not amount:
        raise _Fault("amount is 0")
    before = seen.setdefault(texts["id"], line)
    if before != line:
        raise _Fault(f"id {texts['id']!r} stands in line {before} already")
    return Transaction(texts["id"], texts["vendor"], amount, texts["memo"], line)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _Fault(f"{name} is {json.dumps(value)[:40]}, not a text")
    if "\n" in value or "\r" in value:
        # One forgotten quote makes a single field of all rows up to the next one.
        raise _Fault(f"{name} goes over several lines; is a quotation mark missing?")
    text = " ".join(value.split())
    if not text.isprintable():
        # They could move the cursor, or turn the order of what the person is to judge.
        raise _Fault(f"{name} holds control characters")
    return text


def _shown(fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False, default=repr)


# ---------------------------------------------------------------- three kinds of file

Rows = Iterator[tuple[tuple[int, int], Any]]


def _csv_rows(text: str, name: str) -> Rows:
    all_lines = re.findall(r"[^\n]*\n|[^\n]+", text)  # not splitlines(): it breaks lines in the middle of odd texts
    reader = csv.reader(all_lines, strict=True)
    try:
        header = [column.strip().lower() for column in next(reader, list[str]())]
    except csv.Error as error:
        raise ConfigError(f"{name}, line 1: {error}") from error
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        found = ", ".join(header) or "nothing"
        raise ConfigError(f"{name}, line 1: no column {missing[0]!r}; expected {','.join(COLUMNS)}, found {found}")
    twice = [column for column in COLUMNS if header.count(column) > 1]
    if twice:
        raise ConfigError(f"{name}, line 1: the column {twice[0]!r} stands there twice")
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            there = "".join(all_lines[first - 1 : reader.line_num])
            yield (first, reader.line_num), _Unread(f"{error}; is a quotation mark missing or too many?", there)
            continue
        lines = (first, reader.line_num)
        if cells is None:
            return
        if not cells:  # an empty line
            continue
        if len(cells) != len(header):
            yield lines, _Unread(f"has {len(cells)} fields, the header {len(header)}", ",".join(cells))
        else:
            yield lines, dict(zip(header, cells, strict=True))


def _json_rows(text: str, name: str) -> Rows:
    at, line = 0, 1

    def skip(characters: str) -> str:
        """Move over white space and one of the characters; return it, or nothing."""
        nonlocal at, line
        while at < len(text) and text[at] in " \t\r\n":
            line += text[at] == "\n"
            at += 1
        if at < len(text) and text[at] in characters:
            at += 1
            return text[at - 1]
        return ""

    if not skip("["):
        raise ConfigError(f"{name}, line {line}: expected a list, [{{...}}, ...]")
    mark = skip("]")
    while mark != "]":
        skip("")
        first = line
        try:
            value, end = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            why = f"{error.msg}; the list is not JSON, nothing was read"
            raise ConfigError(f"{name}, line {error.lineno}: {why}") from error
        except RecursionError as error:
            raise ConfigError(f"{name}, line {line}: an entry is nested too deeply") from error
        line += text.count("\n", at, end)
        at = end
        yield (first, line), value
        mark = skip(",]")
        if not mark:
            raise ConfigError(f"{name}, line {line}: expected , or ] after an entry; the list is not JSON")
    skip("")
    if at < len(text):
        raise ConfigError(f"{name}, line {line}: something follows the end of the list")


def _json_lines(text: str, name: str) -> Rows:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield (number, number), _DECODER.decode(line)
        except json.JSONDecodeError as error:
            yield (number, number), _Unread(f"is not JSON: {error.msg}", line)
        except RecursionError:
            yield (number, number), _Unread("is nested too deeply", line)


def _object(pairs: list[tuple[str, Any]]) -> Any:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    return _Unread(f"names {twice!r} twice", repr(pairs))


# Numbers stay text: money that went through a float is not the money of the file.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)
