"""Check the values of a configuration: plainly right ones at once, doubtful ones by pydantic.

Importing pydantic costs more than everything else at the start of a program, so a configuration
without a fault never needs it. Both roads and the JSON Schema for editors read the one table of
`fields.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, cast

from .entry import Secret
from .fields import API_TYPES, FIELDS, RENAMED, Field, nearest
from .masking import MASK, shown, wrapped

Faults = list[str]
"""Sentences about what is wrong; none of them contains a secret."""

_ALIASES = {
    "open_ai": "openai",
    "openai_v2": "openai",
    "azure_ad": "azure",
    "azure_openai": "azure",
    "gemini": "google",
}


def checked(given: Mapping[str, Any]) -> tuple[dict[str, Any], Faults]:
    """Return the values as they are used from here on, and what is wrong with them.

    Absent, None and empty keys mean the same: not set. Secrets come back as `Secret`.
    """
    values: dict[str, Any] = {}
    doubtful: dict[str, Any] = {}
    faults: Faults = []
    for name, value in given.items():
        if not isinstance(cast(object, name), str):
            faults.append(f"the name of a field is {shown(name)}, not a text")
        elif (field := FIELDS.get(name)) is None:
            if fault := _unknown(name):
                faults.append(fault)
            elif value is not None:
                values[name] = wrapped(value, name)
        elif not _unset(field, value):
            ready = _prepared(field, value)
            if _plainly_right(field, ready):
                values[name] = ready
            else:
                doubtful[name] = ready
    if doubtful:
        settled, more = _by_pydantic(doubtful)
        values.update(settled)
        faults += more
    for name in values:
        if FIELDS.get(name, _ANY).kind == "mapping":
            values[name] = wrapped(values[name])
    faults += _api_type(values)
    return values, faults


_SHORT = {"k", "n", "mode"}
"""Names that are near to too much."""
_ANY = Field("", "any", "option", "")


def _unknown(name: str) -> str | None:
    """Return what to say about a name that is not in the table, or None if it may pass to the endpoint."""
    if name in RENAMED:
        return f"{shown(name)} is called {RENAMED[name]} now"
    if name == "config_list":
        return "config_list is a field of the whole configuration, not of an entry"
    near = nearest(name, FIELDS.keys() - _SHORT)
    if near is None:
        return None
    return (
        f"{shown(name)} is not a known field; did you mean {near}? "
        "(A parameter that only your server knows goes into extra_body.)"
    )


def _unset(field: Field, value: Any) -> bool:
    if value is None or (field.name == "cache_seed" and value is False):
        return True
    return field.kind == "secret" and isinstance(value, (str, Secret)) and not value


def _prepared(field: Field, value: Any) -> Any:
    """Return a value with what is harmless about it put right."""
    match field.kind:
        case "secret":
            reveal = getattr(value, "get_secret_value", None)
            text = reveal() if callable(reveal) else value
            return Secret(text.strip()) if isinstance(text, str) else text
        case "url":
            text = str(value).strip() if isinstance(value, str) or hasattr(value, "unicode_string") else value
            return f"http://{text}" if isinstance(text, str) and text and "://" not in text else text
        case "price":
            if type(value) in (int, float):
                return (value, value)
            return tuple(cast(Iterable[Any], value)) if isinstance(value, (list, tuple)) else value
        case "texts" | "list":
            return list(cast(Iterable[Any], value)) if isinstance(value, (list, tuple, set, frozenset)) else value
        case "mapping":
            return dict(cast(Mapping[str, Any], value)) if isinstance(value, Mapping) else value
        case _:
            return value


def _plainly_right(field: Field, value: Any) -> bool:
    match field.kind:
        case "any":
            return True
        case "text":
            return type(value) is str and bool(value.strip())
        case "secret":
            return isinstance(value, Secret) and value.reveal() != MASK and bool(_KEY.fullmatch(value.reveal()))
        case "url":
            return type(value) is str and _URL.fullmatch(value) is not None
        case "number":
            return type(value) in (int, float) and math.isfinite(value) and _within(field, value)
        case "integer":
            return type(value) is int and _within(field, value)
        case "flag":
            return type(value) is bool
        case "choice":
            return type(value) is str and value in field.words
        case "seed":
            return type(value) is int or (type(value) is str and bool(value))
        case "texts":
            return type(value) is list and all(type(v) is str for v in cast(list[Any], value))
        case "list":
            return type(value) is list
        case "mapping":
            return type(value) is dict and all(type(k) is str for k in cast(dict[Any, Any], value))
        case "price":
            return (
                type(value) is tuple
                and len(cast(tuple[Any, ...], value)) == 2
                and all(type(v) in (int, float) and math.isfinite(v) and v >= 0 for v in cast(tuple[Any, ...], value))
            )


_KEY = re.compile(r"[!-~]+")
_URL = re.compile(r"(https?|wss?)://[^\s/?#]+[^\s]*")


def _within(field: Field, value: float) -> bool:
    return (field.low is None or value >= field.low) and (field.high is None or value <= field.high)


def _api_type(values: dict[str, Any]) -> Faults:
    """Put the name of the service into its one spelling."""
    given = values.get("api_type")
    if not isinstance(given, str):
        return []
    name = given.strip().lower()
    name = _ALIASES.get(name, name)
    values["api_type"] = name
    if name in API_TYPES or (near := nearest(name, API_TYPES, cutoff=0.75)) is None or "_" in name:
        return []
    return [f"api_type={shown(given)} is not a known service; did you mean {near}? Known: {', '.join(API_TYPES)}"]


def describe(field: Field, value: Any) -> str:
    """Return the sentence about a value that is not right, with the way out. Never shows a secret."""
    if field.kind == "secret":
        if not isinstance(value, Secret):
            return f"{field.name} is not {field.expects} but an object of type {type(value).__name__}"
        text = value.reveal()
        if text == MASK:
            return f"{field.name} is the mask that is shown instead of a key, not a key"
        if text.startswith("<") and text.endswith(">"):
            return f"{field.name} is still the placeholder of the sample file; put the key there"
        return f"{field.name} is not {field.expects}: it has spaces, line breaks or characters outside ASCII"
    if field.kind == "choice" and isinstance(value, str):
        near = nearest(value, field.words, cutoff=0.6)
        hint = f"; did you mean {near}?" if near else ""
        return f"{field.name}={shown(value)} is not {field.expects}{hint}"
    return f"{field.name}={shown(value)} is not {field.expects}"


# ---------------------------------------------------------------- pydantic


def _by_pydantic(doubtful: Mapping[str, Any]) -> tuple[dict[str, Any], Faults]:
    """Let pydantic coerce what it can ("0.5" is 0.5) and say of the rest which fields are wrong."""
    import pydantic

    # What pydantic would say holds the bad value, which may be a key; only the field's name is used.
    try:
        found = _model().model_validate(doubtful)
    except pydantic.ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = {d["loc"][0] for d in details}
        return {}, [describe(FIELDS[name], value) for name, value in doubtful.items() if name in wrong]
    return {name: getattr(found, name) for name in doubtful}, []


@cache
def _model() -> Any:
    """Return the pydantic model of an entry."""
    import pydantic

    fields: dict[str, Any] = {f.name: (_annotation(f) | None, None) for f in FIELDS.values()}
    config = pydantic.ConfigDict(arbitrary_types_allowed=True, hide_input_in_errors=True, protected_namespaces=())
    return pydantic.create_model("ModelEntry", __config__=config, **fields)


def _annotation(field: Field) -> Any:
    from typing import Annotated, Literal

    from pydantic import AfterValidator, BeforeValidator
    from pydantic import Field as Limits

    def no_flag(value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("a flag is not a number")
        return value

    def right(value: Any) -> Any:
        if not _plainly_right(field, value):
            raise ValueError("not right")
        return value

    match field.kind:
        case "any":
            return Any
        case "number":
            limits = Limits(ge=field.low, le=field.high, allow_inf_nan=False)
            return Annotated[float, limits, BeforeValidator(no_flag)]
        case "integer":
            return Annotated[int, Limits(ge=field.low, le=field.high), BeforeValidator(no_flag)]
        case "seed":
            return Annotated[int | str, BeforeValidator(no_flag)]
        case "flag":
            return bool
        case "choice":
            return Literal[field.words]
        case "secret":
            return Annotated[Secret, AfterValidator(right)]
        case "price":
            amount = Annotated[float, Limits(ge=0, allow_inf_nan=False), BeforeValidator(no_flag)]
            return tuple[amount, amount]
        case "texts":
            return list[str]
        case "list":
            return list[Any]
        case "mapping":
            return dict[str, Any]
        case "text" | "url":
            return Annotated[str, AfterValidator(right)]
