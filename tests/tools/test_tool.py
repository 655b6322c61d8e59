"""Tools and sets of them."""

import inspect
import subprocess
import sys

import pytest

from convagent.errors import ConfigError
from convagent.tools.as_tool import as_tool
from convagent.tools.classic import get_function_schema, load_basemodels_if_needed
from convagent.tools.tool import Tool, ToolSet, tool


def look(city: str) -> str:
    """Look up the weather.

    In one city.
    """
    return f"fine in {city}"


def test_tool_has_the_functions_name_and_docstring_when_nothing_is_said():
    """And states the careful defaults."""
    found = tool(look)
    assert (found.name, found.description) == ("look", "Look up the weather.\n\nIn one city.")
    assert (found.parallel, found.effect, found.classic, found.is_async) == (True, "unsafe", False, False)
    assert repr(found) == "Tool('look')"


def test_tool_is_what_the_decorator_says_when_it_has_arguments():
    """Name, description, effect and concurrency."""

    @tool(name="other", description="Other.", parallel=False, effect="read")
    async def found(n: int) -> int:
        return n

    assert (found.name, found.description, found.parallel, found.effect) == ("other", "Other.", False, "read")
    assert found.is_async


def test_tool_is_still_its_function_when_it_is_called():
    """Decorating takes nothing away."""
    found = tool(look)
    assert found("Rome") == found(city="Rome") == "fine in Rome"
    assert found.__name__ == "look"
    assert inspect.signature(found) == inspect.signature(look)


def test_tool_binds_when_it_is_a_method():
    """`self` is no argument of the model's; a static method needs none."""

    class Shop:
        def __init__(self, price: int) -> None:
            self.price = price

        @tool
        def buy(self, count: int) -> int:
            """Buy some."""
            return self.price * count

        @tool
        @staticmethod
        def open_at(hour: int) -> bool:
            return hour > 8

    shop = Shop(3)
    assert shop.buy(2) == 6
    assert shop.buy.parameters["properties"] == {"count": {"type": "integer", "description": "count"}}
    assert shop.buy.description == "Buy some."
    assert shop.open_at(9) is True


@pytest.mark.parametrize("name", ["", "two words", "a" * 65, "naïve", "x\n", "a.b"])
def test_name_is_refused_when_providers_would(name):
    """The error shows the name and how to choose another."""
    with pytest.raises(ConfigError, match="is not 1 to 64 letters, digits"):
        tool(look, name=name)
    with pytest.raises(ValueError, match="tool name"):
        tool(look, name=name)


def test_name_is_asked_for_when_a_lambda_has_none():
    """No tool is called `<lambda>`."""
    with pytest.raises(ConfigError, match="a lambda has no name that a model could call; pass name="):
        as_tool(lambda: 1)
    assert as_tool(lambda: 1, name="one").name == "one"


@pytest.mark.parametrize(
    ("value", "words"),
    [(3, "3 is a int; a tool is a function"), ({"fn": look}, "needs 'function'"), ({"function": {}}, "and 'fn'")],
)
def test_value_is_refused_when_it_is_no_tool(value, words):
    """The error says what is one."""
    with pytest.raises(ConfigError, match=words):
        as_tool(value)


def test_effect_is_refused_when_it_is_misspelt():
    """With the right word suggested."""
    with pytest.raises(ConfigError, match="effect='reed' is not one of read, idempotent, unsafe; did you mean read"):
        tool(look, effect="reed")


def test_tool_comes_back_when_it_is_read_again():
    """The same one if nothing differs, a copy with the rest unchanged if something does."""
    found = tool(look, parallel=False, effect="read")
    assert as_tool(found) is found
    assert as_tool(found, name="look") is found
    copy = as_tool(found, name="other", classic=True)
    assert (copy.name, copy.classic, copy.parallel, copy.effect, copy.fn) == ("other", True, False, "read", look)
    assert as_tool(copy) is copy
    assert found.classic is False


def test_classic_function_runs_alone_when_nothing_is_said():
    """Scripts with thread-bound connections expect it; they may opt in."""
    assert as_tool(look, classic=True).parallel is False
    assert as_tool(look, classic=True, parallel=True).parallel is True
    assert as_tool(look).parallel is True


def test_schema_is_made_once_when_it_is_asked_for_often():
    """The same object each time."""
    found = tool(look)
    assert found.schema is found.schema
    assert found.schema["function"]["parameters"] is found.parameters


def test_set_keeps_order_and_replaces_when_tools_are_added():
    """As the classic: a replaced tool moves to the end."""
    a, b, c = (tool(look, name=name) for name in "abc")
    tools = ToolSet([a, b, c])
    again = tool(look, name="a")
    assert tools.add(again) is a
    assert list(tools) == [b, c, again]
    assert tools.get("a") is again
    assert tools.get("z") is None
    assert ("b" in tools, "z" in tools, c in tools, a in tools) == (True, False, True, False)
    assert len(tools) == 3
    assert tools.remove("b") is b
    assert tools.remove("b") is None
    assert repr(tools) == "ToolSet(c, a)"


def test_schemas_are_made_anew_only_when_the_set_changes():
    """A turn costs nothing for them."""
    tools = ToolSet([tool(look)])
    before = tools.schemas()
    assert tools.schemas() is before
    copy = tools.copy()
    copy.add(tool(look, name="other"))
    assert [s["function"]["name"] for s in copy.schemas()] == ["look", "other"]
    assert tools.schemas() is before


def test_nothing_heavy_is_imported_when_plain_tools_are_made_and_called():
    """Neither pydantic nor jsonschema: str, int, float and bool need neither."""
    program = """
import asyncio, sys, time
from convagent.tools.invoke import invoke
from convagent.tools.tool import tool
@tool
def add(a: int, b: float = 0.5, c: "str | None" = None) -> float:
    return a + b
@tool
def plain(a: int, b: float = 0.5, c: str = "", d: bool = False) -> float:
    return a + b
async def call(fn, **kwargs):
    return fn(**kwargs)
plain.schema
outcome = asyncio.run(invoke(plain, {"a": 1}, call_id="", context=None, call=call, timer=time.perf_counter))
assert outcome.content == "1.5", outcome
print(sorted({"pydantic", "jsonschema", "openai", "anyio", "prompt_toolkit"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_classic_helpers_work_when_scripts_import_them():
    """`get_function_schema` and `load_basemodels_if_needed`."""
    from pydantic import BaseModel

    class Money(BaseModel):
        amount: float

    def pay(m: Money, n: int = 1) -> str:
        return f"{m.amount} {n}"

    assert get_function_schema(look, name="x", description="d")["function"]["name"] == "x"
    assert load_basemodels_if_needed(pay)(m={"amount": 3}) == "3.0 1"


def test_tool_can_be_made_by_its_class_when_no_decorator_fits():
    """`Tool(fn, ...)` is what the decorator calls."""
    assert Tool(look, name="x").schema["function"]["name"] == "x"


def test_tool_can_be_imported_from_the_package_and_from_its_module() -> None:
    """`from convagent.tools import tool` is the decorator, whatever was imported before."""
    import importlib

    import convagent.tools
    import convagent.tools.tool

    assert convagent.tools.tool is tool
    assert convagent.tools.Tool is Tool
    assert importlib.import_module("convagent.tools.tool").tool is tool
