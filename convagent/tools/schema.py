"""From a signature to its JSON Schema and its validator: the home of pydantic among the tools.

Parameters that are plain ``str``, ``int``, ``float`` and ``bool`` need no pydantic at all: their
schema is written down and a value of the exact type is taken as it is. Everything else, and every
value that needs conversion, is pydantic's, in its lax mode: ``"5"`` becomes 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Union, cast, get_args, get_origin

from ..errors import ConfigError
from .arguments import Validate
from .signature import MISSING, Param, Signature, Unresolved, described
from .typed_dicts import modern
from .wording import Path, Problem, refusal

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError
    from pydantic.fields import FieldInfo

JSONSchema = dict[str, Any]

_PLAIN: dict[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def parameters_of(signature: Signature, what: str, local: Mapping[str, Any]) -> JSONSchema:
    """Return the JSON Schema of a signature as an object with one property for each parameter.

    A parameter with a default and without an annotation is left out: nobody said what it takes.

    Raises:
        ConfigError: a parameter must be given and has no annotation, or one that has no JSON Schema.
    """
    check_annotations(signature, what)
    properties: JSONSchema = {}
    definitions: JSONSchema = {}
    for p in signature.params:
        if p.annotation is not MISSING:
            schema = _schema_of(p, what, local)
            properties[_outer_name(p)] = _hoist(schema, definitions)
    found: JSONSchema = {
        "type": "object",
        "properties": properties,
        "required": [_outer_name(p) for p in signature.params if _required(p)],
    }
    rest = signature.var_keyword
    if rest is not None:
        schema = True if rest.annotation is MISSING else _hoist(_schema_of(rest, what, local), definitions)
        found["additionalProperties"] = schema
    if definitions:
        found["$defs"] = definitions
    return found


def check_annotations(signature: Signature, what: str) -> None:
    """Refuse a signature with parameters that nobody described.

    Raises:
        ConfigError: it names them.
    """
    missing = signature.unannotated
    if missing:
        names = ", ".join(repr(name) for name in missing)
        raise ConfigError(
            f"tool {what!r}: no annotation for {names}; a model must know what to pass: annotate every parameter "
            "without a default, as in `city: Annotated[str, 'name of the city']`, or pass parameters=, a JSON Schema"
        )


def validator_of(
    signature: Signature, what: str, local: Mapping[str, Any], *, drop: bool, parameters: Mapping[str, Any]
) -> Validate:
    """Return the function that checks and converts the arguments of a call.

    Args:
        signature: what the tool takes.
        what: the tool's name, for errors.
        local: names that annotations of nested classes may need.
        drop: whether arguments that the signature does not declare are left out; else they are refused.
        parameters: the JSON Schema, for hints in refusals; may be empty.
    """
    slow: Validate | None = None

    def convert(values: dict[str, Any]) -> dict[str, Any]:
        nonlocal slow
        if slow is None:
            slow = _pydantic_validator(signature, what, local, drop=drop, parameters=parameters)
        return slow(values)

    kinds = {p.name: _plain_type(p) for p in signature.params}
    if signature.var_keyword is not None or not all(kinds.values()):
        return convert
    required = frozenset(p.name for p in signature.params if p.default is MISSING)

    def take_exact(values: dict[str, Any]) -> dict[str, Any]:
        for name, value in values.items():
            kind = cast(object, type(value))
            # A string may hold a lone surrogate, which pydantic refuses: let it look.
            if kinds.get(name) is not kind or (kind is str and not value.isascii()):
                return convert(values)
        return values if required <= values.keys() else convert(values)

    return take_exact


def _pydantic_validator(
    signature: Signature, what: str, local: Mapping[str, Any], *, drop: bool, parameters: Mapping[str, Any]
) -> Validate:
    from pydantic import ConfigDict, ValidationError

    config = ConfigDict(extra="allow" if signature.var_keyword else "ignore" if drop else "forbid")
    validate = _arguments_adapter(signature, config, local).validator.validate_python
    named = frozenset(p.name for p in signature.params)
    rest = signature.var_keyword
    others = _adapter(dict[str, _usable(rest, local)], local) if rest else None

    def convert(values: dict[str, Any]) -> dict[str, Any]:
        try:
            found = validate(values)
            if others is not None:
                found.update(others.validate_python({k: v for k, v in found.items() if k not in named}))
        except ValidationError as e:
            raise refusal(what, _problems(e, values), parameters) from e
        return found

    return convert


def _arguments_adapter(signature: Signature, config: Any, local: Mapping[str, Any]) -> TypeAdapter[dict[str, Any]]:
    fields: dict[str, Any] = {}
    for p in signature.params:
        annotation = _usable(p, local)
        if p.default is None:
            annotation = Union[annotation, None]  # noqa: UP007 - `|` does not work with every annotation
        fields[p.name] = annotation if _required(p) else _NotRequired(annotation)
    return _adapter(_shape(fields, local, config), local)


class _NotRequired:
    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation


def _shape(fields: Mapping[str, Any], local: Mapping[str, Any], config: Any = None) -> Any:
    """Return a class of dicts with these fields.

    A TypedDict, not a model: its fields may have any name, and what was not given stays absent,
    so that the function's own defaults apply.
    """
    from typing import NotRequired, Required

    from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

    make: Any = TypedDict
    shape = make(
        "Arguments",
        {
            name: NotRequired[modern(a.annotation, local)]
            if isinstance(a, _NotRequired)
            else Required[modern(a, local)]
            for name, a in fields.items()
        },
    )
    shape.__pydantic_config__ = config or {}
    return shape


def _adapter(annotation: Any, local: Mapping[str, Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    adapter = TypeAdapter[Any](modern(annotation, local))
    if local and not getattr(adapter, "pydantic_complete", True):
        # A dataclass or TypedDict of the defining function whose own fields name others of it.
        adapter.rebuild(raise_errors=True, _types_namespace=dict(local))
    return adapter


def _usable(p: Param, local: Mapping[str, Any]) -> Any:
    """Return what to validate by: anything goes where pydantic cannot tell what would fit.

    Such a parameter has no JSON Schema either, so only functions that are executed without having
    been described to a model come here with one (`function_map`).
    """
    if p.annotation is MISSING and not _is_field(p.default):
        return Any
    if isinstance(p.annotation, Unresolved):
        return Any
    annotation = _with_field(p)
    try:
        # Inside a shape, because pydantic warns of an alias that stands alone.
        _adapter(_shape({p.name: annotation}, local), local).validator  # noqa: B018 - reading it builds it
    except Exception:  # noqa: BLE001 - types bring code of their own for this
        return Any
    return annotation


def _schema_of(p: Param, what: str, local: Mapping[str, Any]) -> JSONSchema:
    annotation = p.annotation
    if isinstance(annotation, Unresolved):
        raise ConfigError(
            f"tool {what!r}: the annotation {annotation.text!r} of {p.name!r} cannot be evaluated "
            f"({annotation.reason}); import its names at run time, not only under TYPE_CHECKING, or pass "
            "parameters=, a JSON Schema"
        )
    kind = _plain_type(p)
    if kind is not None:
        schema: JSONSchema = {"type": _PLAIN[kind]}
    else:
        try:
            schema = _pydantic_schema(p, local)
        except Exception as e:
            raise ConfigError(
                f"tool {what!r}: the annotation {annotation!r} of {p.name!r} has no JSON Schema "
                f"({_first_line(e)}); use types that JSON can carry, or pass parameters=, a JSON Schema"
            ) from e
    if p.default is not MISSING and not _is_field(p.default):
        _set_default(schema, p.default)
    about = described(_with_field(p))
    schema["description"] = p.name if about is None else about
    return schema


def _pydantic_schema(p: Param, local: Mapping[str, Any]) -> JSONSchema:
    annotation, outer = _with_field(p), _outer_name(p)
    if outer == p.name:
        return _adapter(annotation, local).json_schema()
    whole = _adapter(_shape({p.name: annotation}, local), local).json_schema()
    found: JSONSchema = whole["properties"][outer]
    found.pop("title", None)
    return {**found, "$defs": whole.get("$defs", {})}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__


def _set_default(schema: JSONSchema, value: Any) -> None:
    if value is not None and type(value) not in _PLAIN:
        from pydantic_core import to_jsonable_python

        try:
            value = to_jsonable_python(value)
        except ValueError:
            return  # a default without JSON form stays Python's own business
    schema["default"] = value


def _plain_type(p: Param) -> type | None:
    """Return the plain type of a parameter that needs no pydantic, else None."""
    annotation: Any = p.annotation
    if get_origin(annotation) is Annotated:
        annotation, *extras = get_args(annotation)
        if not all(isinstance(extra, str) for extra in extras):
            return None
    if _is_field(p.default):
        return None
    return next((kind for kind in _PLAIN if kind is annotation), None)


def _is_field(value: Any) -> bool:
    return type(value).__module__.startswith("pydantic.") and type(value).__name__ == "FieldInfo"


def _field_of(p: Param) -> FieldInfo | None:
    extras: tuple[Any, ...] = (p.default, *getattr(p.annotation, "__metadata__", ()))
    return next((extra for extra in extras if _is_field(extra)), None)


def _with_field(p: Param) -> Any:
    """Return the annotation with a ``= Field(...)`` default moved into it."""
    if not _is_field(p.default):
        return p.annotation
    return Annotated[Any if p.annotation is MISSING else p.annotation, p.default]


def _required(p: Param) -> bool:
    field = _field_of(p)
    if p.default is not MISSING and not _is_field(p.default):
        return False
    return field is None or field.is_required()


def _outer_name(p: Param) -> str:
    """Return the name under which a caller gives the parameter: its alias, or its own."""
    field = _field_of(p)
    alias = (field.validation_alias or field.alias) if field else None
    return alias if isinstance(alias, str) else p.name


def _hoist(schema: JSONSchema, definitions: JSONSchema) -> JSONSchema:
    """Move the ``$defs`` of one parameter to the object, where its ``$ref`` values point."""
    own: JSONSchema = schema.pop("$defs", {})
    renamed: dict[str, str] = {}
    for name, found in own.items():
        new = name
        while definitions.get(new, found) != found:  # another class of the same name
            new += "_"
        if new != name:
            renamed[f"#/$defs/{name}"] = f"#/$defs/{new}"
        definitions[new] = found
    if renamed:
        for name in own:
            new = renamed.get(f"#/$defs/{name}", f"#/$defs/{name}").removeprefix("#/$defs/")
            definitions[new] = _rename_refs(definitions[new], renamed)
        return _rename_refs(schema, renamed)
    return schema


def _rename_refs(node: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            k: renamed.get(v, v) if k == "$ref" and isinstance(v, str) else _rename_refs(v, renamed)
            for k, v in cast(JSONSchema, node).items()
        }
    if isinstance(node, list):
        return [_rename_refs(item, renamed) for item in cast(list[Any], node)]
    return node


_EXPECTED = {
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_parsing_size": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a string",
    "none_required": "null",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "named_tuple_type": "a list",
    "dict_type": "an object",
    "mapping_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dataclass_type": "an object",
    "typed_dict_type": "an object",
}


_PREFIX = re.compile(r"^(?:Value error, |Assertion failed, |[A-Z]\w+ (?=should ))")


def _problems(error: ValidationError, values: dict[str, Any]) -> Iterator[Problem]:
    for found in error.errors(include_url=False, include_context=False):
        kind, says, got = found["type"], found["msg"], found["input"]
        path = _path(found["loc"], values)
        if kind in ("missing", "missing_argument"):
            yield Problem("missing", (*path, found["loc"][-1]))
        elif kind in ("extra_forbidden", "unexpected_keyword_argument"):
            yield Problem("unknown", path)
        elif kind in _EXPECTED:
            yield Problem("expected", path, _EXPECTED[kind], got)
        elif says.startswith("Input should be "):
            noun = says.removeprefix("Input should be ")
            if noun.startswith(("greater", "less")):
                noun = f"a value {noun}"
            yield Problem("expected", path, noun, got)
        else:
            yield Problem("other", path, _PREFIX.sub("", says), got)


def _path(loc: tuple[int | str, ...], values: Any) -> Path:
    """Return where in the arguments an error stands: its location without the labels of union branches."""
    path: list[int | str] = []
    here = values
    for step in loc:
        if isinstance(here, dict) and step in here:
            here = cast(dict[Any, Any], here)[step]
        elif isinstance(here, list) and isinstance(step, int) and step < len(cast(list[Any], here)):
            here = cast(list[Any], here)[step]
        else:
            continue
        path.append(step)
    return tuple(path)
