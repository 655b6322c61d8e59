"""Whoever changes a log is found out: verify names the first row that breaks its chain."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convagent import approve
from convagent.audit import erase, head, read_log, verify
from convagent.chain import head_of, line_of
from convagent.errors import AuditError, ConfigError
from convagent.testing import Fake
from tests.audit.desk import events, keep, rows, write_log

Lines = list[str]


def _log(path: Path) -> Path:
    """Two runs of five rows each, one row of each in turn."""
    pairs = zip(events("one", *"abcde"), events("two", *"abcde"), strict=True)
    write_log(path, [event for pair in pairs for event in pair])
    return path


def _changed(path: Path, change: Callable[[Lines], object]) -> Path:
    found = path.read_text().splitlines()
    change(found)
    path.write_text("".join(f"{line}\n" for line in found))
    return path


def _swap(found: Lines) -> None:
    found[2], found[4] = found[4], found[2]


def _erase_badly(found: Lines) -> None:
    found[4] = re.sub('"body":.*,"salt":"[^"]*', '"body":{"erased":"x"},"salt":"', found[4])


TAMPERED: dict[str, tuple[Callable[[Lines], object], str]] = {
    "body edited": (
        lambda found: found.__setitem__(4, found[4].replace('"text":"c"', '"text":"x"')),
        r"row 3 of run one \(line 5\) does not follow .*: it was edited",
    ),
    "time edited": (
        lambda found: found.__setitem__(4, found[4].replace("1700000003", "1700000009")),
        r"row 3 of run one \(line 5\) .*: it was edited",
    ),
    "salt edited": (
        lambda found: found.__setitem__(4, re.sub('"salt":"..', '"salt":"zz', found[4])),
        r"row 3 of run one \(line 5\) .*: it was edited",
    ),
    "hash edited": (
        lambda found: found.__setitem__(4, re.sub('"hash":"..', '"hash":"zz', found[4])),
        r"row 3 of run one \(line 5\) .*: it was edited",
    ),
    "moved to another run": (
        lambda found: found.__setitem__(4, found[4].replace('"run":"one"', '"run":"two"')),
        r"row 3 of run two \(line 5\) .*: it was edited",
    ),
    "row deleted": (lambda found: found.pop(4), r"row 4 of run one \(line 6\) follows row 2 .*: row 3 deleted"),
    "rows deleted": (
        lambda found: (found.pop(4), found.pop(5)),
        r"row 5 of run one \(line 7\) follows row 2 .*: rows 3 to 4 deleted",
    ),
    "first row deleted": (lambda found: found.pop(0), r"row 2 of run one \(line 2\) is the first: row 1 deleted"),
    "rows reordered": (_swap, r"row 3 of run one \(line 3\) stands before row 2 .*: rows were reordered"),
    "row doubled": (
        lambda found: found.insert(5, found[4]),
        r"row 3 of run one \(line 6\) stands after row 3 .*inserted",
    ),
    "row moved back": (
        lambda found: found.append(found.pop(4)),
        r"row 4 of run one \(line 6\) stands before row 3 .*reordered",
    ),
    "line that is none": (lambda found: found.insert(3, "hello"), "line 4 is no row: it is no JSON"),
    "empty line": (lambda found: found.insert(3, ""), "line 4 is no row"),
    "half a line": (lambda found: found.__setitem__(3, found[3][:50]), "line 4 is no row: it is no JSON"),
    "field added": (
        lambda found: found.__setitem__(3, found[3].replace('"key"', '"note":"x","key"')),
        "line 4 is no row: it does not have the fields",
    ),
    "written differently": (
        lambda found: found.__setitem__(3, json.dumps(json.loads(found[3]))),
        "line 4 is no row: it is not written as the log writes a row",
    ),
    "field doubled": (
        lambda found: found.__setitem__(3, found[3].replace('"seq":2', '"seq":1,"seq":2')),
        "line 4 is no row",
    ),
    "erased, but not really": (_erase_badly, "line 5 is no row: it says that it was erased"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_verify_names_the_row_when_a_log_was_changed(tmp_path: Path, name: str) -> None:
    """Edited, deleted, doubled, reordered, no row: the first fault is named with its line and what was done."""
    change, problem = TAMPERED[name]
    found = verify(_changed(_log(tmp_path / "log"), change))
    assert not found.ok
    assert re.search(problem, found.problem), found.problem


def test_verify_names_the_next_row_when_one_was_forged_in(tmp_path: Path) -> None:
    """A row with a right hash can be put in by who can write the file, and the row after it gives it away."""
    path = _log(tmp_path / "log")
    before = rows(path)[4]
    forged, _ = line_of(head_of("one", 4, before.time), '{"v":1,"type":"control","action":"say"}', "00", before.hash)
    found = verify(_changed(path, lambda lines: lines.insert(5, forged.rstrip())))
    assert "row 4 of run one (line 8) stands after row 4 of its run: it was inserted" in found.problem


def test_verify_is_content_when_nothing_was_changed(tmp_path: Path) -> None:
    """A log as it was written is ok, and says how much it holds."""
    assert str(verify(_log(tmp_path / "log"))).startswith("ok: 10 rows of 2 runs; head 10:")


def test_verify_is_content_with_an_empty_log(tmp_path: Path) -> None:
    """A log in which nothing happened yet is right."""
    write_log(tmp_path / "log")
    assert verify(tmp_path / "log").ok


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_verify_finds_any_changed_byte(place: int, by: int) -> None:
    """Whatever byte of a log is changed to whatever else, it is noticed."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = _log(Path(folder) / "log")
        found = bytearray(path.read_bytes())
        found[place % len(found)] ^= by
        path.write_bytes(found)
        assert not verify(path).ok


def test_head_shows_that_rows_are_missing_at_the_end(tmp_path: Path) -> None:
    """Against a head that was kept elsewhere a log that was cut off is found out."""
    path = _log(tmp_path / "log")
    kept = head(path)
    assert re.fullmatch(r"10:[0-9a-f]{64}", kept)
    _changed(path, lambda found: found.pop())
    assert verify(path).ok
    assert "the head covers 10 rows, and the log has only 9" in verify(path, kept).problem


def test_head_shows_that_a_run_is_missing(tmp_path: Path) -> None:
    """A run that was taken out as a whole breaks no chain, and does not fit to the head."""
    path = _log(tmp_path / "log")
    kept = head(path)
    _changed(path, lambda found: found.__setitem__(slice(None), found[::2]))
    write_log(path, events("three", *"abcde"))
    assert verify(path).ok
    assert "are not those that the head covers" in verify(path, kept).problem


def test_head_shows_that_a_log_was_written_anew(tmp_path: Path) -> None:
    """Who writes a whole new log with right chains cannot make it fit to the head."""
    kept = head(_log(tmp_path / "log"))
    assert "are not those that the head covers" in verify(_log(tmp_path / "other"), kept).problem


def test_head_holds_when_a_log_grew(tmp_path: Path) -> None:
    """What was appended since a head was taken does not matter, and what was changed there is found by the chain."""
    path = _log(tmp_path / "log")
    kept = head(path)
    write_log(path, events("three", "a"), events("one", "f", first=6))
    assert verify(path, kept).ok
    _changed(path, lambda found: found.__setitem__(-1, found[-1].replace('"f"', '"g"')))
    assert "row 6 of run one" in verify(path, kept).problem


@pytest.mark.parametrize("wrong", ["abc", "10", "x:" + "0" * 64, "10:123"])
def test_head_is_refused_when_it_is_none(tmp_path: Path, wrong: str) -> None:
    """A head with a slip is an error, not a verdict about the log."""
    with pytest.raises(ConfigError, match="is no head; expected rows:digest"):
        verify(_log(tmp_path / "log"), wrong)


def test_head_is_not_given_of_a_broken_log(tmp_path: Path) -> None:
    """A head of a log that is already changed would make the change look right."""
    path = _changed(_log(tmp_path / "log"), lambda found: found.pop(4))
    with pytest.raises(AuditError, match="would prove nothing"):
        head(path)


def test_verify_says_when_there_is_no_log(tmp_path: Path) -> None:
    """A file that is not there is an error, not an empty log."""
    with pytest.raises(AuditError, match="cannot be read"):
        verify(tmp_path / "log")


def test_erased_rows_still_verify(tmp_path: Path) -> None:
    """Body and salt of one person's rows are deleted, and chains and earlier heads still hold."""
    path = tmp_path / "log"
    keep(path, message="I am Bea of 5 Elm Street", says="Dear Bea", people=Fake(clerk=approve))
    keep(path, message="I am Cid", people=Fake(clerk=approve))
    kept = head(path)
    count = erase(path, lambda row: "Bea" in str(row.body))
    assert count > 1
    text = path.read_text()
    assert "Bea" not in text
    assert "I am Cid" in text
    found = verify(path, kept)
    assert found.ok
    assert found.erased == count
    assert len(read_log(path).decided) == 2


def test_erased_row_keeps_nothing_to_guess_by(tmp_path: Path) -> None:
    """What is left of an erased row is a digest that was salted, and the salt is gone."""
    path = _log(tmp_path / "log")
    before = rows(path)[0]
    erase(path, lambda row: row.seq == 1)
    after = rows(path)[0]
    assert (after.salt, after.erased, after.event) == ("", True, None)
    assert after.hash == before.hash
    assert before.salt not in path.read_text()


def test_chain_goes_on_behind_an_erased_row(tmp_path: Path) -> None:
    """A run may go on in a log of which rows were erased."""
    path = _log(tmp_path / "log")
    assert erase(path, lambda row: True) == 10
    write_log(path, events("one", "f", first=6))
    assert verify(path).ok


def test_file_stays_as_it_was_when_erasing_fails(tmp_path: Path) -> None:
    """What raises while rows are chosen leaves the log untouched, and nothing beside it."""
    path = _log(tmp_path / "log")
    before = path.read_bytes()

    def fail(row: object) -> bool:
        raise KeyError("no")

    with pytest.raises(KeyError):
        erase(path, fail)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["log"]


def test_blank_line_at_the_end_is_no_fault_and_no_row(tmp_path: Path) -> None:
    """An editor may leave one; the log goes on after it, and it is gone."""
    path = _log(tmp_path / "log")
    kept = head(path)
    path.write_text(path.read_text() + "\n")
    assert verify(path, kept).ok
    assert len(rows(path)) == 10
    write_log(path, events("three", "a"))
    assert verify(path, kept).rows == 11
    assert "\n\n" not in path.read_text()


@pytest.mark.parametrize("at", ["in the middle", "twice at the end"])
def test_blank_line_elsewhere_is_a_fault(at: str, tmp_path: Path) -> None:
    """No row is blank."""
    path = _log(tmp_path / "log")
    text = path.read_text()
    path.write_text(f"{text}\n\n" if at == "twice at the end" else text.replace("\n", "\n\n", 1))
    assert "is no row: it is no JSON" in verify(path).problem
