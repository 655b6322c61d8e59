"""Structured replies: what the server is told, and what comes back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel, Field

from convagent.errors import BadModelReply, ConfigError
from convagent.models.base import ModelReply, ModelRequest
from convagent.models.entry import Entry, Secret
from convagent.models.openai import OpenAIClient
from convagent.models.scripted import ScriptedModel
from convagent.testing.openai_server import OpenAIServer


class Line(BaseModel):
    """A line of an invoice."""

    what: str
    amount: float = Field(default=0.0, description="In dollars.")


class Invoice(BaseModel):
    """An invoice."""

    number: int
    lines: list[Line]


SCHEMA = {
    "title": "a city!",
    "type": "object",
    "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["name"],
}


def ask(server: OpenAIServer, response_format: Any, of_entry: Any = None) -> ModelReply:
    key = Secret("sk-test")
    entry = Entry("m", api_key=key, base_url=server.base_url, max_retries=0, response_format=of_entry)
    client = OpenAIClient(entry)
    request = ModelRequest([{"role": "user", "content": "go"}], response_format=response_format)
    return asyncio.run(client.complete(request))


def test_a_model_class_is_sent_as_a_strict_schema_and_comes_back_as_an_object() -> None:
    """Every object of the schema is closed and requires all; the reply is an instance."""
    with OpenAIServer(['{"number": 7, "lines": [{"what": "tea", "amount": 2.5}]}']) as server:
        reply = ask(server, Invoice)
        sent = server.bodies[0]["response_format"]
    assert reply.parsed == Invoice(number=7, lines=[Line(what="tea", amount=2.5)])
    assert sent["type"] == "json_schema"
    assert (sent["json_schema"]["name"], sent["json_schema"]["strict"]) == ("Invoice", True)
    line = sent["json_schema"]["schema"]["$defs"]["Line"]
    assert line["required"] == ["what", "amount"]
    assert line["additionalProperties"] is False
    assert "default" not in line["properties"]["amount"]


def test_description_of_a_field_stays_where_its_type_is_a_class() -> None:
    """Strict mode refuses a reference with a description beside it, so what it refers to stands in its place."""

    class Part(BaseModel):
        name: str
        line: Line = Field(description="The line that it is for.")
        below: list[Part] = Field(description="What it is made of.")
        whole: Part | None = Field(description="What it is part of.")

    with OpenAIServer(['{"name": "n", "line": {"what": "tea", "amount": 1}, "below": [], "whole": null}']) as server:
        ask(server, Part)
        sent = server.bodies[0]["response_format"]["json_schema"]
    line = sent["schema"]["$defs"]["Part"]["properties"]["line"]
    assert (line["description"], line["type"], line["required"]) == (
        "The line that it is for.",
        "object",
        ["what", "amount"],
    )
    assert sent["strict"] is True


def test_a_reply_that_does_not_fit_the_model_class_says_what_failed() -> None:
    """Field and reason are named, with model and endpoint."""
    with OpenAIServer(['{"number": "many", "lines": [{}]}']) as server:
        with pytest.raises(BadModelReply) as caught:
            ask(server, Invoice)
        assert server.base_url in str(caught.value)
    assert "does not satisfy response_format Invoice" in str(caught.value)
    assert "number: " in str(caught.value)
    assert "lines.0.what: " in str(caught.value)


def test_a_json_schema_with_optional_properties_is_sent_as_it_is_and_checked() -> None:
    """Strict mode would forbid the optional ones, so it is not asked for; the reply is checked here."""
    with OpenAIServer(['{"name": "Rome"}', '{"people": 3}', "no JSON"]) as server:
        assert ask(server, SCHEMA).parsed == {"name": "Rome"}
        sent = server.bodies[0]["response_format"]["json_schema"]
        assert sent == {"name": "a_city_", "schema": SCHEMA, "strict": False}
        with pytest.raises(BadModelReply, match="'a city!': the whole: 'name' is a required property"):
            ask(server, SCHEMA)
        with pytest.raises(BadModelReply, match="is not the JSON that response_format 'a city!' asks for"):
            ask(server, SCHEMA)


def test_a_schema_without_optional_properties_is_strict() -> None:
    """It is closed and sent as strict."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    with OpenAIServer(['{"a": "x"}']) as server:
        ask(server, schema)
        sent = server.bodies[0]["response_format"]["json_schema"]
    assert sent == {"name": "reply", "schema": {**schema, "additionalProperties": False}, "strict": True}


def test_a_wire_form_is_sent_as_it_is() -> None:
    """json_object gives parsed JSON; the entry's format holds where the request has none."""
    with OpenAIServer(['{"free": 1}']) as server:
        assert ask(server, None, of_entry={"type": "json_object"}).parsed == {"free": 1}
        assert server.bodies[0]["response_format"] == {"type": "json_object"}


def test_json_in_a_fence_is_understood() -> None:
    """Servers without strict mode put JSON into Markdown."""
    with OpenAIServer(['```json\n{"name": "Oslo"}\n```']) as server:
        assert ask(server, SCHEMA).parsed == {"name": "Oslo"}


def test_a_schema_that_is_none_is_a_configuration_error() -> None:
    """The model is not blamed for a format that cannot be satisfied."""
    with OpenAIServer(['{"a": 1}']) as server:
        with pytest.raises(ConfigError, match="not a valid JSON Schema"):
            ask(server, {"type": "object", "properties": {"a": {"type": "nonsense"}}})
        assert not server.requests


def test_a_reference_to_the_network_is_not_followed() -> None:
    """A schema that points elsewhere is refused instead of being fetched."""
    schema = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/schema.json"}}}
    with OpenAIServer(['{"a": 1}']) as server, pytest.raises(ConfigError, match=r"127\.0\.0\.1:9/schema\.json"):
        ask(server, schema)


def test_a_tool_call_is_not_validated() -> None:
    """A reply that calls a tool is not the answer yet."""
    with OpenAIServer([[{"name": "f"}]]) as server:
        assert ask(server, Invoice).parsed is None


def test_a_format_that_is_none_is_refused() -> None:
    """Something pydantic cannot describe is a ConfigError."""

    class Odd:
        pass

    with OpenAIServer(["x"]) as server, pytest.raises(ConfigError, match="Odd"):
        ask(server, Odd)


def test_an_instance_is_refused_and_its_class_suggested() -> None:
    """An object in the place of its class is a common slip; the text is one line."""
    instance: Any = Line(what="tea")
    with OpenAIServer(["x"]) as server, pytest.raises(ConfigError, match="did you mean Line, the class") as caught:
        ask(server, instance)
    assert "\n" not in str(caught.value)


def test_scripted_models_validate_too() -> None:
    """Offline runs get the same objects."""
    request = ModelRequest([], response_format=Line)
    assert asyncio.run(ScriptedModel(['{"what": "tea"}']).complete(request)).parsed == Line(what="tea")
    with pytest.raises(BadModelReply, match="what"):
        asyncio.run(ScriptedModel(["{}"]).complete(request))
