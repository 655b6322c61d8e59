"""Events and values from JSON. Nothing is run, and no name in it is looked up but those of our own fields."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from .. import events
from ..errors import ConfigError
from ..events import Event, stamp
from .format import ENVELOPE, VERSION, Record, RecordedError, written_fields

V = TypeVar("V")


def read(text: str) -> Event:
    """Return the event that `write` wrote; a `Record`, if this version does not know it.

    Raises:
        ConfigError: the text is no event.
    """
    found = dict(_parsed(text))
    run_id, seq, at = (found.pop(name, nothing) for name, nothing in zip(ENVELOPE, ("", 0, 0.0), strict=True))
    if not isinstance(run_id, str) or not _is_number(seq) or not _is_number(at):
        raise ConfigError("an event as JSON: run_id, seq or at is no text and numbers")
    return read_body(found, run_id, seq, at)


def read_body(body: Mapping[str, Any], run_id: str = "", seq: int = 0, at: float = 0.0) -> Event:
    """Return the event that `write_body` wrote; a `Record`, if this version does not know it.

    Raises:
        ConfigError: it is of a type that is known, and does not have what belongs to it.
    """
    kind, version = body.get("type"), body.get("v")
    if not isinstance(kind, str) or type(version) is not int:
        raise ConfigError(f"an event as JSON has a v and a type; found only {', '.join(body) or 'nothing'}")
    found = _events().get(kind)
    given = {name: value for name, value in body.items() if name not in ("v", "type")}
    if found is None or version > VERSION or not given.keys() <= _readers(found).keys():
        agent = given.get("agent", "")
        rest = {name: revived(value) for name, value in body.items() if name not in ("type", "agent")}
        event: Event = Record(kind=kind, body=rest, agent=agent if isinstance(agent, str) else "")
    else:
        event = _made(found, given, kind)
    stamp(event, run_id, seq, at)
    return event


def read_value(kind: type[V], text: str) -> V:
    """Return the value that `write_value` wrote.

    Raises:
        ConfigError: it is no such value.
    """
    return made(kind, _parsed(text))


def made(kind: type[V], given: object) -> V:
    """Return the value that `write_value` wrote, from what JSON made of it.

    Raises:
        ConfigError: it is no such value.
    """
    return _made(kind, _an_object(given), kind.__name__)


def revived(value: Any) -> Any:
    """Return a value as it was before `encode`, where JSON has no word for it.

    Raises:
        ConfigError: it says that it is something that it cannot be.
    """
    if isinstance(value, list):
        return [item if type(item) in _LEAVES else revived(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    found = cast("dict[str, Any]", value)
    read_it = _KINDS.get(found["$is"]) if isinstance(found.get("$is"), str) and len(found) == 2 else None
    if read_it is None:
        return {name: item if type(item) in _LEAVES else revived(item) for name, item in found.items()}
    try:
        return read_it(found["value"])
    except (ValueError, TypeError, ArithmeticError, KeyError) as error:
        raise ConfigError(f"{found!r} is no {found['$is']}: {error}") from None


_LEAVES = frozenset((str, int, float, bool, type(None)))

_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
    "uuid": UUID,
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "set": lambda items: set(revived(items)),
    "float": float,
    "object": lambda items: {name: revived(item) for name, item in items},
}


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"a stored value is no JSON: {error}") from None
    return _an_object(found)


def _an_object(found: object) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise ConfigError(f"a stored value is a {type(found).__name__}; expected an object")
    return cast("dict[str, Any]", found)


@cache
def _events() -> Mapping[str, type[Event]]:
    """Return the classes of events by their type."""
    found = (getattr(events, name) for name in events.__all__)
    return {kind.type: kind for kind in found if isinstance(kind, type) and issubclass(kind, Event)}


@cache
def _readers(kind: type) -> Mapping[str, Callable[[Any], Any]]:
    hints = get_type_hints(kind)
    return {name: _reader(hints[name]) for name, _ in written_fields(kind)}


def _made(kind: type[V], given: Mapping[str, Any], what: str) -> V:
    """Make a value of a class from its fields."""
    readers = _readers(kind)
    if not given.keys() <= readers.keys():
        unknown = sorted(given.keys() - readers.keys())
        raise ConfigError(f"{what}: {', '.join(unknown)}: this convagent knows no such field")
    values: dict[str, Any] = {}
    for name, value in given.items():
        try:
            values[name] = readers[name](value)
        except _Unfit as error:
            raise ConfigError(f"{what}: {name}: {error}") from None
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"{what}: {error}") from None


class _Unfit(Exception):
    """A value does not have the type of its field."""


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return a function that reads the value of a field of this type."""
    if hint is Any or hint is object:
        return revived
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _one_of([_reader(argument) for argument in arguments])
    if origin is Literal:
        return _word(arguments)
    if origin is tuple:
        return _row(_reader(arguments[0]))
    if hint in (type(None), str, int, float, bool):
        return _simple(hint)
    if isinstance(hint, type) and issubclass(hint, BaseException):
        return _error
    known = cast(Any, hint)
    if hasattr(known, "__dataclass_fields__"):
        return _nested(known)
    return revived  # a Mapping, a Sequence, a TypedDict: as it is


def _simple(kind: type) -> Callable[[Any], Any]:
    def read_it(value: Any) -> Any:
        if type(value) is kind:
            return value
        found = revived(value)  # a NaN is an object
        right = isinstance(found, (int, float)) if kind is float else isinstance(found, kind)
        if not right or (isinstance(found, bool) and kind is not bool):
            raise _Unfit(f"{found!r} is no {kind.__name__}")
        return found

    return read_it


def _word(words: tuple[Any, ...]) -> Callable[[Any], Any]:
    def read_it(value: Any) -> Any:
        if value not in words:
            raise _Unfit(f"{value!r} is not one of {', '.join(map(str, words))}")
        return value

    return read_it


def _row(read_item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_it(value: Any) -> Any:
        if not isinstance(value, list):
            raise _Unfit(f"{value!r} is no list")
        return tuple([read_item(item) for item in cast("list[Any]", value)])

    return read_it


def _one_of(readers: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def read_it(value: Any) -> Any:
        *others, last = readers
        for one in others:
            try:
                return one(value)
            except (_Unfit, ConfigError):
                continue  # it is one of the others
        return last(value)

    return read_it


def _nested(kind: type[Any]) -> Callable[[Any], Any]:
    def read_it(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _Unfit(f"{value!r} is no {kind.__name__}")
        return _made(kind, cast("dict[str, Any]", value), kind.__name__)

    return read_it


def _error(value: Any) -> RecordedError:
    match value:
        case {"type": str(kind), "text": str(text)}:
            return RecordedError(kind, text)
        case _:
            raise _Unfit(f"{value!r} is no type and text of an error")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
