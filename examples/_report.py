"""Write what a review came to: a table for the terminal, and a file as JSON, Markdown or CSV."""

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

from convagent import ConfigError

KINDS = (".json", ".md", ".csv")
SHOWN = 25
"""Rows of a table on the terminal; a file holds all."""

Row = dict[str, Any]


def check(path: str | None) -> None:
    """Refuse a report that could not be written, before anybody has worked for it.

    Raises:
        ConfigError: the ending is none of `KINDS`, or the folder is not there.
    """
    if path is None:
        return
    if Path(path).suffix.lower() not in KINDS:
        raise ConfigError(f"--report {path}: expected a name that ends in {', '.join(KINDS)}")
    if not Path(path).absolute().parent.is_dir():
        raise ConfigError(f"--report {path}: there is no folder {Path(path).parent}")
    if Path(path).is_dir():
        raise ConfigError(f"--report {path}: is a folder")


def totals(rows: Sequence[Row], statuses: Sequence[str]) -> list[tuple[str, int, Decimal]]:
    """Return for each status how many there are and their sum."""
    return [
        (status, len(found), sum((row["amount"] for row in found), Decimal(0)))
        for status in statuses
        for found in [[row for row in rows if row["status"] == status]]
    ]


def write(path: str, rows: Sequence[Row], bad: Sequence[Row], sums: Sequence[tuple[str, int, Decimal]]) -> None:
    """Write the report, in the form that the name's ending says.

    Raises:
        ConfigError: it cannot be written.
    """
    make = {".json": _json, ".md": _markdown, ".csv": _csv}[Path(path).suffix.lower()]
    try:
        Path(path).write_text(make(rows, bad, sums), encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"--report {path}: {error.strerror or error}") from error


def table(rows: Sequence[Row], columns: Sequence[str]) -> str:
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


def money(amount: Decimal) -> str:
    """Return an amount as people read it."""
    return f"${amount:,.2f}"


def _cell(value: object) -> str:
    if isinstance(value, Decimal):
        return money(value)
    text = _joined(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _joined(value: object) -> str:
    return "; ".join(map(str, cast(list[object], value))) if isinstance(value, list) else str(value)


def _aligned(column: str, cell: str, width: int) -> str:
    return cell.rjust(width) if column in ("amount", "sum", "count") else cell.ljust(width)


# ---------------------------------------------------------------- files


def _json(rows: Sequence[Row], bad: Sequence[Row], sums: Sequence[tuple[str, int, Decimal]]) -> str:
    report = {
        "totals": {status: {"count": count, "sum": f"{total:.2f}"} for status, count, total in sums},
        "set_aside": list(bad),
        "transactions": list(rows),
    }
    return json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n"


def _markdown(rows: Sequence[Row], bad: Sequence[Row], sums: Sequence[tuple[str, int, Decimal]]) -> str:
    summary = [{"status": status, "count": count, "sum": total} for status, count, total in sums]
    parts = ["# Review of transactions", _md_table(summary), "## Transactions", _md_table(rows)]
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
    text = _joined(value)
    for mark in "\\|`*_<>[]":
        text = text.replace(mark, "\\" + mark)
    return text


def _csv(rows: Sequence[Row], bad: Sequence[Row], sums: Sequence[tuple[str, int, Decimal]]) -> str:
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
