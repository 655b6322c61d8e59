"""`convagent show`: a run as lines, as a page, for Mermaid."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from convagent.audit import AuditLog
from tests.commands.conftest import Command, Kept
from tests.picture.scene import approval


def test_run_of_a_journal_is_shown_in_lines(kept: Kept, command: Command) -> None:
    """What happened so far, and what is still open."""
    said = command("show", kept.run)
    assert said.code == 0
    first, second, *steps = said.out.splitlines()
    assert first == "customer and desk: waiting"
    assert second.startswith(f"run {kept.run}: ")
    assert steps[0].endswith("customer -> desk: Bob wants his money back")
    assert "desk -> clerk asks: May desk call refund?" in steps[1]
    assert any(line.startswith("refund  clerk  still open") for line in steps)
    assert max(map(len, said.out.splitlines())) <= 80


def test_run_of_a_log_is_shown_by_the_beginning_of_its_id(tmp_path: Path, command: Command) -> None:
    """There is no journal."""
    with AuditLog(tmp_path / "audit.jsonl") as log:
        run = approval(observers=[log])
        list(run.events)
    said = command("show", run.uuid[:6], "--log", log.path)
    assert "clerk time is up after 10m: it goes to manager" in said.out


def test_page_is_written_and_its_size_said(kept: Kept, command: Command) -> None:
    """To a file, or to the standard output."""
    said = command("show", kept.run, "--html", "run.html")
    assert (said.code, said.out[:10]) == (0, "run.html: ")
    page = Path("run.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "Bob wants his money back" in page
    assert command("show", kept.run, "--html", "-").out == page


def test_page_that_cannot_be_written_is_an_error(kept: Kept, command: Command) -> None:
    """In one line."""
    said = command("show", kept.run, "--html", "no/such/folder.html")
    assert said.code == 1
    assert said.err == "convagent: --html no/such/folder.html: the page cannot be written: No such file or directory\n"


def test_diagram_for_mermaid_is_printed(kept: Kept, command: Command) -> None:
    """To be pasted."""
    said = command("show", kept.run, "--mermaid")
    assert said.out.splitlines()[:2] == ["sequenceDiagram", "    participant p1 as customer"]


def test_page_is_opened_in_a_browser(kept: Kept, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that was named; without one a file that only its owner reads, whose place is said."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) is None)
    assert command("show", kept.run, "--html", "run.html", "--open").code == 0
    assert opened == [Path("run.html").resolve().as_uri()]
    said = command("show", kept.run, "--open")
    place = Path(said.out.rpartition(": ")[0])
    assert opened[1] == place.as_uri()
    assert place.stat().st_mode & 0o077 == 0
    place.unlink()


def test_run_that_is_not_there_is_suggested(kept: Kept, command: Command) -> None:
    """A few letters of an id are enough for that."""
    said = command("show", kept.run[:5])
    assert said.code == 1
    assert f"there is no run {kept.run[:5]!r}; did you mean {kept.run}?" in said.err


def test_two_places_are_refused(kept: Kept, command: Command) -> None:
    """A run is kept in one."""
    said = command("show", kept.run, "--log", "audit.jsonl", "--journal", "runs.db")
    assert (said.code, "name one place" in said.err) == (1, True)
