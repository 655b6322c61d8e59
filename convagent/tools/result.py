"""The text of a tool's result: strings as they are, everything else as JSON.

One rule without exceptions: ``None`` is ``null``, not the empty text that some servers refuse and
some models take for a call that never came back; a dict is JSON, not Python's repr of it.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections import deque
from collections.abc import ItemsView, Iterable, KeysView, Mapping, ValuesView
from enum import Enum
from types import GeneratorType
from typing import Any, cast


def to_text(value: Any, *, quote: bool = False) -> str:
    """Return what a model reads for `value`; never raises because of what the value is.

    Args:
        value: any result. What JSON has no form for becomes its `str()`, in place.
        quote: write strings as JSON too.
    """
    if isinstance(value, str) and not quote:
        return _sendable(str(value) if type(value) is str else str.__str__(value))
    if type(value) is int:
        return str(value)
    try:
        text = _ENCODER.encode(value)
    except Exception:  # noqa: BLE001 - keys that are no strings, circular references, a model_dump that fails
        try:
            text = _ENCODER.encode(_with_text_keys(value, ()))
        except Exception:  # noqa: BLE001 - the tool has run: its result must reach the model in some form
            text = _as_str(value)
    return _sendable(text)


def _sendable(text: str) -> str:
    """Replace lone surrogates (undecodable file names have them): no request could carry them."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _plain(value: Any) -> Any:
    """Return a value that JSON has a form for, one level deep."""
    if isinstance(value, type):
        return str(cast(object, value))
    if _has_method(value, "model_dump"):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    return _plain_builtin(value)


def _plain_builtin(value: Any) -> Any:
    match value:
        case Mapping():
            return dict(cast(Mapping[Any, Any], value))
        case set() | frozenset():
            return _in_order(list(cast(set[Any], value)))
        case bytes() | bytearray() | memoryview():
            return _bytes(bytes(cast(bytes, value)))
        case Enum():
            return value.value
        case deque() | GeneratorType() | KeysView() | ValuesView() | ItemsView():
            return list(cast(Iterable[Any], value))
        case _:
            pass
    for name in ("isoformat", "tolist"):  # dates and times; arrays and their scalars
        if _has_method(value, name):
            return getattr(value, name)()
    return str(value)


def _has_method(value: object, name: str) -> bool:
    """Whether its type has the method: an object that answers to every name, as a mock does, answers by another one."""
    return callable(getattr(type(value), name, None))


def _as_str(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - see to_text: it never raises
        return object.__repr__(value)


def _in_order(values: list[Any]) -> list[Any]:
    """Sort a set's values where they can be sorted: the same result is then the same text."""
    try:
        return sorted(values)
    except TypeError:
        return values


def _bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _with_text_keys(value: Any, above: tuple[int, ...]) -> Any:
    """Rebuild nested containers with string keys, and what contains itself as its `str()`."""
    if id(value) in above:
        return str(value)
    above = (*above, id(value))
    if isinstance(value, dict):
        found = cast(dict[Any, Any], value)
        return {_key(k): _with_text_keys(v, above) for k, v in found.items()}
    if isinstance(value, list | tuple):
        return [_with_text_keys(v, above) for v in cast(list[Any], value)]
    if value is None or isinstance(value, str | int | float):
        return value
    return _with_text_keys(_plain(value), above)


def _key(key: Any) -> Any:
    if key is None or isinstance(key, str | int | float):
        return key
    plain = _plain(key)
    return plain if isinstance(plain, str | int | float) else str(key)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
