"""Tools whose parameters are a JSON Schema that somebody else wrote: MCP servers, files, plain dicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from ..errors import ConfigError
from ..json_schema import checker
from .arguments import Validate
from .wording import Problem, in_words, refusal

if TYPE_CHECKING:
    from ..json_schema import ValidationError


def check_raw(parameters: object, what: str) -> dict[str, Any]:
    """Return `parameters` if it can be the schema of a tool; cheap, the schema itself is checked on first use.

    Raises:
        ConfigError: it is no mapping, or describes something else than an object.
    """
    if not isinstance(parameters, Mapping):
        raise ConfigError(
            f"tool {what!r}: parameters is a {type(parameters).__name__}; expected a JSON Schema as a dict, "
            "like {'type': 'object', 'properties': {...}}"
        )
    found = dict(cast(Mapping[str, Any], parameters))
    if found.get("type", "object") != "object":
        raise ConfigError(
            f"tool {what!r}: parameters has type {found['type']!r}; the arguments of a tool are an object: "
            "{'type': 'object', 'properties': {...}}"
        )
    return found


def raw_validator(parameters: Mapping[str, Any], what: str) -> Validate:
    """Return the function that checks arguments against a JSON Schema.

    Raises:
        ConfigError: the schema is not valid itself.
    """
    errors_of = checker(parameters, f"tool {what!r}: parameters")

    def validate(values: dict[str, Any]) -> dict[str, Any]:
        errors = errors_of(values)
        if errors:
            raise refusal(what, [p for e in errors for p in _problems(e)], parameters)
        return values

    return validate


def _problems(error: ValidationError) -> Iterator[Problem]:
    path: tuple[str | int, ...] = tuple(error.absolute_path)
    got: Any = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "required":
            for name in rule:
                if name not in got:
                    yield Problem("missing", (*path, name))
        case "additionalProperties" if rule is False and "patternProperties" not in schema:
            for name in got:
                if name not in schema.get("properties", {}):
                    yield Problem("unknown", (*path, name))
        case "type" | "enum" | "const" | "anyOf" | "oneOf" if noun := in_words({error.validator: rule}):
            yield Problem("expected", path, noun, got)
        case word if word in _BOUNDS:
            yield Problem("expected", path, f"a value {_BOUNDS[str(word)]} {rule}", got)
        case _:
            yield Problem("other", path, _without_value(error.message), got)


_BOUNDS = {
    "minimum": "greater than or equal to",
    "maximum": "less than or equal to",
    "exclusiveMinimum": "greater than",
    "exclusiveMaximum": "less than",
    "multipleOf": "that is a multiple of",
}


def _without_value(message: str) -> str:
    return message if len(message) <= 200 else message[:197] + "..."
