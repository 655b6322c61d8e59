"""Mirror of `autogen.tools.function_utils`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...tools.result import to_text
from ...tools.tool import as_tool
from ..absent import no_more

__all__ = ["get_function_schema", "serialize_to_str"]


def get_function_schema(f: Callable[..., Any], *, name: str | None = None, description: str) -> dict[str, Any]:
    """Return the schema of a function as a model is sent it.

    Raises:
        ConfigError: a parameter has no annotation, or one that has no JSON Schema.
    """
    return as_tool(f, name=name, description=description, classic=True).schema


def serialize_to_str(x: Any) -> str:
    """Return what a model reads for the result of a tool: strings as they are, the rest as JSON."""
    return to_text(x)


__getattr__ = no_more(__name__)
