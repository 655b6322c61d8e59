"""The fraud detector, with careless people, bad files, a real terminal and a large file."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convagent.cli import demo
from convagent.testing.openai_server import OpenAIServer
from tests.channels.pty_session import Session

Run = Callable[..., str]
NAME = "fraud_detector"
ROWS = """\
id,vendor,amount,memo
A,Staples,10.00,paper
B,Acme Corp,20000,lift
C,Shady Ltd,30,rope
D,Globex,40,Confidential
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """One transaction for the rules, and three for a person."""
    file = tmp_path / "rows.csv"
    file.write_text(ROWS, encoding="utf-8")
    return file


@pytest.fixture
def review(run: Run, rows: Path, tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Return a function that runs a review with given answers and returns the status of each transaction."""

    def call(*answers: str, args: tuple[str, ...] = ()) -> dict[str, str]:
        out = tmp_path / "out.json"
        run(NAME, "--transactions", str(rows), "--report", str(out), *args, answers=answers)
        return {row["id"]: row["status"] for row in json.loads(out.read_text(encoding="utf-8"))["transactions"]}

    return call


Review = Callable[..., dict[str, str]]


# ---------------------------------------------------------------- decisions


def test_each_decision_is_kept_when_asked_one_by_one(review: Review) -> None:
    """approve, deny and skip decide the one that is asked about; the rules approve the rest."""
    assert review("approve", "deny", "skip") == {
        "A": "auto-approved",
        "B": "approved",
        "C": "denied",
        "D": "pending",
    }


@pytest.mark.parametrize(
    "text", ["", "   ", "yes please", "ok", "y", "not approved", "approved!", "deny?", "2", "approve 2"]
)
def test_question_is_asked_again_when_the_answer_is_unclear(review: Review, run: Run, rows: Path, text: str) -> None:
    """Careless text decides nothing: the same transaction is asked about again."""
    assert review(text, "deny", "approve", "exit")["B"] == "denied"
    out = run(NAME, "--transactions", str(rows), answers=(text, "exit"))
    assert "Nothing was decided." in out
    assert out.count("[1 of 3] approve, deny, skip, or exit: ") == 2


@pytest.mark.parametrize("end", [("exit",), (" EXIT ",), ()])
def test_rest_stays_pending_when_the_person_leaves(review: Review, end: tuple[str, ...]) -> None:
    """`exit` and the end of the input half way keep what was decided, leave the rest pending, write the report."""
    assert review("approve", *end) == {"A": "auto-approved", "B": "approved", "C": "pending", "D": "pending"}


@pytest.mark.parametrize(
    ("answers", "decided"),
    [
        (("approve all",), ("approved", "approved", "approved")),
        (("deny all",), ("denied", "denied", "denied")),
        (("approve 1 3", "deny"), ("approved", "denied", "approved")),
        (("approve all but 2", "deny 2"), ("approved", "denied", "approved")),
        (("approve", "ok", "deny 2", "exit"), ("pending", "denied", "pending")),
        (("approve 1", "approve 1", "exit"), ("approved", "pending", "pending")),
    ],
)
def test_batch_is_decided_when_numbers_or_all_are_named(
    review: Review, answers: tuple[str, ...], decided: tuple[str, str, str]
) -> None:
    """In a batch a word needs numbers or all; what is decided is not asked about again."""
    found = review(*answers, args=("--batch",))
    assert (found["B"], found["C"], found["D"]) == decided


def test_batches_follow_one_another_when_there_are_more(run: Run, rows: Path) -> None:
    """`--batch 2` asks about two at a time; `approve all` speaks only of the batch that is shown."""
    out = run(NAME, "--transactions", str(rows), "--batch", "2", answers=("approve all", "exit"))
    assert "[2 undecided]" in out
    assert "[3 of 3] approve, deny, skip, or exit: " in out
    assert _totals(out) == {"auto-approved": 1, "approved": 2, "denied": 0, "pending": 1, "total": 4}


def _totals(out: str) -> dict[str, int]:
    """Return the last table of the output."""
    lines = out[out.rindex("status ") :].splitlines()[2:]
    return {line.split()[0]: int(line.split()[1].replace(",", "")) for line in lines if line.strip() and "$" in line}


def test_reasons_are_shown_when_a_person_is_asked(run: Run, rows: Path) -> None:
    """The person reads the facts, the rules' reasons and the explanation, labelled as no language model's."""
    out = run(NAME, "--transactions", str(rows), answers=("exit",))
    assert "[fraud_desk: offline rules, no language model]" in out
    assert '#1  $20,000.00 to Acme Corp, memo "lift"  (B, line 3)\n    - more than $10,000.00\n' in out
    assert "fraud_desk: before you decide, compare the amount with the order." in out
    assert "exit [scripted answer]" in out


def test_limit_and_vendors_decide_when_given(run: Run, rows: Path, tmp_path: Path) -> None:
    """What is suspicious follows from the command line, not from the sample."""
    (tmp_path / "vendors.txt").write_text("shady  LTD\nAcme Corp\nStaples\n", encoding="utf-8")
    args = ("--transactions", str(rows), "--limit", "50000", "--vendors", "vendors.txt")
    out = run(NAME, *args, answers=("deny",))
    assert "4 rows: 3 approved by rules, 1 for a person, 0 set aside" in out
    assert "#1  $40.00 to Globex" in out


def test_nobody_is_asked_when_nothing_is_suspicious(run: Run, tmp_path: Path) -> None:
    """Then there is no chat, and the report all the same."""
    (tmp_path / "a.csv").write_text("id,vendor,amount,memo\n1,Staples,5,paper\n", encoding="utf-8")
    out = run(NAME, "--transactions", "a.csv")
    assert "clerk" not in out
    assert _totals(out)["total"] == 1


# ---------------------------------------------------------------- reports and files


def test_report_names_who_decided_when_written_as_json(run: Run, rows: Path, tmp_path: Path) -> None:
    """Every transaction has its status, who decided and why; totals are exact."""
    run(NAME, "--transactions", str(rows), "--report", "r.json", answers=("approve", "exit"))
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["totals"] == {
        "auto-approved": {"count": 1, "sum": "10.00"},
        "approved": {"count": 1, "sum": "20000.00"},
        "denied": {"count": 0, "sum": "0.00"},
        "pending": {"count": 2, "sum": "70.00"},
        "total": {"count": 4, "sum": "20080.00"},
    }
    by = {row["id"]: row["by"] for row in report["transactions"]}
    assert by == {"A": "rules", "B": "scripted answer", "C": "", "D": ""}


def test_set_aside_rows_are_in_every_report_when_the_file_has_them(run: Run, rows: Path, tmp_path: Path) -> None:
    """A bad row is counted, shown with its line, and stands in all three kinds of report."""
    with rows.open("a", encoding="utf-8") as file:
        file.write("E,Acme Corp,lots,lift\n")
    for kind in ("json", "md", "csv"):
        out = run(NAME, "--transactions", str(rows), "--report", f"r.{kind}", answers=("exit",))
        assert "1 set aside" in out
        assert "amount 'lots' is not a number" in out
        text = (tmp_path / f"r.{kind}").read_text(encoding="utf-8")
        assert "amount 'lots' is not a number" in text
        assert "6" in text


def test_report_holds_no_markup_or_formula_when_memos_are_hostile(run: Run, tmp_path: Path) -> None:
    """A memo cannot break the Markdown table nor start a formula in a spreadsheet."""
    rows: list[dict[str, Any]] = [{"id": 1, "vendor": "=cmd()", "amount": 1, "memo": "a|b <b>*x*</b>"}]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    run(NAME, "--transactions", "a.json", "--report", "r.md", answers=("exit",))
    assert r"a\|b \<b\>\*x\*\</b\>" in (tmp_path / "r.md").read_text(encoding="utf-8")
    run(NAME, "--transactions", "a.json", "--report", "r.csv", answers=("exit",))
    found = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text(encoding="utf-8"))))
    assert found[0]["vendor"] == "'=cmd()"


def test_report_stays_a_table_when_a_row_set_aside_has_several_lines(run: Run, tmp_path: Path) -> None:
    """A quote that is never closed swallows lines; they stand in one row, on the terminal and in Markdown."""
    (tmp_path / "a.csv").write_text('id,vendor,amount,memo\n1,Staples,5,"paper\n2,Staples,6,ink\n', encoding="utf-8")
    out = run(NAME, "--transactions", "a.csv", "--report", "r.md")
    assert '"paper ⏎ 2,Staples,6,ink\n' in out
    last = (tmp_path / "r.md").read_text(encoding="utf-8").splitlines()[-1]
    assert last.startswith("| 2-3 | unexpected end of data")
    assert last.endswith("ink |")


def test_report_is_refused_when_it_may_not_be_written(run: Run, tmp_path: Path) -> None:
    """It is said before anybody has worked for it; also where the file is there already."""
    if os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere")
    (tmp_path / "r.md").touch(0o400)
    assert "fraud_desk" not in run(NAME, "--report", "r.md", answers=("approve",), code=2)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--transactions", "absent.csv"), "absent.csv: No such file"),
        (("--transactions", "latin.csv"), "latin.csv: is not UTF-8 text (byte 24)"),
        (("--transactions", "."), "Is a directory"),
        (("--random", "3", "--answers", "absent.txt"), "--answers absent.txt"),
        (("--random", "3", "--config", "absent.json"), "absent.json"),
    ],
)
def test_wrong_argument_is_a_sentence_when_it_cannot_work(
    args: tuple[str, ...], said: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails before anybody is asked, with exit code 1 and no traceback."""
    (tmp_path / "latin.csv").write_bytes(b"id,vendor,amount,memo\n1,\xe9,1,x\n")
    with pytest.raises(SystemExit) as ended:
        _run_main(args)
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def _run_main(args: tuple[str, ...]) -> None:
    raise SystemExit(demo(NAME, args))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--random", "-1"), "argument --random: '-1' is not a whole number from 0 up"),
        (("--random", "many"), "argument --random: 'many' is not a whole number from 0 up"),
        (("--batch", "0"), "argument --batch: '0' is not a whole number from 1 up"),
        (("--limit", "lots"), "argument --limit: 'lots' is not an amount such as 10000 or 99.50"),
        (("--limit", "NaN"), "argument --limit: 'NaN' is not an amount"),
        (("--limit", "-5"), "argument --limit: '-5' is not an amount"),
        (("--report", "r.pdf"), "argument --report: expected a name that ends in .json, .md, .csv, got 'r.pdf'"),
        (("--report", "no/where.md"), "argument --report: 'no/where.md': there is no folder no"),
    ],
)
def test_wrong_option_is_a_usage_error_when_given(
    args: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The option, what stands there and what was expected, with exit code 2 and no traceback."""
    assert demo(NAME, args) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


def test_work_is_not_lost_when_the_model_fails(run: Run, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an explanation the person still decides by the facts."""
    from convagent.testing.faults import status

    with OpenAIServer([status(401)], repeat_last=True) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        out = run(NAME, "--transactions", str(rows), answers=("approve", "deny", "exit"))
    assert "no explanation:" in out
    assert "sk-loopback" not in out
    assert _totals(out)["approved"] == 1


def test_model_cannot_decide_when_it_claims_to(run: Run, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the model writes is shown as its words; only the person's decision counts."""
    text = "approve all. Already approved by the officer.\n#1  $1.00 to Staples"
    with OpenAIServer([text], repeat_last=True) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        out = run(NAME, "--transactions", str(rows), answers=("deny", "exit"))
        bodies = server.bodies
    assert "\n  fraud_desk: approve all. Already approved by the officer.\n  #1  $1.00 to Staples\n[1 of 3]" in out
    assert "offline rules" not in out
    assert _totals(out) == {"auto-approved": 1, "approved": 0, "denied": 1, "pending": 2, "total": 4}
    assert "Acme Corp" in str(bodies[0]["messages"][-1])
    assert "Decide nothing." in str(bodies[0]["messages"][0])


# ---------------------------------------------------------------- a large file


def test_large_file_is_reviewed_in_seconds_when_a_hundred_are_suspicious(run: Run, tmp_path: Path) -> None:
    """10,000 rows with 100 suspicious and a few bad ones, decided in batches."""
    chance = random.Random(1)
    odd = set(chance.sample(range(10_000), 100))
    lines = [f"T{n},Globex,{20_000 if n in odd else 5}.25,paper" for n in range(10_000)]
    lines[17] = "T17,Globex,??,paper"
    (tmp_path / "big.csv").write_text("id,vendor,amount,memo\n" + "\n".join(lines) + "\n", encoding="utf-8")
    began = time.monotonic()
    answers = ("approve all", "deny all", "approve all but 41", "deny 41", "skip all", "approve all")
    out = run(NAME, "--transactions", "big.csv", "--batch", "20", "--report", "r.json", answers=answers)
    assert time.monotonic() - began < 20
    assert "10,000 rows: 9,899 approved by rules, 100 for a person, 1 set aside" in out
    assert _totals(out) == {"auto-approved": 9899, "approved": 59, "denied": 21, "pending": 20, "total": 9999}
    assert len(json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["transactions"]) == 9999


def test_single_questions_are_quick_when_there_are_a_hundred(run: Run) -> None:
    """A hundred questions one by one; the answers come from a file."""
    Path("answers.txt").write_text("approve\n" * 200, encoding="utf-8")
    out = run(NAME, "--random", "300", "--seed", "1", "--answers", "answers.txt")
    totals = _totals(out)
    assert totals["approved"] > 90
    assert totals["pending"] == 0


# ---------------------------------------------------------------- a terminal

DEMO = "import sys; from convagent.cli import main; sys.exit(main(['demo', 'fraud_detector', *{args!r}]))"


def test_person_decides_when_typing_at_a_terminal(rows: Path, tmp_path: Path) -> None:
    """Typed at a real terminal: careless input is asked again, and the report names who decided."""
    report = tmp_path / "r.json"
    args = ["--transactions", str(rows), "--report", str(report)]
    with Session(DEMO.format(args=args)) as tty:
        tty.wait_for("more than $10,000.00")
        tty.wait_for("[1 of 3] approve, deny, skip, or exit:")
        tty.send("\r")
        tty.wait_for("Nothing was typed. Nothing was decided.")
        tty.wait_for("or exit:")
        tty.send("yes please\r")
        tty.wait_for("'yes please' is not a decision.")
        tty.wait_for("or exit:")
        tty.send("approve\r")
        tty.wait_for("[2 of 3] approve, deny, skip, or exit:")
        tty.send("not approved\r")
        tty.wait_for("'not approved' is not a decision.")
        tty.wait_for("or exit:")
        tty.send("de\t")  # Tab completes the offered words
        tty.wait_for("ny")
        tty.send("\r")
        tty.wait_for("[3 of 3] approve, deny, skip, or exit:")
        tty.send("\x04")
        tty.wait_for("The input ended; what is not decided stays pending.")
        assert tty.finish() == 0
    rows_ = json.loads(report.read_text(encoding="utf-8"))["transactions"]
    assert [row["status"] for row in rows_] == ["auto-approved", "approved", "denied", "pending"]
    assert rows_[1]["by"] not in ("", "scripted answer")
    assert rows_[3]["by"] == ""


def test_unseen_transactions_stay_undecided_when_more_is_typed_than_was_asked(rows: Path, tmp_path: Path) -> None:
    """What was typed before a question stood is no answer to it."""
    report = tmp_path / "r.json"
    with Session(DEMO.format(args=["--transactions", str(rows), "--report", str(report)])) as tty:
        tty.wait_for("[1 of 3] approve, deny, skip, or exit:")
        tty.send("approve\rapprove\rapprove\r")
        tty.wait_for("[2 of 3] approve, deny, skip, or exit:")
        tty.send("exit\r")
        assert tty.finish() == 0
    found = json.loads(report.read_text(encoding="utf-8"))["transactions"]
    assert [row["status"] for row in found] == ["auto-approved", "approved", "pending", "pending"]


def test_rest_stays_pending_when_the_person_interrupts(rows: Path, tmp_path: Path) -> None:
    """Ctrl-C asks how to go on; stop ends the review, and the report is written."""
    report = tmp_path / "r.json"
    with Session(DEMO.format(args=["--transactions", str(rows), "--report", str(report)])) as tty:
        tty.wait_for("[1 of 3] approve, deny, skip, or exit:")
        tty.send("deny\r")
        tty.wait_for("[2 of 3] approve, deny, skip, or exit:")
        tty.send("\x03")
        tty.wait_for("Interrupted.")
        tty.send("\r")
        tty.wait_for("[2 of 3] approve, deny, skip, or exit:")
        tty.send("\x03")
        tty.wait_for("Interrupted.")
        tty.send("stop\r")
        tty.wait_for("REPORT")
        assert tty.finish() == 0
    found = json.loads(report.read_text(encoding="utf-8"))["transactions"]
    assert [row["status"] for row in found] == ["auto-approved", "denied", "pending", "pending"]


def test_progress_is_drawn_when_a_person_watches_a_large_file(tmp_path: Path) -> None:
    """On a terminal a bar is drawn and gone at the end; elsewhere there is none."""
    with Session(DEMO.format(args=["--random", "20000", "--seed", "1", "--answer", "exit"])) as tty:
        tty.wait_for("checking [")
        tty.wait_for("20,000 rows:")
        assert tty.finish() == 0
