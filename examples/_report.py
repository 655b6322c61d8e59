"""Tell what a review came to: tables for the terminal, and a file as JSON, Markdown or CSV."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from _cases import STATUSES, Case, money
from _common import write
from _transactions import BadRow

KINDS = (".json", ".md", ".csv")
SHOWN = 25
"""Rows of a table on the terminal; a file holds all."""

Row = dict[str, Any]


def show(cases: Sequence[Case], bad: Sequence[BadRow], path: Path | None) -> None:
    """Write what became of every transaction where asked, and print it.

    Raises:
        ConfigError: it cannot be written.
    """
    rows = [_case_row(case) for case in cases]
    aside = [{"line": row.place, "problem": row.problem, "text": row.text} for row in bad]
    sums = _totals(cases)
    if path:  # first, for the terminal may be gone
        make = {".json": _json, ".md": _markdown, ".csv": _csv}[path.suffix.lower()]
        write(path, make(rows, aside, sums))
    print("\nREPORT\n")
    if looked_at := [row for row in rows if row["reasons"]]:
        print(_table(looked_at, ("id", "vendor", "amount", "memo", "status", "by", "reasons")) + "\n")
    if aside:
        print("Set aside, in no total:\n" + _table(aside, ("line", "problem", "text")) + "\n")
    print(_table(sums, ("status", "count", "sum")))
    if path:
        print(f"\nwritten to {path}")


def _case_row(case: Case) -> Row:
    t = case.transaction
    return {
        "line": t.line, "id": t.id, "vendor": t.vendor, "amount": t.amount, "memo": t.memo,
        "status": case.status, "by": case.by, "reasons": case.reasons,
    }  # fmt: skip


def _totals(cases: Sequence[Case]) -> list[Row]:
    """Return how many there are of each status and their sum; the last row is all of them."""
    groups = {status: [case for case in cases if case.status == status] for status in STATUSES}
    return [
        {"status": status, "count": len(group), "sum": sum((c.transaction.amount for c in group), Decimal(0))}
        for status, group in [*groups.items(), ("total", cases)]
    ]


def _table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return rows as a table of text, at most `SHOWN` of them."""
    lines = [list(columns), *([_cell(row[column]) for column in columns] for row in rows[:SHOWN])]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    text = ["  ".join(_aligned(c, line[i], widths[i]) for i, c in enumerate(columns)).rstrip() for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    if sys.stdout.isatty():  # a table whose lines wrap cannot be read
        space = shutil.get_terminal_size().columns
        text = [line if len(line) <= space else line[: space - 1] + "…" for line in text]
    if len(rows) > SHOWN:
        text.append(f"... and {len(rows) - SHOWN:,} more; --report FILE holds all")
    return "\n".join(text)


def _cell(value: object) -> str:
    if isinstance(value, Decimal):
        return money(value)
    text = f"{value:,}" if isinstance(value, int) else _one_line(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _one_line(value: object) -> str:
    """Return a value as one line: a row that was set aside may have several."""
    text = "; ".join(map(str, cast(list[object], value))) if isinstance(value, list) else str(value)
    return text.strip().replace("\r", "").replace("\n", " ⏎ ")


def _aligned(column: str, cell: str, width: int) -> str:
    return cell.rjust(width) if column in ("amount", "sum", "count") else cell.ljust(width)


# ---------------------------------------------------------------- files


def _json(rows: Sequence[Row], bad: Sequence[Row], sums: Sequence[Row]) -> str:
    report = {
        "totals": {row["status"]: {"count": row["count"], "sum": f"{row['sum']:.2f}"} for row in sums},
        "set_aside": list(bad),
        "transactions": list(rows),
    }
    return json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n"


def _markdown(rows: Sequence[Row], bad: Sequence[Row], sums: Sequence[Row]) -> str:
    parts = ["# Review of transactions", _md_table(sums), "## Transactions", _md_table(rows)]
    if bad:
        parts += ["## Set aside", _md_table(bad)]
    return "\n\n".join(parts) + "\n"


def _md_table(rows: Sequence[Row]) -> str:
    if not rows:
        return "None."
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *([_md_cell(row[c]) for c in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _md_cell(value: object) -> str:
    if isinstance(value, Decimal):
        return money(value)
    text = _one_line(value)
    for mark in "\\|`*_<>[]":
        text = text.replace(mark, "\\" + mark)
    return text


def _csv(rows: Sequence[Row], bad: Sequence[Row], sums: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("line", "id", "vendor", "amount", "memo", "status", "by", "reasons"))
    for row in rows:
        reasons = "; ".join(row["reasons"])
        cells = (row["line"], row["id"], row["vendor"], row["amount"], row["memo"], row["status"], row["by"], reasons)
        writer.writerow(map(_harmless, cells))
    for row in bad:
        writer.writerow(map(_harmless, (row["line"], "", "", "", row["text"], "set aside", "", row["problem"])))
    return out.getvalue()


def _harmless(value: object) -> str:
    """Return a cell that a spreadsheet does not take for a formula: memos are written by strangers."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
