"""The backtest: from a log that was really written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from convagent.audit import read_log

Run = Callable[..., str]
NAME = "policy_backtest"


def test_log_is_as_the_supplied_one_when_it_is_recorded_anew(run: Run, tmp_path: Path) -> None:
    """The supplied log is what `--record` writes, but for ids and salts."""
    run(NAME, "--record", "new.jsonl")
    supplied = Path(__file__).resolve().parent.parent.parent / "examples" / "data" / "decisions.jsonl"
    new, old = ([(c.action.arguments, c.decision, c.by, c.seconds) for c in read_log(p).cases]
                for p in (tmp_path / "new.jsonl", supplied))  # fmt: skip
    assert new == old
    assert len(new) == 25  # 24 refunds, one of them changed and judged again


def test_nothing_is_missed_when_the_policy_is_the_old_one(run: Run) -> None:
    """Asked above 50, as it was decided then, nothing is missed and nothing saved."""
    out = run(NAME, "--limit", "50")
    table = out.partition("=== ask above 50\n")[2].partition("\n===")[0]
    assert "asks saved                           0  0 %" in table
    assert "rejections and changes missed        0  0 %" in table


def test_sentence_is_said_when_the_log_was_edited(run: Run, tmp_path: Path) -> None:
    """A changed row is found, and said in the first line."""
    run(NAME, "--record", "new.jsonl")
    path = tmp_path / "new.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("no receipt", "no reason"), encoding="utf-8")
    assert not run(NAME, "--log", "new.jsonl").startswith("ok")
