"""The JSON Schema of OAI_CONFIG_LIST files, for editors that check and complete while one types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .fields import API_TYPES, FIELDS, Field

FILE = "oai_config_list.schema.json"
"""The schema's file, beside this module and in the wheel."""


def json_schema() -> dict[str, Any]:
    """Return the schema, made from the table of fields."""
    entry = {
        "type": "object",
        "description": "One model at one endpoint.",
        "properties": {f.name: _property(f) for f in FIELDS.values() if f.place != "list"},
        "anyOf": [{"required": ["model"]}, {"required": ["azure_deployment"]}],
    }
    entries = {
        "type": "array",
        "description": "Entries are tried in this order.",
        "minItems": 1,
        "items": {"$ref": "#/$defs/entry"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "OAI_CONFIG_LIST",
        "description": "Models that agents may use: a list of entries, or an object with that list as config_list.",
        "oneOf": [
            entries,
            {
                "type": "object",
                "properties": {"$schema": {"type": "string"}, "config_list": entries},
                "required": ["config_list"],
                "additionalProperties": False,
            },
        ],
        "$defs": {"entry": entry},
    }


def write(path: str | Path | None = None) -> Path:
    """Write the schema to its file, or to `path`, and return where."""
    import json

    to = Path(path) if path is not None else Path(__file__).with_name(FILE)
    to.write_text(json.dumps(json_schema(), indent=2) + "\n", encoding="utf-8")
    return to


def _property(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"description": field.doc}
    if field.name == "api_type":
        found["examples"] = list(API_TYPES)
    match field.kind:
        case "text":
            return {"type": ["string", "null"], "minLength": 1, **found}
        case "secret" | "url":
            return {"type": ["string", "null"], **found}
        case "number" | "integer":
            limits = {"minimum": field.low, "maximum": field.high}
            return {"type": [field.kind, "null"], **{k: v for k, v in limits.items() if v is not None}, **found}
        case "flag":
            return {"type": ["boolean", "null"], **found}
        case "choice":
            return {"enum": [*field.words, None], **found}
        case "texts":
            return {"type": ["array", "null"], "items": {"type": "string"}, **found}
        case "list":
            return {"type": ["array", "null"], **found}
        case "mapping":
            return {"type": ["object", "null"], **found}
        case "price":
            amount = {"type": "number", "minimum": 0}
            return {"type": ["array", "number", "null"], "items": amount, "minItems": 2, "maxItems": 2, **found}
        case "seed":
            return {"type": ["integer", "string", "null"], **found}
        case "any":
            return found
