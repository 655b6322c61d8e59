"""The entries of an LLMConfig: from what was given to what clients are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from ..errors import ConfigError
from .base import ModelClient
from .entry import Entry, revealed
from .fields import FIELDS, nearest
from .masking import MaskedDict, masked, shown

ConfigItem = Mapping[str, Any] | ModelClient
"""An entry: a mapping of fields, or a ready model client such as `ScriptedModel`."""

HERE = "LLMConfig(...)"
"""How an error message calls a configuration that came from no file."""


class EntryView(Mapping[str, Any]):
    """One entry of `LLMConfig.config_list`, to be read: a mapping whose repr shows no key.

    The values are those that count: the entry's own, else the list's. `entry["model"]` and
    `entry.model` are the same; a field that is not set is None as an attribute and absent as an item.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return revealed(self._values[name])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._values:
            return self[name]
        if name in FIELDS:
            return None
        raise AttributeError(f"a model entry has no field {name!r}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(masked(dict(self._values)))

    def model_dump(self, **_: Any) -> dict[str, Any]:
        """Return the values; secrets are `Secret` objects, which LLMConfig takes back."""
        return MaskedDict(self._values)


def is_client(value: object) -> bool:
    """Return whether a value is a model client; the class of one is not."""
    return not isinstance(value, type) and isinstance(value, ModelClient)


def flat(given: Iterable[Any], what: str) -> list[ConfigItem]:
    """Return all entries in a row; empty ones are dropped, as `{}` and None say nothing."""
    found: list[ConfigItem] = []
    for item in given:
        if isinstance(item, Mapping):
            found += [cast(Mapping[str, Any], item)] if item else []
        elif isinstance(item, (list, tuple)):
            found += flat(cast(Iterable[Any], item), "an entry")
        elif item is None:
            continue
        elif is_client(item):
            found.append(item)
        elif hasattr(item, "config_list"):
            found += flat(item.config_list, "an entry")
        else:
            hint = "; make an instance of it" if isinstance(item, type) else hint_for_text(item)
            raise ConfigError(f"{HERE}: {what} is {shown(item)}; expected a dict of fields or a model client{hint}")
    return found


def hint_for_text(value: object) -> str:
    """Return what to write instead of a text where a configuration is expected."""
    if not isinstance(value, str):
        return ""
    return "; for the name of a model write LLMConfig(model=...), for a file LLMConfig.from_json(path=...)"


def missing(values: Mapping[str, Any]) -> list[str]:
    """Return what a complete entry would still need."""
    if "model" in values or "azure_deployment" in values:
        return []
    if not values:
        return ["no entry; expected model='...', or a list of entries that is not empty"]
    near = next((name for name in values if nearest(name, ["model"], 0.6)), None)
    hint = f"; is {shown(near)} meant?" if near else ""
    return [f"no model; expected model='...', the name of the model as the endpoint knows it{hint}"]


def entry_of(values: Mapping[str, Any]) -> Entry:
    """Make an entry of values that were checked."""

    def of(place: str) -> dict[str, Any]:
        return {name: value for name, value in values.items() if place_of(name) == place}

    own = of("entry")
    connection = of("connection")
    host = connection.pop("client_host", None)
    address = connection.pop("azure_endpoint", None) or (host and f"{host.rstrip('/')}/v1")
    own.setdefault("base_url", address)
    own.setdefault("model", connection.get("azure_deployment"))
    own["tags"] = tuple(own.get("tags", ()))
    return Entry(**own, connection=connection, options=revealed(of("option")))


def place_of(name: str) -> str:
    """Return where a value goes; a name that is not known is a parameter of every call."""
    field = FIELDS.get(name)
    return field.place if field else "option"


def values_of(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that count for an entry."""
    found = {name: value for name, value in {**shared, **own}.items() if place_of(name) != "list"}
    return {"api_type": "openai", **found}


def beside_the_list(name: str) -> bool:
    """Whether a value for all entries is shown beside the list too, as it is no matter of one endpoint."""
    return place_of(name) in ("option", "list") or name in _SHARED_ATTRIBUTES


_SHARED_ATTRIBUTES = {"timeout", "cache_seed", "stream", "max_retries", "response_format"}
