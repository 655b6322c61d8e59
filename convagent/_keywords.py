"""What a function was given that it does not take: the error says what was meant, where Python's would not."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from .errors import ArgumentError, nearest

P = ParamSpec("P")
R = TypeVar("R")


def says_what_it_takes(fn: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function that users write: what does not fit its signature raises `ArgumentError`."""

    @functools.wraps(fn)
    def wrapped(*args: P.args, **given: P.kwargs) -> R:
        try:
            return fn(*args, **given)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise  # it was called, and failed inside
            raise ArgumentError(_misfit(fn, given, error)) from None

    return wrapped


def _misfit(fn: Callable[..., Any], given: dict[str, Any], error: TypeError) -> str:
    parameters = inspect.signature(fn).parameters
    known = [
        name for name, p in parameters.items() if name != "self" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    unknown = [name for name in given if name not in known]
    if not unknown:
        _, _, what = str(error).partition("() ")
        return f"{fn.__name__}() {what}"
    return "; ".join(_unexpected(fn.__name__, name, known) for name in unknown)


def _unexpected(function: str, name: str, known: list[str]) -> str:
    near = nearest(name, known)
    hint = f"did you mean {near!r}?" if near else f"expected {', '.join(known)}" if known else "it takes none"
    return f"{function}(): unexpected keyword {name!r}; {hint}"
