"""A log for a spreadsheet, or as a page to read. Nothing in it is taken for a formula or for markup."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from html import escape
from itertools import chain

from .lines import answer_of, chosen, event_of, kind_of, said
from .rows import Path, Row
from .tables import moment
from .verdict import verify

HEAD = (
    "line", "time (UTC)", "run", "row", "type", "agent", "person", "channel", "authenticated", "seconds", "what",
    "body", "hash",
)  # fmt: skip


def as_csv(path: Path, *, run: str = "", person: str = "") -> Iterator[str]:
    """Return a log as lines of CSV; see `show` for what run and person choose.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.

    Raises:
        AuditError: the file cannot be read, or a line of it is no row.
    """
    rows = chosen(path, run=run, person=person)
    first = next(rows, None)  # before anything is printed of a log that cannot be read
    yield _csv(HEAD)
    for row in () if first is None else chain((first,), rows):
        yield _csv(tuple(map(_harmless, _cells(row))))


def as_html(path: Path, *, run: str = "", person: str = "") -> Iterator[str]:
    """Return a log as lines of a page that needs nothing else, and says whether the log verifies.

    Raises:
        AuditError: the file cannot be read, or a line of it is no row.
    """
    found = verify(path)
    yield _PAGE.format(verdict=escape(str(found)), state="ok" if found.ok else "broken")
    yield f"<tr>{''.join(f'<th>{escape(name)}</th>' for name in HEAD)}</tr>"
    for row in chosen(path, run=run, person=person):
        cells = "".join(f"<td>{escape(str(cell))}</td>" for cell in _cells(row))
        yield f'<tr class="{escape(kind_of(row))}">{cells}</tr>'
    yield "</table></body></html>"


def _cells(row: Row) -> tuple[str | float | int, ...]:
    event = event_of(row)
    by, channel, authenticated, seconds = answer_of(event)
    return (
        row.line, moment(row.time), row.run, row.seq, kind_of(row), event.agent if event is not None else "", by,
        channel, authenticated, "" if seconds is None else round(seconds, 3), said(event), _body(row), row.hash,
    )  # fmt: skip


def _body(row: Row) -> str:
    # Half of a surrogate pair is written as JSON does: in UTF-8 it cannot be.
    return json.dumps(row.body, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""How cells begin that spreadsheets calculate."""


def _harmless(cell: str | float | int) -> str | float | int:
    if not isinstance(cell, str):
        return cell
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _csv(cells: tuple[str | float | int, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)  # these are also the characters that it quotes
    return out.getvalue().removesuffix("\r\n")


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Audit log</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 2em }}
table {{ border-collapse: collapse }}
th, td {{ border: 1px solid #ccc; padding: .2em .5em; text-align: left; vertical-align: top; max-width: 40em;
  overflow-wrap: anywhere; white-space: pre-wrap }}
th {{ position: sticky; top: 0; background: #eee }}
.ok {{ color: #060 }} .broken {{ color: #b00; font-weight: bold }}
tr.decided, tr.input_reply {{ background: #f2f8ff }} tr.answer_refused, tr.error {{ background: #fff0f0 }}
</style></head><body><h1>Audit log</h1><p class="{state}">{verdict}</p><table>"""
