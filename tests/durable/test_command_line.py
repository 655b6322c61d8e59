"""The command line over each of the databases: found, answered, moved on, verified, erased."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convagent.cli import main
from tests.commands.conftest import TEAM
from tests.commands.keep import waiting_run
from tests.durable.places import Place


def test_command_line_does_its_work_on_every_database(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one process began, the commands bring to its end, wherever it is kept."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONVAGENT_JOURNAL", place.target)
    run = waiting_run(place.target)
    capsys.readouterr()

    def said(*argv: str) -> str:
        assert main(argv) == 0
        return capsys.readouterr().out

    assert json.loads(said("inbox", "list", "--json"))["id"] == f"{run}:1"
    said("inbox", "answer", f"{run}:1", "edit", "amount=50", "--by", "ada")
    assert f"run {run}  is over" in said("worker", TEAM, "--once")
    assert Path("paid").read_text() == "50 to Bob\n"
    assert "changed by ada (command line)" in said("runs", "show", run)
    assert said("audit", "verify", place.target, "--head", said("audit", "head", place.target)).startswith("ok: ")
    assert main(["doctor"]) == (place.kind == "postgres")  # the tests' server does not write through, which is wrong
    assert "runs: 1 done" in capsys.readouterr().out
    said("runs", "forget", "ada", "--yes")
    assert '"ada"' not in said("runs", "export", run)
    assert "erased" in said("audit", "verify", place.target)
    said("runs", "delete", run, "--yes")
    assert said("runs") == "There is no run.\n"
