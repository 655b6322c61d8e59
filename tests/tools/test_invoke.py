"""One call of a tool: arguments in, text for the model out."""

import asyncio
import dataclasses
import datetime as dt
import enum
import json
import time
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

from convagent.errors import ConfigError, ConvagentError, ToolArgumentsError, ToolError
from convagent.tools.as_tool import as_tool
from convagent.tools.invoke import ToolContext, ToolOutcome, invoke, not_found, parse_arguments
from convagent.tools.tool import tool

CONTEXT = ToolContext(run_id="run", agent="ada", call_id="c1", idempotency_key="run:1")


async def call(fn: Any, **kwargs: Any) -> Any:
    result = fn(**kwargs)
    return await result if asyncio.iscoroutine(result) else result


def run(found: Any, arguments: dict[str, Any], classic: bool = False) -> ToolOutcome:
    return asyncio.run(
        invoke(
            as_tool(found, classic=classic),
            arguments,
            call_id="c1",
            context=CONTEXT,
            call=call,
            timer=time.perf_counter,
        )
    )


@tool
def add(a: Annotated[int, "the first number"], b: int) -> int:
    return a + b


def test_outcome_tells_everything_when_a_tool_ran():
    """Name, id, the arguments as the model gave them, text, success, seconds."""
    ticks = iter([10.0, 12.5])
    outcome = asyncio.run(
        invoke(add, {"a": "1", "b": 2}, call_id="c1", context=CONTEXT, call=call, timer=lambda: next(ticks))
    )
    assert outcome == ToolOutcome("add", "c1", {"a": "1", "b": 2}, "3", True, None, 2.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        ("  \n", {}),
        ("null", {}),
        (None, {}),
        ({"a": 1}, {"a": 1}),
        ('{\n"a": "x\ny\tz"\n}', {"a": "x\ny\tz"}),
    ],
)
def test_arguments_are_read_when_the_text_is_an_object_or_nothing(text, expected):
    """Also raw line breaks inside strings, as small models write them."""
    assert parse_arguments(text) == expected


def test_arguments_are_refused_in_the_classic_words_when_they_are_no_json():
    """The model reads what is wrong and what is wanted."""
    with pytest.raises(ToolArgumentsError) as caught:
        parse_arguments('{"a": }')
    assert str(caught.value) == (
        "Error: Expecting value: line 1 column 7 (char 6)\n The argument must be in JSON format."
    )


@pytest.mark.parametrize(
    ("text", "kind"), [("[1]", "a list"), ('"x"', "a string"), ("3", "a number"), ("true", "true or false")]
)
def test_arguments_are_refused_when_they_are_json_but_no_object(text, kind):
    """The classic passed a Python traceback's words here."""
    with pytest.raises(ToolArgumentsError, match=f"the arguments are {kind}; expected a JSON object"):
        parse_arguments(text)


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": -Infinity}', "[" * 100_000])
def test_arguments_are_refused_when_no_json_parser_should_take_them(text):
    """NaN is not JSON and compares false with every limit; depth does not end the program."""
    with pytest.raises(ToolArgumentsError, match="must be in JSON format"):
        parse_arguments(text)


def test_refusal_names_argument_expectation_and_value_when_arguments_do_not_fit():
    """The model can act on it: no Python, no URL; the function was not called."""
    outcome = run(add, {"a": "many", "b": [1], "c": 3})
    assert not outcome.ok
    assert isinstance(outcome.error, ToolArgumentsError)
    assert outcome.content == (
        "Error: add was not called, its arguments do not fit:\n"
        "- argument 'a': expected an integer, got \"many\"\n"
        "- argument 'b': expected an integer, got [1]\n"
        "- argument 'c' is not known (there are: a, b)\n"
        "Correct the arguments and call it again."
    )
    assert run(add, {"b": 1}).content == (
        "Error: add was not called, its arguments do not fit: argument 'a' is missing (an integer: the first number).\n"
        "Correct the arguments and call it again."
    )


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Order(BaseModel):
    lines: list[Point]
    note: Annotated[str, Field(min_length=3)] = "none"

    @field_validator("note")
    @classmethod
    def polite(cls, note: str) -> str:
        if "!" in note:
            raise ValueError("no shouting")
        return note


@tool
def take(
    order: Order | None = None,
    color: Color = Color.RED,
    kind: Literal["a", "b"] = "a",
    value: int | list[Point] = 0,
    amount: Annotated[float, Field(gt=0)] = 1,
    day: dt.date | None = None,
) -> Any:
    return [order, color, kind, value, amount, day]


def test_values_become_what_the_annotations_say_when_they_fit():
    """Models, dataclasses, enums and dates arrive as Python objects; lax: "5" becomes 5."""
    seen: list[Any] = []

    def keep(order: Order, color: Color, p: Point, n: int, day: dt.date, many: tuple[int, ...] = ()) -> str:
        seen.extend([order, color, p, n, day, many])
        return "ok"

    arguments = {
        "order": {"lines": [{"x": "1"}]},
        "color": "blue",
        "p": {"x": 1},
        "n": "5",
        "day": "2024-02-29",
        "many": ["1", 2],
    }
    assert run(keep, arguments).content == "ok"
    assert seen == [
        Order(lines=[Point(1)]),
        Color.BLUE,
        Point(1),
        5,
        dt.date(2024, 2, 29),
        (1, 2),
    ]
    assert type(seen[0].lines[0]) is Point


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"order": {"lines": [{"x": 1}, {"x": "q"}]}}, "argument 'order.lines[1].x': expected an integer, got \"q\""),
        ({"order": {"lines": [{}]}}, "argument 'order.lines[0].x' is missing"),
        ({"order": {"lines": [], "note": "hey!"}}, "argument 'order.note': no shouting, got \"hey!\""),
        ({"order": {"lines": [], "note": "a"}}, "argument 'order.note': should have at least 3 characters, got \"a\""),
        ({"order": 3}, "argument 'order': expected an object, got 3"),
        ({"color": "green"}, "argument 'color': expected 'red' or 'blue', got \"green\""),
        ({"kind": "c"}, "argument 'kind': expected 'a' or 'b', got \"c\""),
        ({"value": "x"}, "argument 'value': expected an integer or a list, got \"x\""),
        ({"amount": -1}, "argument 'amount': expected a value greater than 0, got -1"),
        ({"amount": "x" * 500}, "argument 'amount': expected a number, got \"" + "x" * 96 + "..."),
    ],
)
def test_refusal_points_into_nested_values_when_these_do_not_fit(arguments, words):
    """The path is that of the JSON the model wrote; union branches are joined, long values cut."""
    outcome = run(take, arguments)
    assert outcome.content == (
        f"Error: take was not called, its arguments do not fit: {words}.\nCorrect the arguments and call it again."
    )


def test_null_is_the_default_when_the_default_is_none():
    """`a: str = None` takes null although its schema says string."""

    def f(a: str = None) -> str:  # noqa: RUF013
        return repr(a)

    assert run(f, {"a": None}).content == "None"


def test_undeclared_arguments_are_dropped_when_the_tool_is_classic():
    """As the classic did; a `@tool` refuses them, see above."""
    assert run(add.fn, {"a": 1, "b": 2, "c": 3}, classic=True).content == "3"
    assert run(take.fn, {"color": "red", "q": 2}, classic=True).ok


def test_function_runs_when_it_was_never_described():
    """`function_map` takes functions without annotations: their arguments pass as they are."""

    def f(a, b=2, *rest, c: "Nowhere" = 3):  # noqa: F821
        return [a, b, rest, c]

    assert run(f, {"a": {"x": 1}, "c": "q", "z": 0}, classic=True).content == '[{"x":1},2,[],"q"]'


def test_call_reaches_the_function_when_its_parameters_have_awkward_names():
    """Positional-only parameters, `**kwargs`, and names that a caller's own parameters have."""

    def f(a: int, b: int = 5, c: int = 7, /, fn: str = "", **rest: int) -> Any:
        return [a, b, c, fn, rest]

    async def g(self: int, fn: int, func: int) -> int:
        return self + fn + func

    assert run(f, {"a": "1", "c": 2, "fn": "x", "more": "3"}).content == '[1,5,2,"x",{"more":3}]'
    assert "argument 'more': expected an integer" in run(f, {"a": 1, "more": "x"}).content
    assert run(g, {"self": 1, "fn": 2, "func": 3}).content == "6"


def test_context_is_given_when_a_parameter_asks_for_it():
    """It is in no schema, and a model cannot set it."""

    @tool
    def f(n: int, context: ToolContext) -> str:
        return f"{n} {context.run_id} {context.agent} {context.call_id} {context.idempotency_key}"

    assert f.parameters["properties"] == {"n": {"type": "integer", "description": "n"}}
    assert run(f, {"n": 1}).content == "1 run ada c1 run:1"
    assert "argument 'context' is not known" in run(f, {"n": 1, "context": {}}).content


def test_result_is_awaited_when_a_plain_function_returns_an_awaitable():
    """A lambda around an async function is a tool too."""

    async def later() -> int:
        return 3

    async def no_await(fn: Any, **kwargs: Any) -> Any:
        return fn(**kwargs)

    outcome = asyncio.run(
        invoke(
            as_tool(lambda: later(), name="f"),
            {},
            call_id=None,
            context=None,
            call=no_await,
            timer=time.perf_counter,
        )
    )
    assert outcome.content == "3"


@pytest.mark.parametrize(
    ("error", "content"),
    [
        (ValueError("bad"), "Error: bad"),
        (KeyError("k"), "Error: 'k'"),
        (TimeoutError(), "Error: TimeoutError"),
        (ToolError("come back later", retryable=True), "Error: come back later"),
    ],
)
def test_error_is_told_to_the_model_when_a_tool_raises(error, content):
    """In the classic words; the exception itself is kept for the program."""

    def f() -> None:
        raise error

    outcome = run(f, {})
    assert (outcome.ok, outcome.content, outcome.error) == (False, content, error)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
def test_interruption_passes_through_when_a_tool_is_interrupted(error):
    """It is for the program, not for the model."""

    def f() -> None:
        raise error

    async def main() -> str:
        try:
            await invoke(as_tool(f), {}, call_id="c", context=None, call=call, timer=time.perf_counter)
        except BaseException as e:  # inside the loop: asyncio.run treats these specially
            return type(e).__name__
        return ""

    assert asyncio.run(main()) == type(error).__name__


def test_outcome_is_the_classic_text_when_there_is_no_such_tool():
    """And it is no success."""
    assert not_found("fly", "c9") == ToolOutcome("fly", "c9", {}, "Error: Function fly not found.", False, None, 0.0)


RAW = {
    "type": "object",
    "properties": {
        "x": {"type": "integer", "minimum": 3},
        "k": {"enum": ["a", "b"]},
        "o": {"type": "object", "properties": {"z": {"type": ["string", "null"]}}},
        "s": {"type": "string", "pattern": "^q"},
    },
    "required": ["x", "k"],
    "additionalProperties": False,
}


def raw_tool(parameters: Any = RAW, **more: Any) -> Any:
    function = {"name": "raw", "description": "From elsewhere.", "parameters": parameters}
    return as_tool({"type": "function", "function": function, "fn": lambda **k: k}, **more)


def test_raw_schema_is_sent_as_it_is_when_a_tool_has_one():
    """Nothing is added or lost on the way to the model."""
    assert raw_tool().schema == {
        "type": "function",
        "function": {"name": "raw", "description": "From elsewhere.", "parameters": RAW},
    }


def test_refusal_has_the_same_words_when_the_schema_is_raw():
    """A model need not know who validates."""
    assert run(raw_tool(), {"x": 3, "k": "a"}).content == '{"x":3,"k":"a"}'
    assert run(raw_tool(), {"x": "1", "q": 2, "o": {"z": 1}, "s": "x"}).content == (
        "Error: raw was not called, its arguments do not fit:\n"
        "- argument 'x': expected an integer, got \"1\"\n"
        "- argument 'o.z': expected a string or null, got 1\n"
        "- argument 's': 'x' does not match '^q', got \"x\"\n"
        '- argument \'k\' is missing ("a" or "b")\n'
        "- argument 'q' is not known (there are: x, k, o, s)\n"
        "Correct the arguments and call it again."
    )
    assert "argument 'x': expected a value greater than or equal to 3, got 1" in run(raw_tool(), {"x": 1}).content


def test_undeclared_arguments_are_dropped_when_a_raw_tool_is_classic():
    """What its schema lets pass and its function does not take is left out."""
    function = {"name": "raw", "description": "", "parameters": {"type": "object"}}
    found = as_tool({"function": function, "fn": lambda x: x}, classic=True)
    assert run(found, {"x": 1, "y": 2}, classic=True).content == "1"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ([], "parameters is a list; expected a JSON Schema as a dict"),
        ({"type": "array"}, "parameters has type 'array'"),
    ],
)
def test_raw_schema_is_refused_at_once_when_it_cannot_be_a_tools(parameters, words):
    """Before any model sees it."""
    with pytest.raises(ConfigError, match=words):
        tool(lambda: None, name="raw", parameters=parameters)


def test_raw_schema_is_refused_on_first_use_when_it_is_not_valid():
    """The error names the place; a reference to elsewhere is an error, not a download."""
    with pytest.raises(ConfigError, match="tool 'raw': parameters is not a valid JSON Schema at properties/x/type"):
        run(raw_tool({"type": "object", "properties": {"x": {"type": "int"}}}), {})
    elsewhere = {"type": "object", "properties": {"x": {"$ref": "http://127.0.0.1:9/schema.json"}}}
    with pytest.raises(ConfigError, match=r"refers to 'http://127.0.0.1:9/schema.json', which it does not contain"):
        run(raw_tool(elsewhere), {"x": 1})


def test_every_refusal_is_ours_when_it_is_raised():
    """One root for `except`."""
    assert issubclass(ToolArgumentsError, ConvagentError)


VALUES = st.one_of(
    st.integers(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.text(),
    st.text(st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010)),
    st.none(),
    st.sampled_from(["1", "1.0", "true", "off", " 7 ", "1e3", "-0", "1_000"]),
    st.lists(st.integers(), max_size=1),
)


@given(st.fixed_dictionaries({"s": VALUES, "i": VALUES, "f": VALUES, "b": VALUES}))
def test_plain_parameters_give_what_pydantic_gives_when_taken_without_it(values):
    """The short cut for exact types changes no result and accepts nothing more."""
    got: list[Any] = []

    def f(s: str, i: int, f: float, b: bool) -> None:
        got.extend([s, i, f, b])

    outcome = run(f, values)
    kinds = {"s": str, "i": int, "f": float, "b": bool}
    try:
        expected: Any = [TypeAdapter(kind).validate_python(values[name]) for name, kind in kinds.items()]
    except ValidationError:
        assert not outcome.ok
        assert got == []
    else:
        assert got == expected
        assert [type(v) for v in got] == [type(v) for v in expected]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON))
def test_arguments_survive_when_a_model_writes_them_as_json(values):
    """What json writes, parse_arguments reads."""
    assert parse_arguments(json.dumps(values)) == values
