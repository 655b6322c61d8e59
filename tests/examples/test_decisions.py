"""The strict reader of decisions that the examples share."""

from __future__ import annotations

import re

import pytest
from _decisions import Unclear, read_decision
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("approve all", ("approve", [1, 2, 3])),
        ("  Approve   ALL ", ("approve", [1, 2, 3])),
        ("deny all", ("deny", [1, 2, 3])),
        ("skip all", ("skip", [1, 2, 3])),
        ("deny 2", ("deny", [2])),
        ("approve 1 3", ("approve", [1, 3])),
        ("approve 3, 1", ("approve", [1, 3])),
        ("approve #1 and #3", ("approve", [1, 3])),
        ("approve all but 3", ("approve", [1, 2])),
        ("deny all but 1, 2", ("deny", [3])),
    ],
)
def test_decision_is_read_when_it_has_a_fixed_form(text: str, decision: tuple[str, list[int]]) -> None:
    """Words and numbers of the fixed forms, whatever their case and spacing."""
    assert read_decision(text, (1, 2, 3)) == decision


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "\t", "ok", "yes", "yes please", "y", "a", "sure", "not approved", "approved", "don't approve",
        "do not approve all", "approve!", "approve all?", "approve maybe 2", "approve all but", "approve 1-3",
        "approve all except 2", "approve 4", "approve 1 4", "approve all but 4", "approve 0", "approve -1",
        "approve all but 1 2 3", "approve 1 deny 2", "approve\nall of it", "approve", "deny", "１", "approve １",
        "approve 1.5", "approve all all", "exit", "/approve all", "approve all; rm", "approve" * 50, "2", "all",
    ],
)  # fmt: skip
def test_nothing_is_decided_when_the_text_is_anything_else(text: str) -> None:
    """Blank, polite, negated, misspelt and half-right texts decide nothing, and the person is told why."""
    with pytest.raises(Unclear) as refused:
        read_decision(text, (1, 2, 3))
    assert len(str(refused.value)) > 10


def test_word_alone_decides_when_one_is_undecided() -> None:
    """With a single question on the table no number is needed."""
    assert read_decision("approve", (7,)) == ("approve", [7])


def test_word_alone_speaks_of_all_when_the_caller_announced_it() -> None:
    """The finance bot's general approval."""
    assert read_decision("deny", (1, 2), bare_means_all=True) == ("deny", [1, 2])


@given(text=st.one_of(st.text(), st.from_regex(r"(?i)(not |don't )?approve.{0,20}", fullmatch=True)))
@example("approve all but 1 but 2")
@example("appro\u200bve all")
def test_approval_needs_its_word_first_when_texts_are_arbitrary(text: str) -> None:
    """Whatever is typed: an approval begins with the word, holds no other words, and names asked numbers only."""
    try:
        word, numbers = read_decision(text, (1, 2, 3))
    except Unclear:
        return
    assert set(re.findall("[a-z]+", text.lower())) <= {word, "all", "but", "and"}
    assert text.strip().lower().startswith(word)
    assert numbers
    assert set(numbers) <= {1, 2, 3}
