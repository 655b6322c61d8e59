"""Whatever is handed in where a tool is expected, as a tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..errors import ConfigError
from .tool import Tool


def as_tool(
    value: object,
    *,
    name: str | None = None,
    description: str | None = None,
    classic: bool = False,
    parallel: bool | None = None,
) -> Tool:
    """Read a callable, a tool, or ``{"function": schema, "fn": callable}`` as a tool.

    Args:
        value: what to read. A tool comes back as it is, or as a copy where something given here differs.
        name: replaces the name.
        description: replaces the description.
        classic: registered the classic way; parameters without annotation are then refused only when the
            schema is asked for, because `function_map` never asks.
        parallel: None: a tool keeps its own, a classic function runs alone, any other beside others.

    Raises:
        ConfigError: it is none of these, or cannot be a tool.
    """
    if isinstance(value, Tool):
        same = (
            name in (None, value.name)
            and description in (None, value.description)
            and parallel in (None, value.parallel)
            and (value.classic or not classic)
        )
        if same:
            return value
        return value.replace(name=name, description=description, parallel=parallel, classic=classic or value.classic)
    alone = classic if parallel is None else not parallel
    if isinstance(value, Mapping):
        return _from_mapping(cast(Mapping[str, Any], value), name, description, classic=classic, parallel=not alone)
    if hasattr(value, "list_tools"):
        raise ConfigError(f"{value!r} has many tools: give it by tools=[...], or register each of its list_tools()")
    if not callable(value):
        raise ConfigError(
            f"{value!r} is a {type(value).__name__}; a tool is a function, a Tool, or a dict "
            "{'function': {'name': ..., 'description': ..., 'parameters': {...}}, 'fn': callable}"
        )
    made = Tool(value, name=name, description=description, classic=classic, parallel=not alone)
    return made if classic else made.check()


def _from_mapping(
    value: Mapping[str, Any], name: str | None, description: str | None, *, classic: bool, parallel: bool
) -> Tool:
    fn, function = value.get("fn"), value.get("function")
    if not callable(fn) or not isinstance(function, Mapping):
        raise ConfigError(
            f"a tool as a dict needs 'function' (its schema) and 'fn' (the callable); found {sorted(value)}"
        )
    schema = cast(Mapping[str, Any], function)
    return Tool(
        fn,
        name=name if name is not None else schema.get("name"),
        description=description if description is not None else schema.get("description", ""),
        parameters=schema.get("parameters") or {"type": "object", "properties": {}},
        classic=classic,
        parallel=parallel,
    )
