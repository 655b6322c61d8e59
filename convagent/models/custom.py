"""Model clients of the user: classes with the classic's four methods, made into a `ModelClient`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, cast

from .._sync import run_in_worker
from ..errors import BadModelReply, ConfigError, ModelError
from ..messages import Message, Usage
from .base import ModelReply, ModelRequest, Notify, ignore
from .entry import Entry, revealed
from .masking import public_url

METHODS = ("create", "message_retrieval", "cost", "get_usage")


@dataclass(frozen=True, slots=True)
class CustomClass:
    """What `register_model_client` was given."""

    cls: Callable[..., Any]
    kwargs: Mapping[str, Any]


def custom_client(entry: Entry, cls: Callable[..., Any], **kwargs: Any) -> CustomClient:
    """Make an instance of a user's class for an entry, and a `ModelClient` of it.

    The class is called with the entry's fields as a dict, and with `kwargs`.

    Raises:
        ConfigError: the instance lacks one of create, message_retrieval, cost, get_usage.
    """
    return CustomClient(entry, cls(entry_dict(entry), **kwargs))


def entry_dict(entry: Entry) -> dict[str, Any]:
    """Return the fields of an entry as the user wrote them, keys in plain text."""
    fields = {
        "model": entry.model,
        "api_type": entry.api_type,
        "api_key": entry.api_key,
        "base_url": entry.base_url,
        "timeout": entry.timeout,
        "max_retries": entry.max_retries,
        "stream": entry.stream or None,
        "response_format": entry.response_format,
        "price": entry.price,
        "cache_seed": entry.cache_seed,
        "model_client_cls": entry.model_client_cls,
        "tags": list(entry.tags) or None,
        **entry.connection,
        **entry.options,
    }
    return {name: revealed(value) for name, value in fields.items() if value is not None}


class CustomClient:
    """Ask an object with the classic's methods; a plain `create` runs in a worker thread."""

    def __init__(self, entry: Entry, client: Any) -> None:
        if lacking := [name for name in METHODS if not callable(getattr(client, name, None))]:
            raise ConfigError(
                f"model client {type(client).__name__} has no method {' and no method '.join(lacking)}; "
                f"expected {', '.join(METHODS)}"
            )
        self._entry = entry
        self._client = client
        self._endpoint = public_url(entry.base_url) if entry.base_url else type(client).__name__

    @property
    def label(self) -> str:
        """The name of the model."""
        return self._entry.model

    @property
    def offline_note(self) -> str:
        """Empty: what a user's client asks is not known."""
        return ""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What shapes its answers besides the request, for the disk cache."""
        kind = cast("type[Any]", type(self._client))
        return {
            "class": f"{kind.__module__}.{kind.__qualname__}",
            "model": self._entry.model,
            "endpoint": self._endpoint,
            "options": dict(self._entry.options),
        }

    @property
    def response_format(self) -> Any:
        """The entry's response format, which holds where a request has none."""
        return self._entry.response_format

    @property
    def gives_logprobs(self) -> bool:
        """False: the classic's methods have no place for them."""
        return False

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Answer a request.

        Raises:
            ModelError: a method of the user's client raised; the error is its cause.
            BadModelReply: it returned no message.
        """
        params = self._params(request)
        try:
            if iscoroutinefunction(self._client.create):
                response = await self._client.create(params)
            else:
                response = await run_in_worker(partial(self._client.create, params))
            cost = self._client.cost(response)
            with suppress(AttributeError, TypeError, ValueError):  # a response that takes no attributes
                response.cost = cost
            usage = self._client.get_usage(response)
            found = self._client.message_retrieval(response)
        except ModelError:
            raise
        except Exception as error:
            text = f"{type(self._client).__name__} raised {type(error).__name__}: {error}"
            raise ModelError(text, model=self._entry.model, endpoint=self._endpoint) from error
        message = self._message(found)
        finish = "tool_calls" if message.get("tool_calls") else "stop"
        return ModelReply(message, _usage(usage, cost), self._entry.model, self._endpoint, finish)

    def _params(self, request: ModelRequest) -> dict[str, Any]:
        entry = self._entry
        params: dict[str, Any] = {
            **revealed(dict(entry.options)),
            **request.options,
            "model": entry.model,
            "model_client_cls": entry.model_client_cls,
            "stream": request.stream,
            "messages": list(request.messages),
        }
        if request.tools:
            params["tools"] = list(request.tools)
        if (wanted := request.response_format or entry.response_format) is not None:
            params["response_format"] = wanted
        return params

    def _message(self, found: Any) -> Message:
        """Read what `message_retrieval` returned: a list of texts or of messages, of which the first counts."""
        choices = list(cast(Sequence[Any], found)) if isinstance(found, (list, tuple)) else [found]
        first = choices[0] if choices else None
        if isinstance(first, str):
            return {"role": "assistant", "content": first}
        if isinstance(first, Mapping):
            fields = dict(cast(Mapping[str, Any], first))
        elif callable(dump := getattr(first, "model_dump", None)):
            fields = cast(dict[str, Any], dump())
        else:
            fields = {name: getattr(first, name, None) for name in ("content", "tool_calls", "function_call")}
        message = cast(Message, {"role": "assistant", **{k: v for k, v in fields.items() if v is not None}})
        if calls := message.get("tool_calls"):
            message["tool_calls"] = [c if isinstance(cast(Any, c), Mapping) else _plain(c) for c in calls]
        if not message.keys() & {"content", "tool_calls", "function_call"}:
            raise BadModelReply(
                f"{type(self._client).__name__}.message_retrieval returned no message; "
                "expected a list of texts, or of messages with content",
                model=self._entry.model,
                endpoint=self._endpoint,
            )
        if "content" not in message:
            message["content"] = None
        return message

    def __repr__(self) -> str:
        return f"CustomClient({type(self._client).__name__}, model={self._entry.model!r})"


def _plain(call: Any) -> Any:
    function = getattr(call, "function", None)
    return {
        "id": getattr(call, "id", "") or "",
        "type": "function",
        "function": {"name": getattr(function, "name", ""), "arguments": getattr(function, "arguments", "") or ""},
    }


def _usage(told: Any, cost: Any) -> Usage:
    found: Mapping[str, Any] = cast(Mapping[str, Any], told) if isinstance(told, Mapping) else {}
    amount = found.get("cost", cost)
    return Usage(
        int(found.get("prompt_tokens") or 0),
        int(found.get("completion_tokens") or 0),
        float(amount) if isinstance(amount, (int, float)) else 0.0,
    )


class Unregistered:
    """Stands for a class that an entry names and nobody has registered yet; every request says so."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    @property
    def label(self) -> str:
        """The name of the model."""
        return self._entry.model

    @property
    def offline_note(self) -> str:
        """Empty."""
        return ""

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Raise ConfigError: there is no client yet."""
        name = self._entry.model_client_cls
        agent = request.agent or "agent"
        raise ConfigError(
            f"the entry of model {self._entry.model!r} names model_client_cls={name!r}, which is not registered; "
            f"call {agent}.register_model_client(model_client_cls={name}) before the chat"
        )

    def __repr__(self) -> str:
        return f"Unregistered({self._entry.model_client_cls!r})"
