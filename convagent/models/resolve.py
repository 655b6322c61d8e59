"""From a configuration to the client that is asked: one decision for each entry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ConfigError
from .base import ModelClient
from .config import LLMConfig
from .entry import Entry, Secret


@dataclass(frozen=True, slots=True)
class Service:
    """A service that speaks OpenAI's chat completions."""

    base_url: str
    variable: str = ""
    """The variable of its key; empty: it wants none."""


COMPATIBLE: dict[str, Service] = {
    "deepseek": Service("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "groq": Service("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "together": Service("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "mistral": Service("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "cerebras": Service("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "openrouter": Service("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "ollama": Service("http://localhost:11434/v1"),
    "lmstudio": Service("http://localhost:1234/v1"),
    "vllm": Service("http://localhost:8000/v1"),
    "llamacpp": Service("http://localhost:8080/v1"),
}
"""Services that need no adapter of their own, with their public addresses; `base_url` overrides."""

_OPENAI = "https://api.openai.com"
_NO_KEY = Secret("no-key")
_OPENAI_CONNECTION = ("organization", "project", "default_headers", "default_query", "http_client")


def client_for(config: LLMConfig | ModelClient, custom: Mapping[str, Any] | None = None) -> ModelClient:
    """Return the client of a configuration; it is made once for the configuration and its copies, in each process.

    Several entries become one client that tries them in order. Nothing is connected yet.

    Args:
        config: a configuration, or a client, which is returned as it is.
        custom: `CustomClass` values by the names that entries have as `model_client_cls`. The client is
            then made anew, as it belongs to whoever registered the classes.

    Raises:
        ConfigError: an entry has no key and its variable is not set, or cannot be served; the text says which.
        MissingExtra: an entry needs the extra `litellm`.
    """
    if not isinstance(config, LLMConfig):
        return config
    made = config.clients
    process = os.getpid()  # connections do not survive a fork
    whole = (process, "all")
    if not custom and whole in made:
        return made[whole]
    clients: list[ModelClient] = []
    for number, entry in enumerate(config.entries, 1):
        if not isinstance(entry, Entry):
            clients.append(entry)
        elif entry.model_client_cls is not None:
            clients.append(_custom(config, number, entry, custom or {}))
        else:
            key = (process, number)
            if key not in made:
                made.setdefault(key, _dressed(config, number, entry, _client(config, number, entry)))
            clients.append(made[key])
    client = _joined(clients, config.get("routing_method"))
    return client if custom else made.setdefault(whole, client)


def _joined(clients: list[ModelClient], routing: str | None) -> ModelClient:
    if len(clients) == 1:
        return clients[0]
    from .fallback import Fallback

    return Fallback(clients, round_robin=routing == "round_robin")


def _dressed(config: LLMConfig, number: int, entry: Entry, client: ModelClient) -> ModelClient:
    """Put around a client what an entry asks for beside the model."""
    if entry.cache_seed is not None:
        from .cache import Cache, Cached

        client = Cached(client, Cache(entry.cache_seed))
    hide = _local(config, number, "hide_tools")
    if hide in ("if_any_run", "if_all_run"):
        from .hiding import HidesTools

        client = HidesTools(client, hide)
    return client


def _local(config: LLMConfig, number: int, name: str) -> Any:
    """Return a value that is for nobody but this module."""
    view = config.config_list[number - 1]
    return view.get(name) if isinstance(view, Mapping) else None


def _custom(config: LLMConfig, number: int, entry: Entry, custom: Mapping[str, Any]) -> ModelClient:
    from .custom import Unregistered, custom_client

    found = custom.get(entry.model_client_cls or "")
    if found is None:
        return Unregistered(entry)
    return _dressed(config, number, entry, custom_client(entry, found.cls, **found.kwargs))


def _client(config: LLMConfig, number: int, entry: Entry) -> ModelClient:
    """Make the client of one entry."""
    where = _where(config, number, entry)
    uses_responses = _local(config, number, "use_responses") or _local(config, number, "built_in_tools")
    kind = entry.api_type
    if kind in ("responses", "responses_v2") or uses_responses:
        raise ConfigError(f"{where}: OpenAI's Responses interface is not served; use api_type='openai'")
    if kind == "azure":
        return _azure(entry, where)
    if kind == "openai":
        return _openai(entry, where)
    if kind in COMPATIBLE:
        return _compatible(entry, COMPATIBLE[kind], where)
    from .litellm import LiteLLMClient

    return LiteLLMClient(entry)


def _openai(entry: Entry, where: str) -> ModelClient:
    base_url = entry.base_url or os.environ.get("OPENAI_BASE_URL", "").strip() or None
    key = entry.api_key or _from_variable("OPENAI_API_KEY")
    if key is None:
        if base_url is None or base_url.startswith(_OPENAI):
            raise _no_key(where, "OPENAI_API_KEY")
        key = _NO_KEY
    return _speaking_openai(entry, base_url, key)


def _compatible(entry: Entry, service: Service, where: str) -> ModelClient:
    key = entry.api_key or (_from_variable(service.variable) if service.variable else _NO_KEY)
    if key is None:
        if entry.base_url is None or entry.base_url.startswith(service.base_url):
            raise _no_key(where, service.variable)
        key = _NO_KEY
    return _speaking_openai(entry, entry.base_url or service.base_url, key)


def _azure(entry: Entry, where: str) -> ModelClient:
    from .openai import OpenAIClient

    base_url = entry.base_url or os.environ.get("AZURE_OPENAI_ENDPOINT", "").strip() or None
    if base_url is None:
        raise ConfigError(
            f"{where}: no base_url; put the address of your Azure resource there, such as "
            "'https://NAME.openai.azure.com', or set the variable AZURE_OPENAI_ENDPOINT"
        )
    by_token = entry.connection.keys() & {"azure_ad_token", "azure_ad_token_provider"}
    key = entry.api_key or _from_variable("AZURE_OPENAI_API_KEY")
    if key is None and not by_token and not os.environ.get("AZURE_OPENAI_AD_TOKEN"):
        raise _no_key(where, "AZURE_OPENAI_API_KEY")
    version = entry.connection.get("api_version") or os.environ.get("OPENAI_API_VERSION", "").strip()
    if not version:
        raise ConfigError(
            f"{where}: no api_version; put it there, such as '2024-10-21', or set the variable OPENAI_API_VERSION"
        )
    return OpenAIClient(replace(entry, base_url=base_url, api_key=key))


def _speaking_openai(entry: Entry, base_url: str | None, key: Secret) -> ModelClient:
    from .openai import OpenAIClient

    # Values for all entries may be meant for another service of the list.
    connection = {name: value for name, value in entry.connection.items() if name in _OPENAI_CONNECTION}
    return OpenAIClient(replace(entry, base_url=base_url, api_key=key, connection=connection))


def _from_variable(name: str) -> Secret | None:
    text = os.environ.get(name, "").strip()
    return Secret(text) if text else None


def _no_key(where: str, variable: str) -> ConfigError:
    return ConfigError(f"{where}: no api_key; put it there, or set the environment variable {variable}")


def _where(config: LLMConfig, number: int, entry: Entry) -> str:
    place = f"entry {number} of the LLMConfig" if len(config.entries) > 1 else "the LLMConfig"
    return f"{place} (model {entry.model!r}, api_type {entry.api_type!r})"
