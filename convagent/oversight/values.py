"""Values as conditions meet them: how one is reached, what can be compared, and by which operations."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from enum import Enum
from typing import Any, Literal, cast

from ..errors import PolicyError

Op = Literal["<", "<=", ">", ">=", "==", "!=", "in", "contains", "matches"]


def _matches(found: Any, pattern: str) -> bool:
    return re.fullmatch(pattern, found) is not None


def _in(found: Any, values: Any) -> bool:
    return any(found == v for v in values)


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "in": _in, "contains": operator.contains, "matches": _matches,
}  # fmt: skip
SIMPLE = frozenset({str, int, float, bool, type(None)})
"""Types that are compared as they are; a float that is not finite was refused before."""


def step(value: Any, name: str) -> Any:
    """Return what a value holds by a name: an entry, an element, an attribute."""
    if isinstance(value, dict):
        return value[name]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, (list, tuple)):
        return value[int(name)]  # pyright: ignore[reportUnknownVariableType]
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        return value[name]
    return getattr(value, name)


def comparable(value: Any, ref: object) -> Any:
    """Return a value such that equal things are equal: enumerations by their value, lists as tuples.

    Raises:
        PolicyError: it is, or holds, a number that is not finite; `ref` is what it is called.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, (list, tuple)):
        return tuple(comparable(v, ref) for v in cast("list[Any]", value))
    if isinstance(value, dict):
        return {k: comparable(v, ref) for k, v in cast("dict[Any, Any]", value).items()}
    if not is_finite(value):
        raise PolicyError(f"{ref} is {value}, which cannot be compared")
    return value


def is_finite(value: Any) -> bool:
    """Say whether a value is no NaN and no infinity."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not hasattr(value, "is_finite") or bool(value.is_finite())  # Decimal


def path_text(path: tuple[str, ...]) -> str:
    """Return the names that a reference follows as they are written: ``.order[0]``."""
    text = ""
    for name in path:
        plain = name.isidentifier() and not name.startswith("_") and name not in ("in_", "contains", "matches")
        text += f".{name}" if plain else f"[{name}]" if name.isdecimal() else f"[{name!r}]"
    return text


def short(value: Any) -> str:
    """Return the print of a value for a message."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
