"""Structured replies: what the server is told, and how the answer is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from ..errors import BadModelReply, ConfigError
from ..json_schema import checker

if TYPE_CHECKING:
    from .base import ModelReply, ModelRequest

ResponseFormat = type | Mapping[str, Any]

_WIRE_KINDS = frozenset(("json_schema", "json_object", "text"))


def wire(response_format: ResponseFormat) -> Mapping[str, Any]:
    """Return the `response_format` of a chat-completions body.

    A pydantic model (or any type pydantic can describe) and a JSON Schema become a strict
    `json_schema`; a mapping that is in wire form already is returned as it is. A JSON Schema
    with optional properties, or any with open objects, is sent without `strict`, which forbids both.

    Raises:
        ConfigError: it is none of these, or no valid schema.
    """
    if isinstance(response_format, Mapping):
        if response_format.get("type") in _WIRE_KINDS:
            return response_format
        schema = dict(response_format)
        checker(schema, "response_format")  # refused before it is sent
        name = str(schema.get("title") or "reply")
        strict = _strict(schema, required=False)
        if _may_be_strict(strict):
            return _json_schema(name, strict, strict=True)
        return _json_schema(name, schema, strict=False)
    found = _adapter(response_format).json_schema()
    schema = _strict(_inlined(found, found.get("$defs", {})), required=True)
    return _json_schema(response_format.__name__, schema, strict=_may_be_strict(schema))


def parse(response_format: ResponseFormat, text: str, *, model: str = "", endpoint: str = "") -> Any:
    """Return the validated object that a reply's text stands for; None where `text` was asked for.

    Raises:
        BadModelReply: the text is not JSON or does not satisfy the format; it says where.
    """
    text = _unfenced(text)
    try:
        if not isinstance(response_format, Mapping):
            return _validated(response_format, text)
        kind = response_format.get("type")
        if kind == "text":
            return None
        value = json.loads(text)
        if kind == "json_object":
            return value
        _check(value, _schema_of(response_format))
        return value
    except ConfigError:
        raise
    except _Mismatch as error:
        failure = f"the reply does not satisfy {_called(response_format)}: {error}"
    except ValueError as error:
        failure = f"the reply is not the JSON that {_called(response_format)} asks for: {error}: {text[:200]!r}"
    raise BadModelReply(failure, model=model, endpoint=endpoint)


def revived(request: ModelRequest, reply: ModelReply) -> Any:
    """Return the object that a kept reply stands for: what JSON has of it, where its text does not fit any more."""
    form, text = request.response_format, reply.message.get("content")
    if form is None or not isinstance(text, str):
        return reply.parsed
    try:
        return parse(form, text)
    except BadModelReply:
        return reply.parsed


class _Mismatch(Exception):
    """A value does not satisfy its schema."""


def _adapter(kind: Any) -> Any:
    from pydantic import PydanticUserError, TypeAdapter

    try:
        adapter: Any = TypeAdapter(kind)
        return adapter
    except PydanticUserError as error:
        reason = str(error).partition(". ")[0].partition("\n")[0]
        hint = f"; did you mean {type(kind).__name__}, the class?" if hasattr(kind, "model_json_schema") else ""
        raise ConfigError(
            f"response_format={kind!r} is not a pydantic model, a type pydantic can validate, or a JSON Schema: "
            f"{reason}{hint}"
        ) from None


def _validated(kind: type, text: str) -> Any:
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_json(text)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, found['loc'])) or 'the whole'}: {found['msg']}"
            for found in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise _Mismatch("; ".join(problems)) from None


def _check(value: object, schema: Mapping[str, Any]) -> None:
    errors = checker(schema, "response_format")(value)
    if errors:
        where = ".".join(map(str, errors[0].absolute_path)) or "the whole"
        raise _Mismatch(f"{where}: {errors[0].message}")


def _schema_of(response_format: Mapping[str, Any]) -> Mapping[str, Any]:
    if response_format.get("type") != "json_schema":
        return response_format
    declared = cast(Mapping[str, Any], response_format.get("json_schema") or {})
    return cast(Mapping[str, Any], declared.get("schema") or {})


def _called(response_format: ResponseFormat) -> str:
    if not isinstance(response_format, Mapping):
        return f"response_format {response_format.__name__}"
    title = _schema_of(response_format).get("title")
    return f"response_format {title!r}" if title else "the response_format"


def _json_schema(name: str, schema: Mapping[str, Any], *, strict: bool) -> Mapping[str, Any]:
    # The interface allows letters, digits, _ and -, at most 64 of them.
    safe = re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64]
    return {"type": "json_schema", "json_schema": {"name": safe, "schema": schema, "strict": strict}}


def _inlined(schema: Any, known: Mapping[str, Any], inside: tuple[str, ...] = ()) -> Any:
    """Put what a reference with siblings means in its place: strict mode refuses siblings, such as a description."""
    if isinstance(schema, list):
        return [_inlined(item, known, inside) for item in cast(list[Any], schema)]
    if not isinstance(schema, Mapping):
        return schema
    found = dict(cast(Mapping[str, Any], schema))
    name = str(found.get("$ref", "")).removeprefix("#/$defs/")
    if len(found) > 1 and name in known and name not in inside:
        del found["$ref"]
        found, inside = {**known[name], **found}, (*inside, name)
    return {key: _inlined(value, known, inside) for key, value in found.items()}


def _strict(schema: Any, *, required: bool) -> Any:
    """Close every object and, if `required`, make all its properties required; drop defaults."""
    if isinstance(schema, list):
        return [_strict(item, required=required) for item in cast(list[Any], schema)]
    if not isinstance(schema, Mapping):
        return schema
    found = cast(Mapping[str, Any], schema)
    made: dict[str, Any] = {}
    for key, value in found.items():
        if key == "default" and required:
            continue
        if key in ("properties", "$defs", "definitions"):
            made[key] = {k: _strict(v, required=required) for k, v in value.items()}
        elif key in ("enum", "const", "examples", "required"):
            made[key] = value
        else:
            made[key] = _strict(value, required=required)
    if "$ref" in made and len(made) > 1 and required:
        return {"$ref": made["$ref"]}  # one that cannot be put in its place, because it is inside itself
    if "properties" in made and made.get("type", "object") == "object":
        made.setdefault("additionalProperties", False)
        if required:
            made["required"] = list(made["properties"])
    return made


def _may_be_strict(schema: Any) -> bool:
    """Whether every object is closed and requires all its properties."""
    if isinstance(schema, list):
        return all(_may_be_strict(item) for item in cast(list[Any], schema))
    if not isinstance(schema, Mapping):
        return True
    found = cast(Mapping[str, Any], schema)
    if found.get("type") == "object" or "properties" in found:
        properties = cast(Mapping[str, Any], found.get("properties") or {})
        if found.get("additionalProperties") is not False or set(properties) != set(found.get("required") or ()):
            return False
    return all(_may_be_strict(value) for value in found.values())


def _unfenced(text: str) -> str:
    """Take JSON out of a Markdown fence: servers without strict mode often put it there."""
    found = _FENCE.fullmatch(text.strip())
    return found.group(1) if found else text


_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL)
