"""The JSON Schema of a signature: the classic's wherever that one works, and a usable one where it does not.

The expected values of the first table were read off ag2 0.14.0.
"""

import dataclasses
import datetime as dt
import decimal
import enum
import functools
import typing
from typing import Annotated, Any, Literal, NamedTuple, Optional, Union

import pytest
import typing_extensions
from pydantic import BaseModel, Field

from convagent.errors import ConfigError
from convagent.tools.as_tool import as_tool
from convagent.tools.tool import tool


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Money(BaseModel):
    amount: float = Field(description="How much")
    currency: Literal["USD", "EUR"] = "USD"


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Movie(typing_extensions.TypedDict):
    title: str
    year: typing_extensions.NotRequired[int]


class StdMovie(typing.TypedDict):
    title: str
    year: typing.NotRequired[int]


class Pair(NamedTuple):
    a: int
    b: str


MONEY = {
    "properties": {
        "amount": {"description": "How much", "title": "Amount", "type": "number"},
        "currency": {"default": "USD", "enum": ["USD", "EUR"], "title": "Currency", "type": "string"},
    },
    "required": ["amount"],
    "title": "Money",
    "type": "object",
}
MOVIE = {
    "properties": {"title": {"title": "Title", "type": "string"}, "year": {"title": "Year", "type": "integer"}},
    "required": ["title"],
    "title": "Movie",
    "type": "object",
    "description": "m",
}


def no_params() -> str: ...
def plain(a: int, b: int) -> int: ...
def described(a: Annotated[int, "the first"], b: Annotated[str, "the second"]) -> str: ...
def defaults(a: int, b: int = 2, c: Annotated[float, "c!"] = 0.1, d: str = "x", e: bool = False) -> str: ...
def literal(a: Literal["x", "y"], b: Annotated[Literal[1, 2], "one or two"] = 1) -> str: ...
def optional(a: Optional[int] = None, c: Annotated[Optional[str], "see"] = None) -> str: ...  # noqa: UP045
def union(a: int | str, b: Union[int, float, None] = None) -> str: ...  # noqa: UP007
def enums(c: Color) -> str: ...
def model(m: Money) -> str: ...
def model_described(m: Annotated[Money, "the money"]) -> str: ...
def a_dataclass(p: Point) -> str: ...
def typed_dict(m: Movie) -> str: ...
def named_tuple(p: Pair) -> str: ...
def lists(a: list[int], b: list[list[str]], c: typing.List[typing.Dict[str, int]]) -> str: ...  # noqa: UP006
def dicts(a: dict, b: dict[str, Any], c: dict[str, list[int]]) -> str: ...
def anything(a: Any) -> str: ...
def bare(a: list, b: tuple[int, str], c: set[int]) -> str: ...
def default_without_annotation(a: int, b=3) -> str: ...
def keyword_only(a: int, *, b: str = "q", c: int) -> str: ...
def positional_only(a: int, /, b: str = "q") -> str: ...
def none_default(a: str = None) -> str: ...  # noqa: RUF013
def dates(d: dt.date, t: dt.datetime, m: decimal.Decimal) -> str: ...
def no_return(a: int): ...
def list_default(a: list[int] = [1, 2]) -> str: ...  # noqa: B006
def model_default(m: Money = Money(amount=1)) -> str: ...  # noqa: B008


async def asynchronous(a: int) -> str: ...


CLASSIC: list[tuple[Any, dict[str, Any], list[str]]] = [
    (no_params, {}, []),
    (plain, {"a": {"type": "integer", "description": "a"}, "b": {"type": "integer", "description": "b"}}, ["a", "b"]),
    (
        described,
        {"a": {"type": "integer", "description": "the first"}, "b": {"type": "string", "description": "the second"}},
        ["a", "b"],
    ),
    (
        defaults,
        {
            "a": {"type": "integer", "description": "a"},
            "b": {"type": "integer", "default": 2, "description": "b"},
            "c": {"type": "number", "default": 0.1, "description": "c!"},
            "d": {"type": "string", "default": "x", "description": "d"},
            "e": {"type": "boolean", "default": False, "description": "e"},
        },
        ["a"],
    ),
    (
        literal,
        {
            "a": {"enum": ["x", "y"], "type": "string", "description": "a"},
            "b": {"enum": [1, 2], "type": "integer", "default": 1, "description": "one or two"},
        },
        ["a"],
    ),
    (
        optional,
        {
            "a": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None, "description": "a"},
            "c": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "description": "see"},
        },
        [],
    ),
    (
        union,
        {
            "a": {"anyOf": [{"type": "integer"}, {"type": "string"}], "description": "a"},
            "b": {
                "anyOf": [{"type": "integer"}, {"type": "number"}, {"type": "null"}],
                "default": None,
                "description": "b",
            },
        },
        ["a"],
    ),
    (enums, {"c": {"enum": ["red", "blue"], "title": "Color", "type": "string", "description": "c"}}, ["c"]),
    (model, {"m": {**MONEY, "description": "m"}}, ["m"]),
    (model_described, {"m": {**MONEY, "description": "the money"}}, ["m"]),
    (
        a_dataclass,
        {
            "p": {
                "properties": {
                    "x": {"title": "X", "type": "integer"},
                    "y": {"default": 0, "title": "Y", "type": "integer"},
                },
                "required": ["x"],
                "title": "Point",
                "type": "object",
                "description": "p",
            }
        },
        ["p"],
    ),
    (typed_dict, {"m": MOVIE}, ["m"]),
    (
        named_tuple,
        {
            "p": {
                "maxItems": 2,
                "minItems": 2,
                "prefixItems": [{"title": "A", "type": "integer"}, {"title": "B", "type": "string"}],
                "type": "array",
                "description": "p",
            }
        },
        ["p"],
    ),
    (
        lists,
        {
            "a": {"items": {"type": "integer"}, "type": "array", "description": "a"},
            "b": {"items": {"items": {"type": "string"}, "type": "array"}, "type": "array", "description": "b"},
            "c": {
                "items": {"additionalProperties": {"type": "integer"}, "type": "object"},
                "type": "array",
                "description": "c",
            },
        },
        ["a", "b", "c"],
    ),
    (
        dicts,
        {
            "a": {"additionalProperties": True, "type": "object", "description": "a"},
            "b": {"additionalProperties": True, "type": "object", "description": "b"},
            "c": {
                "additionalProperties": {"items": {"type": "integer"}, "type": "array"},
                "type": "object",
                "description": "c",
            },
        },
        ["a", "b", "c"],
    ),
    (anything, {"a": {"description": "a"}}, ["a"]),
    (
        bare,
        {
            "a": {"items": {}, "type": "array", "description": "a"},
            "b": {
                "maxItems": 2,
                "minItems": 2,
                "prefixItems": [{"type": "integer"}, {"type": "string"}],
                "type": "array",
                "description": "b",
            },
            "c": {"items": {"type": "integer"}, "type": "array", "uniqueItems": True, "description": "c"},
        },
        ["a", "b", "c"],
    ),
    (default_without_annotation, {"a": {"type": "integer", "description": "a"}}, ["a"]),
    (
        keyword_only,
        {
            "a": {"type": "integer", "description": "a"},
            "b": {"type": "string", "default": "q", "description": "b"},
            "c": {"type": "integer", "description": "c"},
        },
        ["a", "c"],
    ),
    (
        positional_only,
        {"a": {"type": "integer", "description": "a"}, "b": {"type": "string", "default": "q", "description": "b"}},
        ["a"],
    ),
    (none_default, {"a": {"type": "string", "default": None, "description": "a"}}, []),
    (
        dates,
        {
            "d": {"format": "date", "type": "string", "description": "d"},
            "t": {"format": "date-time", "type": "string", "description": "t"},
            "m": {"anyOf": [{"type": "number"}, {"type": "string"}], "description": "m"},
        },
        ["d", "t", "m"],
    ),
    (no_return, {"a": {"type": "integer", "description": "a"}}, ["a"]),
    (list_default, {"a": {"items": {"type": "integer"}, "type": "array", "default": [1, 2], "description": "a"}}, []),
    (model_default, {"m": {**MONEY, "default": {"amount": 1.0, "currency": "USD"}, "description": "m"}}, []),
    (asynchronous, {"a": {"type": "integer", "description": "a"}}, ["a"]),
]


@pytest.mark.parametrize(("fn", "properties", "required"), CLASSIC, ids=lambda v: getattr(v, "__name__", ""))
def test_schema_is_the_classic_one_when_the_classic_has_one(fn, properties, required):
    """A migrated script sends its model the same tools."""
    assert as_tool(fn, description="d", classic=True).schema == {
        "type": "function",
        "function": {
            "name": fn.__name__,
            "description": "d",
            "parameters": {"type": "object", "properties": properties, "required": required},
        },
    }


def only(fn: Any) -> dict[str, Any]:
    """Return the schema of the only parameter."""
    (found,) = as_tool(fn).parameters["properties"].values()
    return found


def test_schema_is_whole_when_a_parameter_is_described_by_field():
    """`Field` in `Annotated` and as a default gives description, bounds and default."""

    def annotated(a: Annotated[int, Field(description="positive", gt=0)]): ...
    def as_default(a: int = Field(default=3, description="f", ge=1)): ...
    def both(a: Annotated[int, "text", Field(gt=0)]): ...

    assert only(annotated) == {"type": "integer", "exclusiveMinimum": 0, "description": "positive"}
    assert as_tool(annotated).parameters["required"] == ["a"]
    assert only(as_default) == {"type": "integer", "minimum": 1, "default": 3, "description": "f"}
    assert as_tool(as_default).parameters["required"] == []
    assert only(both) == {"type": "integer", "exclusiveMinimum": 0, "description": "text"}


def test_schema_uses_the_alias_when_a_field_has_one():
    """A parameter can have a name that Python reserves."""

    def f(start: Annotated[int, Field(alias="from")], m: Annotated[Money, Field(alias="sum")]): ...

    found = as_tool(f).parameters
    assert found["properties"]["from"] == {"type": "integer", "description": "start"}
    assert found["properties"]["sum"] == {"$ref": "#/$defs/Money", "description": "m"}
    assert found["$defs"] == {"Money": MONEY}
    assert found["required"] == ["from", "sum"]


def test_default_is_its_json_when_it_is_an_enum_member():
    """The schema can be sent: no Python object is left in it."""

    def f(c: Color = Color.RED): ...

    assert only(f)["default"] == "red"


def test_default_is_left_out_when_json_has_no_form_for_it():
    """Python applies it anyway."""
    sentinel = object()

    def f(a: Any = sentinel): ...

    assert only(f) == {"description": "a"}


def test_definitions_stand_at_the_top_when_a_model_is_nested():
    """A `$ref` points to what is there."""

    def f(ms: list[Money], one: Money | None = None): ...

    assert as_tool(f).parameters == {
        "type": "object",
        "properties": {
            "ms": {"items": {"$ref": "#/$defs/Money"}, "type": "array", "description": "ms"},
            "one": {"anyOf": [{"$ref": "#/$defs/Money"}, {"type": "null"}], "default": None, "description": "one"},
        },
        "required": ["ms"],
        "$defs": {"Money": MONEY},
    }


def test_definitions_keep_apart_when_two_classes_have_one_name():
    """No class is described as another."""

    def one():
        @dataclasses.dataclass
        class Item:
            a: int

        return Item

    def other():
        @dataclasses.dataclass
        class Item:
            b: str

        return Item

    def f(a, b): ...

    f.__annotations__ = {"a": list[one()], "b": list[other()]}
    found = as_tool(f).parameters
    assert found["properties"]["a"]["items"] == {"$ref": "#/$defs/Item"}
    assert found["properties"]["b"]["items"] == {"$ref": "#/$defs/Item_"}
    assert list(found["$defs"]["Item"]["properties"]) == ["a"]
    assert list(found["$defs"]["Item_"]["properties"]) == ["b"]


def test_schema_allows_any_name_when_the_function_takes_keywords():
    """`**kwargs` becomes additional properties, `*args` nothing: arguments of a call have names."""

    def typed(a: int, *args: int, **more: str): ...
    def untyped(*args, **more): ...

    assert as_tool(typed).parameters == {
        "type": "object",
        "properties": {"a": {"type": "integer", "description": "a"}},
        "required": ["a"],
        "additionalProperties": {"type": "string", "description": "more"},
    }
    assert as_tool(untyped).parameters["additionalProperties"] is True


def test_schema_is_found_when_the_typed_dict_is_of_typing():
    """`typing.TypedDict` works on Python 3.11 too, nested in other types as well."""

    def f(m: StdMovie): ...
    def nested(ms: list[StdMovie] | None = None): ...

    assert only(f) == {**MOVIE, "title": "StdMovie"}
    assert as_tool(nested).parameters["$defs"]["StdMovie"]["required"] == ["title"]


def test_schema_is_read_when_the_callable_is_no_plain_function():
    """Partials, bound methods, callable objects and classes are tools like any other."""

    class Shop:
        def price(self, item: str, count: int = 1) -> float: ...

        def __call__(self, item: str) -> float:
            """Sell one."""

    class Order:
        """An order."""

        def __init__(self, item: str) -> None: ...

    expected = {"item": {"type": "string", "description": "item"}}
    assert as_tool(functools.partial(Shop().price, count=2)).name == "price"
    assert as_tool(Shop().price).parameters["required"] == ["item"]
    assert as_tool(Shop()).name == "Shop"
    assert as_tool(Shop()).description == "Sell one."
    assert as_tool(Shop()).parameters["properties"] == expected
    assert as_tool(Order).name == "Order"
    assert as_tool(Order).description == "An order."
    assert as_tool(Order).parameters["properties"] == expected


def test_tool_is_refused_when_a_parameter_says_nothing():
    """The error stands at the decorator and names the parameter and the cure."""
    with pytest.raises(ConfigError, match=r"tool 'f': no annotation for 'a', 'b'; .*annotate every parameter"):

        @tool
        def f(a, b, c: int = 0): ...

    with pytest.raises(ConfigError, match="no annotation for 'a'"):
        _ = as_tool(plain_unannotated, classic=True).schema


def plain_unannotated(a): ...


def test_schema_is_refused_when_a_type_has_none():
    """The error names tool, parameter and type."""

    class Socket: ...

    def f(s: Socket): ...

    with pytest.raises(ConfigError, match=r"tool 'f': the annotation .*Socket.* of 's' has no JSON Schema"):
        _ = as_tool(f).schema
