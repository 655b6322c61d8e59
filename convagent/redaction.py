"""What a view of a request may show: values that a schema marks as secret are hidden, wherever they stand.

A parameter is secret by ``"x-secret": true`` in its JSON Schema, or by pydantic's `SecretStr`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from .human import HumanRequest
from .models.masking import MASK

_DEEPEST = 40
"""How many subschemas are followed for one value: a schema may refer to itself."""


def redacted(request: HumanRequest) -> HumanRequest:
    """Return a request with its secret arguments hidden, in its texts too; the same object where it has none."""
    action = request.action
    if action is None or request.schema is None:
        return request
    secrets: list[str] = []
    arguments = masked(request.schema, action.arguments, secrets)
    if not secrets:
        return request
    failed = action.failure
    failed = None if failed is None else replace(failed, text=scrubbed(failed.text, secrets))
    shown = replace(action, arguments=arguments, impact=_scrubbed_value(action.impact, secrets), failure=failed)
    return replace(
        request,
        action=shown,
        prompt=scrubbed(request.prompt, secrets),
        preview=scrubbed(request.preview, secrets),
        changed="(not shown: it has secrets)" if request.changed else "",
        because=scrubbed(request.because, secrets),
    )


def masked(schema: Mapping[str, Any], value: Any, secrets: list[str]) -> Any:
    """Return a value with asterisks for what its schema marks as secret; containers are copied.

    Args:
        schema: a JSON Schema; references into itself are followed.
        value: what it describes.
        secrets: takes the texts that were hidden, to be looked for elsewhere.
    """
    return _masked(schema, value, schema, secrets, _DEEPEST)


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """Return a text without these secrets: short ones only as whole words, so that the text stays readable."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
        elif secret:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
    return text


def _scrubbed_value(value: Any, secrets: list[str]) -> Any:
    text = str(value)
    shown = scrubbed(text, secrets)
    return value if shown == text else shown


def _masked(schema: Any, value: Any, root: Mapping[str, Any], secrets: list[str], left: int) -> Any:
    if not isinstance(schema, Mapping) or not left:
        return value
    node = cast(Mapping[str, Any], schema)
    if _is_secret(node):
        return _hidden(value, secrets)
    for inner in _same_value(node, root):
        value = _masked(inner, value, root, secrets, left - 1)
    if isinstance(value, Mapping):
        return _masked_object(node, cast(Mapping[str, Any], value), root, secrets, left)
    if isinstance(value, (list, tuple)):
        return _masked_items(node, cast(Sequence[Any], value), root, secrets, left)
    return _hidden(value, secrets) if hasattr(value, "get_secret_value") else value


def _is_secret(schema: Mapping[str, Any]) -> bool:
    written = schema.get("writeOnly") is True and schema.get("format") == "password"  # as SecretStr is described
    return schema.get("x-secret") is True or written


def _hidden(value: Any, secrets: list[str]) -> Any:
    if value is None or value == "":
        return value
    secrets.extend(_texts(value))
    return MASK


def _texts(value: Any) -> Iterable[str]:
    """Yield how a secret may be written in a text; of a container each part."""
    if isinstance(value, Mapping):
        value = list(cast(Mapping[Any, Any], value).values())
    if isinstance(value, (list, tuple, set, frozenset)):
        for part in cast(Iterable[Any], value):
            yield from _texts(part)
    else:
        once = _spellings(str(value.get_secret_value() if hasattr(value, "get_secret_value") else value))
        yield from once | {again for text in once for again in _spellings(text)}


def _spellings(text: str) -> set[str]:
    """Return a text as it is, and as a preview, a result or the JSON of one may quote it."""
    return {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]}


def _same_value(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterable[Any]:
    """Yield the other schemas that describe the same value."""
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        found: Any = root
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            found = cast(Mapping[str, Any], found).get(name) if isinstance(found, Mapping) else None
        yield found
    for word in ("allOf", "anyOf", "oneOf"):
        yield from _list(schema.get(word))


def _masked_object(
    schema: Mapping[str, Any], value: Mapping[str, Any], root: Mapping[str, Any], secrets: list[str], left: int
) -> dict[str, Any]:
    found = schema.get("properties")
    properties = cast(Mapping[str, Any], found if isinstance(found, Mapping) else {})
    other = schema.get("additionalProperties")
    return {name: _masked(properties.get(name, other), item, root, secrets, left - 1) for name, item in value.items()}


def _masked_items(
    schema: Mapping[str, Any], value: Sequence[Any], root: Mapping[str, Any], secrets: list[str], left: int
) -> list[Any]:
    first, rest = _list(schema.get("prefixItems")), schema.get("items")
    return [
        _masked(first[i] if i < len(first) else rest, item, root, secrets, left - 1) for i, item in enumerate(value)
    ]


def _list(value: Any) -> Sequence[Any]:
    """Return what is to be a list of schemas; nothing, if it is something else: a schema may be of anybody."""
    return cast(Sequence[Any], value) if isinstance(value, (list, tuple)) else ()


def marks(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema marks anything as secret."""
    text = json.dumps(schema, default=str)
    return '"x-secret"' in text or '"password"' in text
