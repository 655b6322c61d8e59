"""Validation against a JSON Schema that somebody else wrote: the home of jsonschema.

Schemas come from MCP servers, files and plain dicts, for the arguments of tools and for the
answers of models. Values are taken as they are, not converted, and a ``$ref`` is never fetched
from the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .errors import ConfigError

if TYPE_CHECKING:
    from jsonschema import ValidationError as ValidationError


def checker(schema: Mapping[str, Any], what: str) -> Callable[[object], list[ValidationError]]:
    """Return a function that lists what is wrong with a value.

    Args:
        schema: a JSON Schema; a draft it does not name is 2020-12.
        what: what to call the schema in errors, such as ``tool 'pay': parameters``.

    Raises:
        ConfigError: the schema is not valid; or, by the function, it refers to what it does not contain.
    """
    from jsonschema import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import EMPTY_REGISTRY

    known = dict(schema)
    kind: Any = validator_for(known, default=Draft202012Validator)
    try:
        kind.check_schema(known)
    except SchemaError as e:
        where = "/".join(str(step) for step in e.absolute_path) or "its top"
        # Without the cause, which says the same on thirty lines.
        raise ConfigError(f"{what} is not a valid JSON Schema at {where}: {e.message}") from None
    # The default registry fetches unknown references from the network.
    validator: Any = kind(known, registry=EMPTY_REGISTRY)

    def errors_of(value: object) -> list[ValidationError]:
        try:
            return list(validator.iter_errors(value))
        except Unresolvable as e:
            raise ConfigError(f"{what} refers to {e.ref!r}, which it does not contain; put it under $defs") from None

    return errors_of
