"""Helpers that classic scripts import from `autogen.tools`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .result import to_text
from .signature import is_async
from .tool import Tool


def get_function_schema(f: Callable[..., Any], *, name: str | None = None, description: str) -> dict[str, Any]:
    """Return the tool schema of a function.

    Raises:
        ConfigError: a parameter without a default has no annotation.
    """
    return Tool(f, name=name, description=description).schema


def load_basemodels_if_needed(func: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function so that JSON values become what its annotations say: models, dataclasses, enums."""
    found = Tool(func, classic=True)

    def convert(kwargs: dict[str, Any]) -> dict[str, Any]:
        return found.binder.validate(kwargs)

    if is_async(func):

        @functools.wraps(func)
        async def awaited(**kwargs: Any) -> Any:
            return await func(**convert(kwargs))

        return awaited

    @functools.wraps(func)
    def called(**kwargs: Any) -> Any:
        return func(**convert(kwargs))

    return called


def serialize_to_str(x: Any) -> str:
    """Return the text of a tool's result."""
    return to_text(x)
