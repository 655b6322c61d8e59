"""The agents that `module:function` names."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

from ..agents.conversable import ConversableAgent
from ..errors import ConfigError, nearest
from .logs import hidden, secrets

Team = Callable[[], Sequence[ConversableAgent]]
"""Makes agents, fresh at each call."""


def team_of(name: str) -> Team:
    """Return the function that `module:function` names; each call checks what it returns.

    Raises:
        ConfigError: there is none.
    """
    found = named_value(name, "agents")
    if not callable(found) or isinstance(found, type):
        raise ConfigError(
            f"{name} is {_a(found)}; expected a function without arguments that returns agents, "
            "because each run gets agents of its own"
        )
    return lambda: _checked(name, _called(name, found))


def agents_of(name: str) -> Sequence[ConversableAgent]:
    """Return the agents of `module:function`, or of a list of that name.

    Raises:
        ConfigError: there are none.
    """
    found = named_value(name, "agents")
    return _checked(name, found) if isinstance(found, (list, tuple)) else team_of(name)()


def named_value(name: str, what: str) -> Any:
    """Return what `module:name` names, looking for the module in the current folder, too.

    Raises:
        ConfigError: there is nothing of that name; or its module cannot be imported, and why.
    """
    module, colon, path = name.partition(":")
    if not colon or not module or not path:
        raise ConfigError(f"{name!r} names no {what}; expected MODULE:NAME, such as app:team")
    if module.endswith(".py") or "/" in module:
        raise ConfigError(f"{name!r}: expected a module, not a file, such as {_as_module(module)}:{path}")
    found: Any = _imported(module, name)
    for part in path.split("."):
        if not hasattr(found, part):
            near = nearest(part, [known for known in dir(found) if not known.startswith("_")])
            raise ConfigError(f"{name}: {module} has no {part!r}" + (f"; did you mean {near}?" if near else ""))
        found = getattr(found, part)
    return found


def _as_module(file: str) -> str:
    return file.removesuffix(".py").strip("./").replace("/", ".") or "app"


def _imported(module: str, name: str) -> Any:
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise ConfigError(f"{name}: {module} cannot be imported: {_said(error)}") from error
        raise ConfigError(
            f"{name}: there is no module {error.name!r} in this folder or among what is installed"
        ) from None
    except Exception as error:
        raise ConfigError(f"{name}: {module} cannot be imported: {type(error).__name__}: {_said(error)}") from error


def _called(name: str, function: Callable[[], Any]) -> Any:
    try:
        return function()
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"{name}() failed: {type(error).__name__}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """Return what an error of the user's code says, as it may be printed, and kept with a run that it blocks."""
    return hidden(str(error), secrets())


def _checked(name: str, found: Any) -> Sequence[ConversableAgent]:
    if inspect.iscoroutine(found):
        found.close()
        raise ConfigError(f"{name} is async; expected a plain function that returns agents")
    given: Sequence[Any] = cast("Sequence[Any]", found) if isinstance(found, (list, tuple)) else ()
    if not given:
        raise ConfigError(f"{name} gives {_a(found)}; expected a list of agents")
    for one in given:
        if not isinstance(one, ConversableAgent):
            raise ConfigError(f"{name} gives {_a(one)} among its agents; expected agents only")
    names = [one.name for one in given]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise ConfigError(f"{name} gives two agents named {twice!r}; a run finds its agents by their names")
    return given


def _a(value: Any) -> str:
    if value is None:
        return "nothing"
    if value in ([], ()):
        return "no agents"
    return repr(value) if isinstance(value, (str, int, float, bool)) else f"a {type(value).__name__}"
