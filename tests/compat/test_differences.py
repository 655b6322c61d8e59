"""The table of differences and the migration guide are one thing. Run this file to write the table anew."""

from __future__ import annotations

from pathlib import Path

from convagent.compat import DIFFERENCES
from convagent.compat.differences import TITLES, as_markdown

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "migrating.md"
BEGIN, END = "<!-- differences: begin -->\n", "<!-- differences: end -->\n"


def test_migration_guide_shows_the_table() -> None:
    """`docs/migrating.md` holds exactly what `convagent.compat.DIFFERENCES` says."""
    table = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert table.strip() == as_markdown().strip(), "run: python tests/compat/test_differences.py"


def test_every_fault_of_the_classic_has_a_row() -> None:
    """Each known fault is decided, once."""
    faults = [d.fault for d in DIFFERENCES if d.fault is not None]
    assert sorted(faults) == list(range(1, 34))


def test_rows_are_whole_sentences_without_table_marks() -> None:
    """A row has all three texts, and no character that would break the table."""
    wrong = [
        d for d in DIFFERENCES if any(not t.endswith((".", "`")) or "|" in t for t in (d.classic, d.ours, d.reason))
    ]
    assert wrong == []
    assert {d.topic for d in DIFFERENCES} == set(TITLES)


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{as_markdown()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
