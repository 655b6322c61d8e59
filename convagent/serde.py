"""Events and the values in them as JSON and back, versioned.

    read(write(event)) == event

A field that has its default is left out. What JSON has no word for (a `Decimal`, a date, bytes, a NaN) is
an object with `$is`; of a model, a dataclass or any other object that a tool was given stays what
`Action.digest` sees of it. Functions, and fields whose names begin with ``_``, are not written.

Reading runs no code. What this version does not know, an event of a later one or a field it has not,
comes back as a `Record`, and is written again as it was.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from . import events
from .action import Action, Failure
from .errors import ConfigError
from .events import Event, MessageEvent, stamp
from .human import Decision, Grant, HumanReply, HumanRequest, Offer, Seat
from .messages import Usage, resolve_content

V = TypeVar("V")

VERSION = 1
DEEPEST = 200
"""How many containers may stand inside each other; instead of a deeper one a text is written that says so."""
_ENVELOPE = ("run_id", "seq", "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Event):
    """An event that this version does not know, as it was written."""

    type: ClassVar[str] = "record"

    kind: str
    """What type of event it says it is."""
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Its fields, and the version that wrote it."""


class RecordedError(Exception):
    """An error that was stored: what is left of one is its type and its text."""

    def __init__(self, type: str, text: str) -> None:
        super().__init__(text)
        self.type = type
        """The name of the exception's class."""
        self.text = text

    def __repr__(self) -> str:
        return f"{self.type}: {self.text}"


# ---------------------------------------------------------------- the face


def write(event: Event) -> str:
    """Return an event as one line of JSON."""
    return encode({**_event(event), **{name: getattr(event, name) for name in _ENVELOPE}})


def read(text: str) -> Event:
    """Return the event that `write` wrote; a `Record`, if this version does not know it.

    Raises:
        ConfigError: the text is no event.
    """
    found = dict(_parsed(text))
    run_id, seq, at = (found.pop(name, nothing) for name, nothing in zip(_ENVELOPE, ("", 0, 0.0), strict=True))
    if not isinstance(run_id, str) or not _is_number(seq) or not _is_number(at):
        raise ConfigError("an event as JSON: run_id, seq or at is no text and numbers")
    return read_body(found, run_id, seq, at)


def write_body(event: Event) -> str:
    """Return what happened as one line of JSON, without `run_id`, `seq` and `at`, which stand beside it in a row."""
    return encode(_event(event))


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


def write_value(value: object) -> str:
    """Return one of our values (an `Action`, a `HumanRequest`, ...), or what a tool was given, as JSON."""
    return encode(value)


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


# ---------------------------------------------------------------- writing


def encode(value: object) -> str:
    """Return any value as JSON on one line, in ASCII."""
    try:
        text = _QUICK.encode(value)
    except (ValueError, TypeError, RecursionError):  # NaN, a container that holds itself, a key that is no text
        return _QUICK.encode(_tree(value, ()))
    # Only then may a mapping of the user's have to be told from one of ours.
    return _QUICK.encode(_tree(value, ())) if '"$is"' in text else text


class _Tag(dict[str, Any]):
    """What stands for a value that JSON has no word for."""

    def __init__(self, kind: str, value: Any) -> None:
        super().__init__({"$is": kind, "value": value})


def _event(event: Event) -> dict[str, Any]:
    if isinstance(event, Record):
        return {**event.body, "type": event.kind, **({"agent": event.agent} if event.agent else {})}
    if isinstance(event, MessageEvent) and callable(event.message.get("content")):
        event = replace(event, message={**event.message, "content": resolve_content(event.message)})
    return {"v": VERSION, "type": event.type, **own(event)}


def own(value: Any) -> dict[str, Any]:
    """Return the fields of a value, one of a dataclass, that are not as by default, for `read_value`."""
    found: dict[str, Any] = {}
    for name, default in _fields(cast("type[Any]", value.__class__)):
        item = getattr(value, name)
        if item is not default and not (type(item) is type(default) and item == default):
            found[name] = item
    return found


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Return the names of the fields that are written, and their defaults."""
    stamped = _ENVELOPE if Event in kind.__mro__ else ()
    return tuple(
        (f.name, f.default if f.default_factory is MISSING else f.default_factory())
        for f in fields(kind)
        if not f.name.startswith("_") and f.name not in stamped
    )


_OURS = frozenset((Action, Decision, Failure, Grant, HumanReply, HumanRequest, Offer, Seat, Usage))


def _plain(value: Any) -> Any:
    """Return what is written for a value that JSON has no word for."""
    if type(value) in _OURS or isinstance(value, Event):
        return own(value)
    found: object = value
    match found:
        case Decimal():
            return _Tag("decimal", str(value))
        case datetime():
            return _Tag("datetime", value.isoformat())
        case date():
            return _Tag("date", value.isoformat())
        case time():
            return _Tag("time", value.isoformat())
        case timedelta():
            return _Tag("timedelta", [value.days, value.seconds, value.microseconds])
        case UUID():
            return _Tag("uuid", str(value))
        case bytes() | bytearray():
            return _Tag("bytes", base64.b64encode(value).decode())
        case set() | frozenset():
            return _Tag("set", sorted(cast("Iterable[Any]", value), key=repr))
        case Mapping():
            return dict(cast("Mapping[Any, Any]", value))
        case RecordedError():
            return {"type": value.type, "text": value.text}
        case BaseException():
            return {"type": type(value).__name__, "text": str(value)}
        case _:
            return _object(value)


def _object(value: Any) -> Any:
    name: str = type(value).__qualname__
    if callable(value):  # its repr would hold an address
        return [name, getattr(value, "__qualname__", name)]
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    try:
        return [name, str(value)]
    except Exception as error:  # noqa: BLE001 - it is the user's; what can be said of it is written
        return [name, f"({type(error).__name__} in its __str__)"]


_QUICK = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_plain)


def _tree(value: Any, above: tuple[int, ...]) -> Any:
    """Return a value of nothing but what JSON has words for; `above` are the containers that it stands in."""
    if isinstance(value, Enum) and isinstance(value, (str, int)):
        return value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$is": "float", "value": str(value)}
    if id(value) in above:
        return "(nested in itself)"
    if len(above) >= DEEPEST:
        return "(nested too deeply)"
    above = (*above, id(value))
    if type(value) is _Tag:
        return {"$is": value["$is"], "value": _tree(value["value"], above)}
    if isinstance(value, dict):
        items = [(_key(k), _tree(v, above)) for k, v in cast("dict[Any, Any]", value).items()]
        # A user's "$is" is told from ours by standing in a list of pairs.
        return {"$is": "object", "value": [list(i) for i in items]} if "$is" in dict(items) else dict(items)
    if isinstance(value, (list, tuple)):
        return [_tree(item, above) for item in cast("Iterable[Any]", value)]
    return _tree(_plain(value), above)


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    return json.dumps(key) if key is None or isinstance(key, (bool, int, float)) else str(key)


# ---------------------------------------------------------------- reading


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
    return {name: _reader(hints[name]) for name, _ in _fields(kind)}


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
