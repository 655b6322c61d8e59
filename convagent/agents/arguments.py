"""What a call was given that it does not take: the error names what the user wrote, and what was meant."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec

from ..errors import ArgumentError, nearest
from .absent import MEMBERS

P = ParamSpec("P")


def named_for_users(init: Callable[P, None]) -> Callable[P, None]:
    """Wrap a constructor that subclasses pass their keywords on to.

    What does not fit its signature raises `ArgumentError`, which names the class that was called.
    """

    @functools.wraps(init)
    def wrapped(*args: P.args, **given: P.kwargs) -> None:
        try:
            init(*args, **given)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise  # it was called, and failed inside
            raise _misfit(type(args[0]), init, given, error) from None

    return wrapped


def _misfit(kind: type[Any], init: Callable[..., Any], given: Iterable[str], error: TypeError) -> ArgumentError:
    taken = inspect.signature(init).parameters
    unknown = [name for name in given if name not in taken]
    if not unknown:
        _, _, what = str(error).partition("() ")
        return ArgumentError(f"{kind.__name__}() {what}")
    known = {name for base in kind.__mro__ if base is not object for name in _parameters(base)}
    return ArgumentError(f"{kind.__name__}(): " + "; ".join(_unexpected(name, known) for name in unknown))


def _parameters(kind: type[Any]) -> Iterable[str]:
    init = vars(kind).get("__init__")
    return () if init is None else inspect.signature(init).parameters.keys() - {"self", "args", "kwargs"}


def _unexpected(name: str, known: Iterable[str]) -> str:
    if name in MEMBERS:
        return f"keyword {name!r}: {MEMBERS[name]}"
    near = nearest(name, known)
    return f"unexpected keyword {name!r}" + (f"; did you mean {near!r}?" if near else "")


def check_context(context: Iterable[str], unset: Iterable[str], read: bool) -> None:
    """Refuse further keywords of a chat that look like a misspelt argument of it.

    They are the context of a message function, so any name may be right: only those near an argument
    that was left out are doubted, and where a function reads them they raise no more than a warning.

    Args:
        context: the keywords.
        unset: the arguments that were not given.
        read: whether a function reads the context.

    Raises:
        ArgumentError: nothing reads the keyword, and it is near an argument.
    """
    left_out = list(unset)
    for name in context:
        meant = nearest(name, left_out, cutoff=0.8) if name not in left_out else None
        if meant is None:
            continue
        if not read:
            raise ArgumentError(f"unexpected keyword {name!r} of a chat; did you mean {meant!r}?")
        warnings.warn(
            f"keyword {name!r} of a chat goes to its message function; if {meant!r} was meant, it is not set",
            UserWarning,
            stacklevel=6,  # whoever called initiate_chat()
        )
