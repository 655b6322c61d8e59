"""From a JSON Schema to the fields of a form, and from what was typed back to values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn, cast

from ...action import canonical
from ...errors import ConfigError
from ...redaction import masked

Schema = Mapping[str, Any]
FieldKind = Literal["text", "long", "number", "choice", "secret", "json", "kept"]
"""`kept`: it is not shown and stays as it is: it holds secrets, or is too long for a form."""

_LONG, _TOO_LONG = 80, 100_000
_DEEPEST = 8
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
WHOLE = ""
"""The name of the one field of a form whose value is no object."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it is shown."""

    name: str
    key: str
    """What the browser calls it; names of arguments may be anything."""
    kind: FieldKind
    schema: Schema
    label: str = ""
    help: str = ""
    text: str = ""
    """What stands in it."""
    before: str | None = None
    """What stood in it before anybody typed; None: the argument is not given."""
    required: bool = False
    nullable: bool = False
    options: tuple[tuple[str, str], ...] = ()
    """Of a choice: each as JSON and as it is shown."""
    problem: str = ""


# ---------------------------------------------------------------- out


def fields_of(schema: Schema | None, values: Mapping[str, Any], *, with_defaults: bool = False) -> tuple[Field, ...]:
    """Return the fields of a form.

    Args:
        schema: describes an object, or any value; None: it is told by the values.
        values: what is given now.
        with_defaults: whether what is not given begins as the schema's default.
    """
    root = schema or {}
    properties = _mapping(root.get("properties"))
    if schema is not None and not properties and not values:
        return (_field(WHOLE, 0, root, root, {}, frozenset((WHOLE,))),)
    required = frozenset(map(str, _list(root.get("required"))))
    if with_defaults:
        given = {name: _mapping(inner)["default"] for name, inner in properties.items() if "default" in _mapping(inner)}
        values = {**given, **values}
    names = [*properties, *(name for name in values if name not in properties)]
    hidden = _mapping(masked(root, values, []))
    return tuple(
        _field(name, n, _mapping(properties.get(name)), root, values, required, hidden.get(name) != values.get(name))
        for n, name in enumerate(names)
    )


def _field(
    name: str, n: int, schema: Schema, root: Schema, values: Mapping[str, Any], required: frozenset[str],
    hides: bool = False,
) -> Field:  # fmt: skip
    inner, nullable = _resolved(schema, root)
    given, value = name in values, values.get(name)
    kind = _kind(inner, value, given, hides)
    text = "" if kind in ("secret", "kept") or not given else _shown(value, kind)
    if len(text) > _TOO_LONG:
        kind, text = "kept", ""
    options = _options(inner, text if given and name in required else "") if kind == "choice" else ()
    if text and options and text not in dict(options):  # else the browser would choose another one by itself
        options = ((text, _plain(value)), *options)
    return Field(
        name, f"f{n}", kind, inner, _label(name, schema, inner), _help(name, schema, inner, kind), text,
        text if given and kind != "secret" else None, name in required, nullable, options,
    )  # fmt: skip


def _kind(schema: Schema, value: Any, given: bool, hides: bool) -> FieldKind:
    secret = schema.get("x-secret") is True or (schema.get("writeOnly") and schema.get("format") == "password")
    if secret:
        return "secret"
    if hides:
        return "kept"
    if _choices(schema) is not None:
        return "choice"
    known = schema.get("type") or (_type_of(value) if given else "")
    fits = not given or value is None or _type_of(value) == known or (known == "number" and _is_number(value))
    if known == "string" and fits:
        many = isinstance(value, str) and (len(value) > _LONG or "\n" in value or "\r" in value)
        longest: Any = schema.get("maxLength")
        return "long" if many or (_is_number(longest) and longest > 200) else "text"
    return "number" if known in ("integer", "number") and fits else "json"


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case _:
            return "other"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _choices(schema: Schema) -> list[Any] | None:
    listed: Any = schema.get("enum")
    if "const" in schema:
        return [schema["const"]]
    if isinstance(listed, list):
        return cast("list[Any]", listed)
    return [True, False] if schema.get("type") == "boolean" else None


def _options(schema: Schema, chosen: str) -> tuple[tuple[str, str], ...]:
    listed = [(_json(one), _named(one)) for one in _choices(schema) or ()]
    return tuple(listed) if chosen else (("", "–"), *listed)


def _named(choice: Any) -> str:
    return ("yes" if choice else "no") if isinstance(choice, bool) else _plain(choice)


def _resolved(schema: Schema, root: Schema, left: int = _DEEPEST) -> tuple[Schema, bool]:
    """Return what describes the value when it is not null, and whether it may be null."""
    if not left:
        return {}, False
    reference = schema.get("$ref")
    if isinstance(reference, str):
        rest = {key: inner for key, inner in schema.items() if key != "$ref"}
        return _resolved({**_referred(reference, root), **rest}, root, left - 1)
    kinds: Any = schema.get("type")
    if isinstance(kinds, list):
        other = [kind for kind in cast("list[Any]", kinds) if kind != "null"]
        one = {**schema, "type": other[0]} if len(other) == 1 else {k: v for k, v in schema.items() if k != "type"}
        return one, "null" in kinds
    for word in ("anyOf", "oneOf", "allOf"):
        parts = [_mapping(part) for part in _list(schema.get(word))]
        other = [part for part in parts if part.get("type") != "null"]
        if len(other) == 1:
            rest = {key: inner for key, inner in schema.items() if key != word}
            inner, nullable = _resolved({**rest, **other[0]}, root, left - 1)
            return inner, nullable or len(parts) > 1
    return schema, False


def _referred(reference: str, root: Schema) -> Schema:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = _mapping(found).get(step.replace("~1", "/").replace("~0", "~"))
    return _mapping(found)


def _label(name: str, schema: Schema, inner: Schema) -> str:
    title: Any = schema.get("title") or inner.get("title")
    return name or (title if isinstance(title, str) else "") or "Value"


def _help(name: str, schema: Schema, inner: Schema, kind: FieldKind) -> str:
    told: Any = schema.get("description") or inner.get("description") or ""
    if not isinstance(told, str) or told == name:  # a parameter that nobody described is described by its name
        told = ""
    limits = [f"{word} {inner[key]}" for key, word in _LIMITS if _is_number(inner.get(key))]
    if kind == "json":
        limits.append("as JSON")
    return " · ".join(part for part in (told, ", ".join(limits)) if part)


_LIMITS = (("minimum", "at least"), ("exclusiveMinimum", "more than"), ("maximum", "at most"),
           ("exclusiveMaximum", "less than"), ("maxLength", "length at most"))  # fmt: skip


def _shown(value: Any, kind: FieldKind) -> str:
    if kind in ("text", "long"):
        return "" if value is None else str(value)
    if value is None and kind != "json":
        return ""
    return _json(value) if kind != "json" else json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


# ---------------------------------------------------------------- in


class _NotAValue(ValueError):
    """A text that is no value of its field; it says what was expected."""


def typed_into(fields: Sequence[Field], typed: Mapping[str, str]) -> tuple[Field, ...]:
    """Return the fields with what was typed in them. What the browser did not send stays as it was."""
    return tuple(replace(f, text=typed[f.key]) if f.key in typed and f.kind != "kept" else f for f in fields)


def changes(fields: Sequence[Field]) -> tuple[dict[str, Any], tuple[Field, ...]]:
    """Return the arguments that were changed, and the fields with what is wrong with them."""
    values, told = _values([f for f in fields if not _is_untouched(f)], fields)
    as_before = {f.name for f in fields if f.name in values and _is_same(f, values[f.name])}
    return {name: value for name, value in values.items() if name not in as_before}, told


def filled(fields: Sequence[Field]) -> tuple[Any, tuple[Field, ...]]:
    """Return the value of a form, and the fields with what is wrong with them."""
    given = [f for f in fields if f.text.strip() or f.required or f.before not in (None, "")]
    values, told = _values(given, fields)
    missing = {f.name for f in given if f.required and not f.text.strip() and not f.nullable}
    told = tuple(replace(f, problem="This is needed.") if f.name in missing else f for f in told)
    return (values.get(WHOLE) if [f.name for f in fields] == [WHOLE] else values), told


def checked(
    schema: Schema | None, value: Any, fields: Sequence[Field], *, only: Container[str] | None = None
) -> tuple[str, tuple[Field, ...]]:
    """Return what the schema has against a value as a whole, and the fields with what it has against each.

    Args:
        schema: None: it has nothing against any.
        value: what was typed.
        fields: where it was typed.
        only: the names that are looked at; what nobody touched may be in a form the schema does not describe.
    """
    from ...json_schema import checker

    if schema is None:
        return "", tuple(fields)
    try:
        errors = checker(schema, "the form")(value)
    except ConfigError as error:
        return str(error), tuple(fields)
    by_name: dict[str, str] = {}
    general: list[str] = []
    shown = {f.name for f in fields if f.kind != "kept"}
    for error in errors:
        path = [str(step) for step in error.absolute_path]
        name = path[0] if path else WHOLE
        if path and only is not None and name not in only:
            continue
        if name in shown:
            where = f"{'.'.join(path[1:])}: " if path[1:] else ""
            by_name.setdefault(name, where + _said(error.message, fields, name))
        elif not path:
            general.append(error.message)
    return "; ".join(general), tuple(replace(f, problem=f.problem or by_name.get(f.name, "")) for f in fields)


def _said(message: str, fields: Sequence[Field], name: str) -> str:
    """Return what is wrong without the value, if that is a secret."""
    return "It does not fit." if any(f.name == name and f.kind == "secret" for f in fields) else message[:300]


def _is_untouched(field: Field) -> bool:
    if field.kind == "kept" or (field.before is None and not field.text):
        return True
    return field.before is not None and _normal(field.text) == _normal(field.before)


def _is_same(field: Field, value: Any) -> bool:
    """Return whether a value that was written otherwise is the one that stood there."""
    if field.before is None or field.kind in ("text", "long"):
        return False
    return field.before != "" and canonical(value) == canonical(json.loads(field.before))


def _normal(text: str) -> str:
    """Return a text as it comes back from a browser that nobody typed into."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _values(given: Sequence[Field], fields: Sequence[Field]) -> tuple[dict[str, Any], tuple[Field, ...]]:
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in given:
        try:
            values[field.name] = _value(field)
        except _NotAValue as wrong:
            problems[field.name] = str(wrong)
    return values, tuple(replace(f, problem=problems.get(f.name, "")) for f in fields)


def _value(field: Field) -> Any:
    text = field.text
    if field.nullable and not text.strip():
        return None
    if field.kind in ("text", "long") or (field.kind == "secret" and field.schema.get("type", "string") == "string"):
        return text
    if field.kind == "number" and not _NUMBER.fullmatch(text.strip()):
        raise _NotAValue(f"{_quoted(text)} is not a number; expected one such as 12 or 0.5")
    if field.kind == "choice" and text not in {value for value, _ in field.options if value}:
        raise _NotAValue("Choose one of these.")
    return _read_json(text)


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= 40 else text[:40] + '…'}”"


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_once)
    except _NotAValue:
        raise
    except RecursionError:
        raise _NotAValue("This is nested too deeply.") from None
    except ValueError as error:
        raise _NotAValue(f"This is not JSON: {error}") from None


def _no_number(text: str) -> NoReturn:
    raise _NotAValue(f"{text} is not a number that can be worked with.")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotAValue("A name stands twice; which one counts?")
    return found
