"""`convagent audit` says what a log holds, and harms nobody who reads it."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from convagent import approve, reject
from convagent.audit import head
from convagent.cli import main
from convagent.testing import Fake, after, silent
from tests.audit.desk import events, keep, write_log


def _run(capsys: pytest.CaptureFixture[str], *argv: Any) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["audit", *map(str, argv)])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two chats: an approval after an escalation, and a rejection."""
    path = tmp_path / "log"
    keep(path, people=Fake(clerk=silent, manager=after("40m", approve)))
    keep(path, calls=[{"amount": 900}], people=Fake(clerk=after("2m", reject("no receipt")), manager=silent))
    return path


def test_verify_says_ok_and_returns_0(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log as it was written: one line, exit code 0, also against its head."""
    code, out, _ = _run(capsys, "verify", log, "--head", head(log))
    assert (code, out[:4]) == (0, "ok: ")


def test_verify_names_the_fault_and_returns_1(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed log: the first row that is wrong, exit code 1."""
    log.write_text(log.read_text().replace("no receipt", "no  receipt"))
    code, out, _ = _run(capsys, "verify", log)
    assert code == 1
    assert out.startswith("BROKEN: row ")
    assert "it was edited" in out


def test_head_prints_what_verify_takes(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, to be kept elsewhere, that shows later that the log was cut."""
    code, out, _ = _run(capsys, "head", log)
    assert code == 0
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:-1]))
    assert _run(capsys, "verify", log)[0] == 0
    code, out, _ = _run(capsys, "verify", log, "--head", out)
    assert code == 1
    assert "it was cut off" in out


def test_show_says_who_answered_how_and_when(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each row is a line that a person can read."""
    code, out, _ = _run(capsys, "show", log)
    assert code == 0
    assert "manager (fake, fake): approve after 40m" in out
    assert "reject 'no receipt' by clerk: bot: tool refund(" in out
    assert len(out.splitlines()) == len(log.read_text().splitlines())


def test_show_warns_below_what_was_edited(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who reads an edited log is told, whatever they filter by; one that is right has no such line."""
    assert "WARNING" not in _run(capsys, "show", log)[1]
    log.write_text(log.read_text().replace("no receipt", "no  receipt"))
    code, out, _ = _run(capsys, "show", log, "--person", "manager")
    assert code == 1
    assert out.splitlines()[-1].startswith("WARNING: this is not what was written. BROKEN: row ")


def test_show_filters_by_run_and_person(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only what one person did or was asked, or only one run."""
    _, out, _ = _run(capsys, "show", log, "--person", "manager")
    assert [line.split()[4] for line in out.splitlines()] == ["input_request", "input_reply", "decided"]
    run = log.read_text().partition('"run":"')[2][:36]
    _, out, _ = _run(capsys, "show", log, "--run", run)
    assert {line.split()[2] for line in out.splitlines()} == {run[:8]}
    assert _run(capsys, "show", log, "--run", "nobody")[1] == ""


def test_show_lets_no_terminal_be_steered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters in what people and models wrote are shown, not sent."""
    write_log(tmp_path / "log", events("run", "\x1b[2Jgone\rok\nnext", "\ud800"))
    _, out, _ = _run(capsys, "show", tmp_path / "log")
    assert "\x1b" not in out
    assert "\r" not in out
    assert len(out.splitlines()) == 2


EVIL = ["=HYPERLINK(1)", "+1", "-1+2", "@SUM(A1)", "\t=1", " =1", "\r=1", "\n=1"]


@pytest.mark.parametrize("text", EVIL)
def test_csv_holds_no_formula(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """A cell that a spreadsheet would calculate begins with an apostrophe, whichever column it is in."""
    from convagent.events import AnswerRefusedEvent, stamp

    event = AnswerRefusedEvent(request_id=text, status="late", problem=text, by=text, channel=text, agent=text)
    stamp(event, text, 1, 5.0)
    write_log(tmp_path / "log", [event])
    _, out, _ = _run(capsys, "export", tmp_path / "log", "--format", "csv")
    _, cells = csv.reader(io.StringIO(out, newline=""))
    assert [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@") and cell] == []
    assert cells[5] == f"'{text}"


def test_csv_has_a_line_a_row(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The columns say who answered, through which channel, how authenticated, and after how many seconds."""
    _, out, _ = _run(capsys, "export", log)
    found = list(csv.DictReader(io.StringIO(out)))
    assert len(found) == len(log.read_text().splitlines())
    (row,) = [r for r in found if r["type"] == "input_reply" and r["person"] == "manager"]
    assert (row["channel"], row["authenticated"], row["seconds"]) == ("fake", "fake", "2400.0")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append(tag)


def test_html_holds_no_markup_of_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What people and models wrote is text on the page, and the page may run no script."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
    write_log(tmp_path / "log", events("<b>run</b>", evil))
    _, out, _ = _run(capsys, "export", tmp_path / "log", "--format", "html")
    tags = _Tags()
    tags.feed(out)
    assert set(tags.found) == {
        "html", "head", "meta", "title", "style", "body", "h1", "p", "table", "tr", "th", "td"
    }  # fmt: skip
    assert "default-src 'none'" in out
    assert "&lt;script&gt;" in out


def test_html_says_whether_the_log_is_right(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page begins with the verdict."""
    assert '<p class="ok">ok: ' in _run(capsys, "export", log, "--format", "html")[1]
    log.write_text(log.read_text().replace("no receipt", "no  receipt"))
    assert '<p class="broken">BROKEN: row ' in _run(capsys, "export", log, "--format", "html")[1]


def test_metrics_prints_tables(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Waits per role and person, approvals per person and clause."""
    code, out, _ = _run(capsys, "metrics", log)
    assert code == 0
    assert "manager          1        1          40m       40m" in out
    assert "amount > 100        2         1  50 %" in out


@pytest.mark.parametrize("command", ["verify", "head", "show", "export", "metrics"])
def test_command_says_when_there_is_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """A file that is not there is an error of one line, exit code 1."""
    code, out, err = _run(capsys, command, tmp_path / "log")
    assert (code, out) == (1, "")
    assert err == f"convagent: {tmp_path / 'log'}: the log cannot be read: No such file or directory\n"


def test_show_says_where_a_log_is_none(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that is no row ends the reading with its number."""
    log.write_text("hello\n" + log.read_text())
    code, _, err = _run(capsys, "show", log)
    assert code == 1
    assert "line 1 is no row" in err
