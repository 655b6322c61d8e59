"""The text of a result."""

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import json
import pathlib
import uuid
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from convagent.tools.result import to_text


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Word(enum.StrEnum):
    HI = "hi"


class Money(BaseModel):
    amount: decimal.Decimal
    by: dt.date | None = None


@dataclasses.dataclass
class Point:
    x: int
    color: Color = Color.RED


class Pair(NamedTuple):
    a: int
    b: str


class Odd:
    def __str__(self) -> str:
        return "odd"


class Broken:
    def model_dump(self, mode: str) -> Any:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no")


UUID = uuid.UUID(int=1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        ("", ""),
        ('"quoted"\n', '"quoted"\n'),
        (None, "null"),
        (True, "true"),
        (3, "3"),
        (0.5, "0.5"),
        ({"a": 1, "b": [None, "ü"]}, '{"a":1,"b":[null,"ü"]}'),
        ([1, (2, 3)], "[1,[2,3]]"),
        ({3, 1, 2}, "[1,2,3]"),
        (Color.RED, '"red"'),
        (Level.LOW, "1"),
        (Word.HI, "hi"),
        ([Color.RED, Level.LOW, Word.HI], '["red",1,"hi"]'),
        (Money(amount=decimal.Decimal("1.50")), '{"amount":"1.50","by":null}'),
        ([Money(amount=decimal.Decimal(1))], '[{"amount":"1","by":null}]'),
        (Point(1), '{"x":1,"color":"red"}'),
        ({"p": Point(1)}, '{"p":{"x":1,"color":"red"}}'),
        (Pair(1, "x"), '[1,"x"]'),
        (dt.date(2024, 2, 29), '"2024-02-29"'),
        (dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC), '"2024-02-29T12:00:00+00:00"'),
        (decimal.Decimal("1.10"), '"1.10"'),
        (b"text", '"text"'),
        (b"\xff\x00", '"/wA="'),
        (UUID, '"00000000-0000-0000-0000-000000000001"'),
        (pathlib.PurePosixPath("/a/b"), '"/a/b"'),
        (collections.deque([1]), "[1]"),
        ({"a": 1}.keys(), '["a"]'),
        ((n for n in (1, 2)), "[1,2]"),
        ({Color.RED: 1, (1, 2): 2, 3: 3}, '{"red":1,"(1, 2)":2,"3":3}'),
        (Odd(), '"odd"'),
        ([1, Odd()], '[1,"odd"]'),
        (int, "\"<class 'int'>\""),
    ],
    ids=lambda v: type(v).__name__,
)
def test_result_is_text_or_json_when_it_is_returned(value, text):
    """Strings as they are, everything else as JSON, `str()` in place of what JSON has no form for."""
    assert to_text(value) == text


def test_result_is_still_text_when_it_contains_itself():
    """A loop ends at the second sight of it."""
    loop: list[Any] = [1]
    loop.append(loop)
    assert json.loads(to_text(loop)) == [1, "[1, [...]]"]


def test_result_is_its_text_when_it_answers_to_every_name():
    """Its `model_dump` is no method, but one more of its kind: nobody asks it."""

    class Anything:
        def __getattr__(self, name: str) -> object:
            return Anything

        def __str__(self) -> str:
            return "anything"

    assert to_text({"found": Anything()}) == '{"found":"anything"}'


def test_result_is_still_text_when_its_own_methods_fail():
    """The tool has run: the model is told something."""
    assert "Broken object" in to_text(Broken())


@pytest.mark.parametrize("value", ["caf\udce9", ["caf\udce9"]])
def test_result_can_be_sent_when_it_holds_a_lone_surrogate(value):
    """File names with undecodable bytes have them; no request could carry one."""
    text = to_text(value)
    assert "caf?" in text
    assert text.encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_result_is_the_same_value_when_it_is_read_back(value):
    """Nothing is lost of what JSON can carry."""
    text = to_text(value)
    assert text == value if isinstance(value, str) else json.loads(text) == value
