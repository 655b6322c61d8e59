"""What a policy holds of a user's program, by name: functions, pydantic models, members of enumerations."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from importlib import import_module
from types import FunctionType
from typing import Any, cast

from ..errors import ConfigError


def named_function(fn: Callable[..., Any]) -> str:
    """Return ``module:name`` of a function.

    Raises:
        ConfigError: it cannot be imported by a name.
    """
    if not isinstance(fn, FunctionType):
        raise ConfigError(f"{fn!r} is a {type(fn).__name__}; only a plain function of a module can be named")
    return _named(fn, "function")


def named_model(model: Any) -> str:
    """Return ``module:name`` of a pydantic model.

    Raises:
        ConfigError: it cannot be imported by a name.
    """
    if not isinstance(model, type):
        raise ConfigError(f"form={model!r} is an object; only a class of a module can be named")
    return _named(model, "form")


def named_value(member: Enum) -> str:
    """Return ``module:class.NAME`` of a member of an enumeration.

    Raises:
        ConfigError: it cannot be imported by a name.
    """
    return f"{_named(type(member), 'enumeration')}.{member.name}"


def resolve_function(name: Any) -> Callable[..., Any]:
    """Return the function of a name.

    Raises:
        ConfigError: it is not there, or no function.
    """
    found = _resolved(name, "function")
    if not isinstance(found, FunctionType):
        raise ConfigError(f"function {name!r} is now a {type(found).__name__}; expected a plain function")
    return found


def resolve_model(name: Any) -> Any:
    """Return the pydantic model of a name.

    Raises:
        ConfigError: it is not there, or no model.
    """
    found = _resolved(name, "form")
    if not isinstance(found, type) or not hasattr(found, "model_json_schema"):
        raise ConfigError(f"form {name!r} is no pydantic model any more")
    return cast(Any, found)


def resolve_value(name: Any) -> Enum:
    """Return the member of an enumeration of a name.

    Raises:
        ConfigError: it is not there, or no such member.
    """
    found = _resolved(name, "enumeration")
    if not isinstance(found, Enum):
        raise ConfigError(f"enumeration {name!r} has no such member any more")
    return found


def _named(value: Any, what: str) -> str:
    module, qualname = value.__module__, value.__qualname__
    if "<" in qualname:
        kind = "a lambda" if "<lambda>" in qualname else "inside another function"
        raise ConfigError(f"{what} {qualname} is {kind}, which no other process can find; define it in a module")
    if module == "__main__":
        raise ConfigError(
            f"{what} {qualname} stands in the program that was started, which another process does not have; "
            "move it into a module and import it"
        )
    name = f"{module}:{qualname}"
    if _resolved(name, what) is not value:
        raise ConfigError(f"{what} {name} is another object than the one in the policy; give it a name of its own")
    return name


def _resolved(name: Any, what: str) -> object:
    module, colon, qualname = name.partition(":") if isinstance(name, str) else ("", "", "")
    if not module or not colon or not qualname:
        raise ConfigError(f"{what} {name!r} is no name; expected 'module:name'")
    try:
        found: object = import_module(module)
        for step in qualname.split("."):
            found = getattr(found, step)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ConfigError(f"{what} {name!r} cannot be imported: {error}") from None
    return found
