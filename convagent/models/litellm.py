"""Every service that litellm knows, through litellm (the extra of that name).

It pins the openai package below 3, imports for seconds and fetches a price list unless told not
to: so it is imported here only, at the first request, with the list that it ships.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from json import JSONDecodeError
from typing import Any

from ..errors import BadModelReply, MissingExtra, ModelError
from . import endpoint, retry, wire
from .base import ModelReply, ModelRequest, Notify, StreamVoided, TextDelta, ignore
from .entry import Entry, Secret, revealed
from .masking import public_url

_PREFIXES: Mapping[str, str] = {
    "google": "gemini",
    "google_vertex": "vertex_ai",
    "together": "together_ai",
    "ollama": "ollama_chat",
    "vllm": "hosted_vllm",
    "lmstudio": "lm_studio",
    "llamacpp": "openai",
}
"""What litellm calls a service, where it is not our `api_type`."""

_CONNECTION: Mapping[str, str] = {
    "aws_region": "aws_region_name",
    "aws_access_key": "aws_access_key_id",
    "aws_secret_key": "aws_secret_access_key",
    "project_id": "vertex_project",
    "gcp_project_id": "vertex_project",
    "location": "vertex_location",
    "gcp_region": "vertex_location",
    "google_application_credentials": "vertex_credentials",
    "credentials": "vertex_credentials",
    "azure_endpoint": "api_base",
    "client_host": "api_base",
    "default_headers": "extra_headers",
}
"""What litellm calls a connection setting, where it is not our name."""


class LiteLLMClient:
    """Ask one model of a service that litellm knows: anthropic, google, bedrock, cohere, ...

    Raises:
        MissingExtra: litellm is not installed.
    """

    def __init__(self, entry: Entry) -> None:
        if importlib.util.find_spec("litellm") is None:
            raise MissingExtra(f"model {entry.model!r} with api_type={entry.api_type!r}", "litellm")
        self._entry = entry
        prefix = _PREFIXES.get(entry.api_type, entry.api_type)
        self._model = entry.model if entry.model.startswith(f"{prefix}/") else f"{prefix}/{entry.model}"
        self._endpoint = public_url(entry.base_url).rstrip("/") if entry.base_url else entry.api_type

    @property
    def label(self) -> str:
        """The model's name."""
        return self._entry.model

    @property
    def offline_note(self) -> str:
        """Empty: a model is asked."""
        return ""

    @property
    def endpoint(self) -> str:
        """The URL of the endpoint, or the name of the service."""
        return self._endpoint

    @property
    def identity(self) -> Mapping[str, Any]:
        """What shapes its answers besides the request."""
        return {"model": self._model, "endpoint": self._endpoint, "options": dict(self._entry.options)}

    @property
    def response_format(self) -> Any:
        """The entry's response format, which holds where a request has none."""
        return self._entry.response_format

    def __repr__(self) -> str:
        return f"LiteLLMClient(model={self._model!r}, endpoint={self._endpoint!r})"

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Answer a request; see `ModelClient.complete`."""
        attempts = retry.Attempts(self._entry, wire.options_of(self._entry, request))
        once = partial(self._attempt, _library(), request, notify)
        return await retry.until_answered(once, attempts, notify)

    async def _attempt(
        self, litellm: Any, request: ModelRequest, notify: Notify, attempts: retry.Attempts
    ) -> ModelReply | retry.Failed:
        merge = wire.Merge()
        try:
            return await self._answer(litellm, request, merge, notify)
        except wire.StreamEnded:
            text = f"the stream ended after {merge.shown} characters, before the reply did{attempts.told}"
            failed = retry.Failed(BadModelReply(text, model=self._entry.model, endpoint=self._endpoint), again=True)
        except ModelError:
            if merge.shown:
                notify(StreamVoided("the reply is not usable"))
            raise
        except litellm.exceptions.openai.OpenAIError as error:
            # A value, raised elsewhere, so that no traceback shows litellm's error, which may quote the key.
            failed = self._failed(litellm, error, attempts)
        if merge.shown:
            notify(StreamVoided(str(failed.error)))
        return failed

    async def _answer(self, litellm: Any, request: ModelRequest, merge: wire.Merge, notify: Notify) -> ModelReply:
        reader = wire.Reader(self._entry, self._endpoint, wire.format_of(self._entry, request))
        answer = await litellm.acompletion(**self._call(request))
        if not wire.streams(self._entry, request):
            return self._priced(litellm, answer, reader.reply(answer.model_dump()))
        async for chunk in answer:
            text = merge.add(chunk.model_dump())
            if text:
                notify(TextDelta(text))
        if merge.finish_reason is None:
            raise wire.StreamEnded
        return reader.made(merge.message(), merge.finish_reason, merge.usage, merge.envelope, merge.logprobs)

    def _call(self, request: ModelRequest) -> dict[str, Any]:
        """Return the arguments of litellm's call."""
        entry = self._entry
        options = wire.options_of(entry, request)
        call = wire.body_of(entry, request)
        call["model"] = self._model
        # The messages may grow while the request is on its way.
        call["messages"] = list(call["messages"])
        for name, value in entry.connection.items():
            if value is not None:
                call[_CONNECTION.get(name, name)] = revealed(value)
        if entry.api_key:
            call["api_key"] = entry.api_key.reveal()
        elif entry.base_url and entry.api_type in ("openai", "vllm", "lmstudio", "llamacpp"):
            call["api_key"] = os.environ.get("OPENAI_API_KEY") or "no-key"
        if entry.base_url:
            call["api_base"] = entry.base_url
        timeout = options.get("timeout", entry.timeout)
        if timeout is not None:
            call["timeout"] = timeout
        call["max_retries"] = 0  # it would repeat in silence; `retry` does it, and tells
        if options.get("extra_headers"):
            call["extra_headers"] = {**call.get("extra_headers", {}), **options["extra_headers"]}
        return call

    def _priced(self, litellm: Any, answer: Any, reply: ModelReply) -> ModelReply:
        if self._entry.price is not None or reply.usage.cost:
            return reply
        try:
            cost = float(litellm.completion_cost(completion_response=answer, model=self._model) or 0.0)
        except Exception:  # noqa: BLE001 - it raises many kinds for a model without a price
            return reply
        return replace(reply, usage=replace(reply.usage, cost=cost))

    def _failed(self, litellm: Any, error: Any, attempts: retry.Attempts) -> retry.Failed:
        """Return our error for one of litellm's, and whether another attempt makes sense."""
        kinds = litellm.exceptions
        secrets = [v.reveal() for v in (self._entry.api_key, *self._entry.connection.values()) if isinstance(v, Secret)]
        text = endpoint.scrub(endpoint.said(None, getattr(error, "message", None) or str(error)), secrets)
        told: dict[str, Any] = {"model": self._entry.model, "where": self._endpoint, "attempts": attempts.told}
        first = _first(error)
        if isinstance(error, kinds.Timeout) or "Timeout" in type(first).__name__:
            return retry.Failed(endpoint.timeout("no answer", seconds=attempts.timeout, **told), again=True)
        unreadable = next((e for e in _chain(error) if isinstance(e, JSONDecodeError)), None)
        if unreadable is not None:
            said = f"the answer is not JSON: {unreadable}"
            failure = BadModelReply(said, model=self._entry.model, endpoint=self._endpoint)
            return retry.Failed(failure, again=False)
        if endpoint.half(text):
            return retry.Failed(endpoint.connection_error(text, **told), again=True)
        # litellm reports a lost connection as a 500 of its own.
        lost = kinds.openai.APIConnectionError, kinds.APIConnectionError
        code = getattr(error, "status_code", None)
        if not isinstance(code, int) or any(isinstance(e, lost) for e in _chain(error)):
            said = endpoint.scrub(str(first), secrets) or type(first).__name__
            return retry.Failed(endpoint.connection_error(said, **told), again=True)
        found: Any = getattr(error, "litellm_response_headers", None) or getattr(
            getattr(error, "response", None), "headers", None
        )
        headers: Mapping[str, str] = found or {}
        failure = endpoint.status_error(code, text, headers, patience=attempts.patience, **told)
        return retry.Failed(failure, retry.may_succeed(code, headers))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Go from an error to what it was raised for."""
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__


def _first(error: BaseException) -> BaseException:
    """Return the error that began it."""
    *_, first = _chain(error)
    return first


@cache
def _library() -> Any:
    # Read by litellm while it is imported: use the price list it ships, ask nobody.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    return litellm
