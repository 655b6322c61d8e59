"""Events and values as one line of JSON."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from ..action import Action, Failure
from ..events import Event, MessageEvent
from ..human import Decision, Grant, HumanReply, HumanRequest, Offer, Seat
from ..messages import Usage, resolve_content
from .format import ENVELOPE, VERSION, Record, RecordedError, written_fields

DEEPEST = 200
"""How many containers may stand inside each other; instead of a deeper one a text is written that says so."""


def write(event: Event) -> str:
    """Return an event as one line of JSON."""
    return encode({**_event(event), **{name: getattr(event, name) for name in ENVELOPE}})


def write_body(event: Event) -> str:
    """Return what happened as one line of JSON, without `run_id`, `seq` and `at`, which stand beside it in a row."""
    return encode(_event(event))


def write_value(value: object) -> str:
    """Return one of our values (an `Action`, a `HumanRequest`, ...), or what a tool was given, as JSON."""
    return encode(value)


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
    for name, default in written_fields(cast("type[Any]", value.__class__)):
        item = getattr(value, name)
        if item is not default and not (type(item) is type(default) and item == default):
            found[name] = item
    return found


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
