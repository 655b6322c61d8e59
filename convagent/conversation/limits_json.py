"""Limits as JSON and back, so that a run keeps them when another process goes on with it.

A function is named ``module:name`` and imported again: the JSON of a limit is as trusted as code. What is not
understood, an unknown field included, is refused: no run goes on with fewer limits than it had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from ..errors import ConfigError
from ..oversight._names import named_function, resolve_function
from .limit_kinds import MaxCost, MaxMessages, MaxRounds, MaxTime, MaxTokens, MaxTurns, TextSaid, Until
from .limits import AllOf, AnyOf, Limit

_PLAIN: dict[str, type[Limit]] = {
    kind.__name__: kind for kind in (MaxTurns, MaxRounds, MaxMessages, MaxTokens, MaxCost, MaxTime, TextSaid)
}
_JOINED: dict[str, type[AnyOf] | type[AllOf]] = {"any of": AnyOf, "all of": AllOf}


def to_json(limit: Limit) -> dict[str, Any]:
    """Return a limit as plain JSON values.

    Raises:
        ConfigError: a part cannot be written: a lambda, a local function, a limit of the user's own.
    """
    if isinstance(limit, (AnyOf, AllOf)):
        word = "any of" if isinstance(limit, AnyOf) else "all of"
        return {"is": word, "limits": [to_json(part) for part in limit.limits]}
    if isinstance(limit, Until):
        return {"is": "Until", "fn": named_function(limit.fn)}
    if _PLAIN.get(type(limit).__name__) is not type(limit):
        raise ConfigError(
            f"{limit}: a {type(limit).__qualname__} cannot be written as JSON; write it as Until(function of a module)"
        )
    return {"is": type(limit).__name__, **{name: getattr(limit, name) for name in _fields(type(limit))}}


def from_json(value: Any) -> Limit:
    """Return the limit that `to_json` wrote.

    Raises:
        ConfigError: it is of another form, or names what cannot be imported.
    """
    if not isinstance(value, Mapping):
        raise ConfigError(f"{value!r} is no limit as JSON; expected what to_json() returns")
    value = cast("Mapping[str, Any]", value)
    found = dict(value)
    what = found.pop("is", None)
    if what in _JOINED:
        parts = _given(value, found, ["limits"])["limits"]
        if not isinstance(parts, list) or len(cast("list[Any]", parts)) < 2:
            raise ConfigError(f"{value!r} joins nothing; expected a list of limits")
        return _JOINED[what](tuple(from_json(part) for part in cast("list[Any]", parts)))
    if what == "Until":
        return Until(resolve_function(_given(value, found, ["fn"])["fn"]))
    if what not in _PLAIN:
        raise ConfigError(f"{what!r} is no kind of limit that this convagent knows")
    return _PLAIN[what](**_given(value, found, _fields(_PLAIN[what])))


def _fields(kind: type[Limit]) -> list[str]:
    return [field.name for field in fields(cast(Any, kind))]


def _given(value: Any, found: dict[str, Any], names: list[str]) -> dict[str, Any]:
    if set(found) != set(names):
        raise ConfigError(f"{value!r} has the fields {sorted(found)}; expected {sorted(names)}")
    return found
