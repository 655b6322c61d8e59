"""Postponed annotations: strings that name classes of anywhere, also of the function that defines the tool."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import functools
import time
from typing import TYPE_CHECKING, Annotated, TypedDict

import pytest
from pydantic import BaseModel

from convagent.errors import ConfigError
from convagent.tools.as_tool import as_tool
from convagent.tools.invoke import ToolContext, invoke
from convagent.tools.tool import tool

if TYPE_CHECKING:
    from decimal import Decimal


class Money(BaseModel):
    amount: float


async def call(fn, *args, **kwargs):
    return fn(*args, **kwargs)


def run(found, arguments, context=None):
    outcome = asyncio.run(invoke(found, arguments, call_id="1", context=context, call=call, timer=time.perf_counter))
    return outcome.content


def test_model_is_made_when_its_annotation_is_a_string():
    """Pydantic parameters work under postponed annotations (fault 31 of the classic)."""

    @tool
    def pay(m: Annotated[Money, "what to pay"], twice: bool = False) -> str:
        return f"{type(m).__name__} {m.amount} {twice}"

    assert pay.parameters["properties"]["m"]["description"] == "what to pay"
    assert pay.parameters["properties"]["m"]["title"] == "Money"
    assert run(pay, {"m": {"amount": "3"}}) == "Money 3.0 False"


def make_tool():
    class Color(enum.Enum):
        RED = "red"

    @dataclasses.dataclass
    class Inner:
        n: int

    @dataclasses.dataclass
    class Outer:
        inner: Inner
        color: Color = Color.RED

    class Row(TypedDict):
        outer: Outer

    @tool
    def use(outer: Outer, rows: list[Row] | None = None, context: ToolContext | None = None):
        assert isinstance(outer, Outer)
        assert isinstance(outer.inner, Inner)
        return [outer.inner.n, outer.color, rows, context.idempotency_key]

    return use


def test_local_classes_are_found_when_their_function_has_returned():
    """A tool defined inside a function knows the classes of that function, also nested in each other."""
    use = make_tool()
    context = ToolContext(run_id="r", agent="a", call_id="1", idempotency_key="k")
    assert set(use.parameters["properties"]) == {"outer", "rows"}
    arguments = {"outer": {"inner": {"n": "3"}}, "rows": [{"outer": {"inner": {"n": 4}, "color": "red"}}]}
    assert run(use, arguments, context) == '[3,"red",[{"outer":{"inner":{"n":4},"color":"red"}}],"k"]'


def test_local_classes_are_found_when_the_tool_is_a_local_method_or_a_wrapper():
    """Bound methods and wrapped functions resolve names where their code stands."""

    class Item(BaseModel):
        n: int

    class Shop:
        def sell(self, item: Item) -> int:
            return item.n

    def shout(fn):
        @functools.wraps(fn)
        def wrapper(*args, **kwargs):
            return fn(*args, **kwargs) * 2

        return wrapper

    @tool
    @shout
    def buy(item: Item) -> int:
        return item.n

    assert run(as_tool(Shop().sell), {"item": {"n": 3}}) == "3"
    assert run(buy, {"item": {"n": 3}}) == "6"


def test_schema_is_refused_when_a_name_exists_only_for_type_checkers():
    """The error names the annotation and the reason; executing without a schema still works."""

    def f(d: Decimal) -> str:
        return repr(d)

    found = as_tool(f, classic=True)
    with pytest.raises(ConfigError, match=r"annotation 'Decimal' of 'd' cannot be evaluated.*TYPE_CHECKING"):
        _ = found.schema
    assert run(found, {"d": "1.5"}) == "'1.5'"
