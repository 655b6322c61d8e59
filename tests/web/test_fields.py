"""Forms from schemas, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convagent.channels.web.fields import changes, fields_of, filled, typed_into

HOUSE = settings(derandomize=True, deadline=None, database=None, max_examples=70)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def as_sent(text: str) -> str:
    """Return a text as a browser sends it that nobody typed into."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").replace("\x00", "\ufffd")


@HOUSE
@given(st.dictionaries(st.text(), VALUES, max_size=6))
def test_form_that_nobody_touched_changes_nothing(values: dict[str, Any]) -> None:
    """Whatever the arguments are, with line ends, control characters and half surrogates."""
    fields = fields_of(None, values)
    sent = {f.key: as_sent(f.text).encode("utf-8", "replace").decode().replace("\r\n", "\n") for f in fields}
    assert changes(typed_into(fields, sent)) == ({}, typed_into(fields, sent))


@HOUSE
@given(st.dictionaries(st.text(), VALUES, max_size=6), st.text(), st.integers(0, 5))
def test_whatever_is_typed_is_a_value_or_a_problem(values: dict[str, Any], typed: str, which: int) -> None:
    """Nothing raises, and what was typed is still in its field."""
    fields = typed_into(fields_of(None, values), {f"f{which}": typed})
    found, told = changes(fields)
    assert [f.text for f in told] == [f.text for f in fields]
    assert set(found) <= set(values)


SCHEMAS = st.recursive(
    st.fixed_dictionaries({}, optional={
        "type": st.sampled_from(["string", "number", "integer", "boolean", "object", "array", ["string", "null"], 5]),
        "enum": st.just(["a", 1, None]) | st.just("no list"),
        "title": st.text(max_size=5) | st.just(7),
        "minimum": st.integers() | st.just("x"),
        "maxLength": st.integers() | st.none(),
        "$ref": st.sampled_from(["#/$defs/a", "#", "http://example.org/x", 5]),
        "default": VALUES,
        "description": st.text(max_size=5) | st.just([]),
        "x-secret": st.booleans(),
    }),
    lambda inner: st.fixed_dictionaries({}, optional={
        "properties": st.dictionaries(st.text(max_size=4), inner, max_size=3),
        "required": st.lists(st.text(max_size=4)) | st.just("x"),
        "anyOf": st.lists(inner, max_size=3) | st.just("x"),
        "$defs": st.dictionaries(st.just("a"), inner),
    }),
    max_leaves=6,
)  # fmt: skip


@HOUSE
@given(SCHEMAS, st.dictionaries(st.text(max_size=4), VALUES, max_size=3))
def test_any_schema_makes_a_form(schema: dict[str, Any], values: dict[str, Any]) -> None:
    """Also one that describes nothing, or itself, or is wrong: a tool of somebody else's server may bring it."""
    fields = fields_of(schema, values, with_defaults=True)
    filled(fields)
    changes(typed_into(fields, {f.key: "x" for f in fields}))


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 1000}, "long"),
        ({"type": "number"}, "number"),
        ({"type": ["integer", "null"]}, "number"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "number"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "json"),
        ({"type": "boolean"}, "choice"),
        ({"enum": ["a", "b"]}, "choice"),
        ({"allOf": [{"$ref": "#/$defs/level"}]}, "choice"),
        ({"type": "string", "x-secret": True}, "secret"),
        ({"type": "string", "format": "password", "writeOnly": True}, "secret"),
        ({"type": "array"}, "json"),
        ({}, "json"),
    ],
)
def test_field_is_of_the_kind_that_its_schema_asks_for(schema: dict[str, Any], kind: str) -> None:
    """One for each kind of value, JSON for the rest."""
    whole = {"type": "object", "properties": {"x": schema}, "$defs": {"level": {"enum": ["low"]}}}
    assert [f.kind for f in fields_of(whole, {})] == [kind]


def test_value_that_its_schema_does_not_know_is_kept_as_it_is() -> None:
    """An enumeration without the present value does not change it by itself."""
    schema = {"type": "object", "properties": {"x": {"enum": ["a", "b"]}, "n": {"type": "number"}}, "required": ["x"]}
    fields = fields_of(schema, {"x": "old", "n": "seven"})
    assert fields[0].options[0] == ('"old"', "old")
    assert changes(fields) == ({}, fields)


def test_secrets_inside_a_value_are_not_shown() -> None:
    """The value is left out of the form, and stays as it is."""
    inner = {"type": "object", "properties": {"key": {"type": "string", "x-secret": True}}}
    fields = fields_of({"type": "object", "properties": {"x": inner}}, {"x": {"key": "hush"}})
    assert [(f.kind, f.text) for f in fields] == [("kept", "")]
