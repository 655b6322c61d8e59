"""One entry of a model configuration, validated, with its secrets wrapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast


class Secret:
    """A text that no repr, format, log or JSON shows. `reveal()` where it is used, and only there."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        import hmac  # costs 3 ms at the start of a program that compares no keys

        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(("Secret", self._text))

    def __bool__(self) -> bool:
        return bool(self._text)


def revealed(value: Any) -> Any:
    """Return a value with the text of every secret in it, at any depth; for what is handed to a client."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in cast(Mapping[Any, Any], value).items()}
    if isinstance(value, list):
        return [revealed(item) for item in cast(list[Any], value)]
    return value


@dataclass(frozen=True, slots=True)
class Entry:
    """One model at one endpoint. Made by `LLMConfig`; an entry's own values have won over the list's."""

    model: str
    api_type: str = "openai"
    api_key: Secret | None = None
    base_url: str | None = None
    """Shown in errors and events, with user info and query removed."""
    connection: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the client is made with besides key and URL: api_version, azure_deployment, organization,
    default_headers, http_client, region, project, ... Values that are secret are `Secret`."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Parameters of every call: temperature, top_p, max_tokens, seed, tool_choice, extra_body, ..."""
    timeout: float | None = None
    """Seconds a call may take; None: the client's own default."""
    max_retries: int | None = None
    """How often the client itself repeats a retryable call; None: its default."""
    stream: bool = False
    response_format: Any = None
    price: tuple[float, float] | None = None
    """US dollars per 1,000 prompt and completion tokens, where the user states them."""
    cache_seed: int | str | None = None
    """Seed of the disk cache; None: no cache."""
    model_client_cls: str | None = None
    """Name of a client class that `register_model_client` supplies."""
    tags: tuple[str, ...] = ()

    def __repr__(self) -> str:
        from .masking import masked  # it needs Secret, so it stands above this module

        values = {f.name: getattr(self, f.name) for f in fields(self)}
        shown = (
            f"{k}={masked(v, k)!r}" for k, v in values.items() if v is not None and v is not False and v not in ((), {})
        )
        return f"Entry({', '.join(shown)})"
