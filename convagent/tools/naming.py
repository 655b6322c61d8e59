"""What a tool is called, and what it says of itself: as somebody said, or as its function does."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from ..errors import ConfigError

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def check_name(name: object, what: str = "tool") -> str:
    """Return a name that every provider accepts.

    Raises:
        ConfigError: it has other characters, none, or more than 64.
    """
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    hint = ""
    if isinstance(name, str) and name:
        hint = f", for example {re.sub(r'[^a-zA-Z0-9_-]', '_', name)[:64]!r}"
    raise ConfigError(
        f"{what} name {name!r} is not 1 to 64 letters, digits, '_' and '-'; choose another with name={hint}"
    )


def tool_name(given: str | None, fn: Callable[..., Any], code: Any) -> str:
    """Return what the tool made of a callable is called; a class or an object is not called after its method.

    Args:
        given: what it is to be called; None: as the callable is.
        fn: the callable.
        code: what is called in the end: of a partial its function, of a class its `__init__`.

    Raises:
        ConfigError: it is a lambda, or the name cannot be sent to a model.
    """
    name: object = given if given is not None else getattr(code, "__name__", "")
    if name == "<lambda>":
        raise ConfigError("a lambda has no name that a model could call; pass name=")
    if not inspect.isroutine(fn) and name in ("__init__", "__call__"):
        name = getattr(fn, "__name__", None) or type(fn).__name__
    return check_name(name)


def docstring_of(fn: Callable[..., Any], code: Any) -> str:
    """Return what a callable says of itself: its own docstring, not one that every class or object has."""
    found = inspect.getdoc(code) if inspect.isroutine(code) else None
    if code is not fn and getattr(code, "__name__", "") in ("__init__", "__call__"):
        own = fn if inspect.isclass(fn) else type(fn)
        generic = getattr(object, code.__name__, None)
        found = (None if generic and found == generic.__doc__ else code.__doc__) or own.__doc__
    return inspect.cleandoc(found or "")
