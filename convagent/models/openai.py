"""Chat completions through the openai package, versions 2 and 3, of any compatible endpoint.

The package's `chat.completions.create` walks the types of every message (13 ms of CPU for 100 of
them), so requests go through its public `post` with a body written here, and answers are read
here. Connections, time-outs, keys and Azure's URLs stay the package's; repeats are ours, because
the package's are silent and cannot be bounded.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from functools import cache, partial
from typing import Any, cast

from ..errors import ConfigError, ModelAuthError, ModelError
from . import endpoint, retry, wire
from .base import ModelReply, ModelRequest, Notify, StreamVoided, TextDelta, ignore
from .entry import Entry, Secret, revealed
from .masking import public_url
from .per_loop import PerLoop

_CONNECTION = frozenset(("organization", "project", "default_headers", "default_query", "http_client"))
_AZURE = frozenset(("api_version", "azure_deployment", "azure_endpoint", "azure_ad_token", "azure_ad_token_provider"))
_URL_VARIABLES = {"openai": "OPENAI_BASE_URL", "azure": "AZURE_OPENAI_ENDPOINT"}
_OPENAI_URL = "https://api.openai.com/v1"
_PATH = "/chat/completions"


class OpenAIClient:
    """Ask one model at one OpenAI-compatible endpoint, or on Azure (`api_type="azure"`).

    Made without importing the openai package, which happens at the first request. May be used
    from several event loops: each has its own connections, closed when the loop shuts down.

    Raises:
        ConfigError: the entry has a connection setting that the openai package does not know.
    """

    def __init__(self, entry: Entry) -> None:
        known = _CONNECTION | _AZURE if entry.api_type == "azure" else _CONNECTION
        unknown = {k for k, v in entry.connection.items() if v is not None} - known
        if unknown:
            raise ConfigError(
                f"model {entry.model!r}: {', '.join(sorted(unknown))} cannot be used with "
                f"api_type={entry.api_type!r}; it takes {', '.join(sorted(known))}"
            )
        self._entry = entry
        url = entry.base_url or entry.connection.get("azure_endpoint")
        if not url and entry.api_type in _URL_VARIABLES:
            url = os.environ.get(_URL_VARIABLES[entry.api_type])
        self._given_url = bool(url)
        self._url: str = url or (_OPENAI_URL if entry.api_type == "openai" else "")
        self._endpoint = public_url(self._url).rstrip("/") if self._url else entry.api_type
        self._clients = PerLoop(self._connect)
        self._usage_refused = False

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
        """The URL of the endpoint, without user info and query."""
        return self._endpoint

    @property
    def identity(self) -> Mapping[str, Any]:
        """What shapes its answers besides the request."""
        return {"model": self._entry.model, "endpoint": self._endpoint, "options": dict(self._entry.options)}

    @property
    def response_format(self) -> Any:
        """The entry's response format, which holds where a request has none."""
        return self._entry.response_format

    def __repr__(self) -> str:
        return f"OpenAIClient(model={self._entry.model!r}, endpoint={self._endpoint!r})"

    def __deepcopy__(self, memo: object) -> OpenAIClient:
        # It holds connections and no conversation: a copied configuration shares it.
        return self

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Answer a request; see `ModelClient.complete`."""
        if "openai" not in sys.modules:
            await _import_in_thread()
        attempts = retry.Attempts(self._entry, wire.options_of(self._entry, request))
        once = partial(self._attempt, self._clients.get(), request, self._content(request), notify)
        return await retry.until_answered(once, attempts, notify)

    async def aclose(self) -> None:
        """Close the connections of the running event loop. Its shutdown does the same."""
        await self._clients.aclose()

    def _content(self, request: ModelRequest) -> dict[str, Any]:
        """Write the body of a request, as the package's `post` takes it."""
        body = wire.body_of(self._entry, request, include_usage=not self._usage_refused)
        data = wire.encode(body, self._entry.model)
        # The first versions 2 take no bytes and write the JSON themselves.
        return {"content": data} if _library().takes_bytes else {"body": json.loads(data)}

    async def _attempt(
        self, client: Any, request: ModelRequest, content: dict[str, Any], notify: Notify, attempts: retry.Attempts
    ) -> ModelReply | retry.Failed:
        """Send a request once and read the answer.

        Raises:
            ModelError: the answer came and is not usable.
        """
        library = _library()
        options = wire.options_of(self._entry, request)
        call = {ours: options[theirs] for theirs, ours in _CALL_OPTIONS if options.get(theirs) is not None}
        stream = wire.streams(self._entry, request)
        try:
            response = await client.post(_PATH, **content, options=call, cast_to=library.response, stream=stream)
        except library.errors as error:
            # A value, raised elsewhere, so that no traceback shows the package's error, which quotes the key.
            failed = self._failed(library, error, attempts)
        else:
            reader = wire.Reader(self._entry, self._endpoint, wire.format_of(self._entry, request))
            if stream:
                return await self._streamed(library, response, reader, notify, attempts)
            return reader.completion(response.content)
        if stream and not self._usage_refused and "stream_options" in str(failed.error):
            # Older compatible servers do not know it; a reply without usage is better than none.
            self._usage_refused = True
            return await self._attempt(client, request, self._content(request), notify, attempts)
        return failed

    async def _streamed(
        self, library: _Library, response: Any, reader: wire.Reader, notify: Notify, attempts: retry.Attempts
    ) -> ModelReply | retry.Failed:
        merge = wire.Merge()
        try:
            return await _read(library, response, merge, reader, notify)
        except library.http.TimeoutException:
            error = self._timeout(f"the stream stopped after {merge.shown} characters, nothing more", attempts)
        except library.http.TransportError as broken:
            name = type(broken).__name__
            error = reader.bad(f"the stream broke after {merge.shown} characters ({name}){attempts.told}")
        except wire.StreamEnded:
            error = reader.bad(f"the stream ended after {merge.shown} characters, before the reply did{attempts.told}")
        except ModelError:
            if merge.shown:
                notify(StreamVoided("the reply is not usable"))
            raise
        finally:
            await response.aclose()
        if merge.shown:
            notify(StreamVoided(str(error)))
        return retry.Failed(error, again=True)

    def _connect(self) -> tuple[Any, bool]:
        """Make the package's client; say whether its connections are ours to close."""
        library = _library()
        entry = self._entry
        settings = {k: revealed(v) for k, v in entry.connection.items() if v is not None}
        if entry.timeout is not None:
            settings["timeout"] = entry.timeout
        settings["max_retries"] = 0  # it would repeat in silence; `retry` does it, and tells
        kind = library.openai.AsyncOpenAI
        if entry.api_type == "azure":
            kind = library.openai.AsyncAzureOpenAI
            self._for_azure(settings)
        elif not self._url:
            raise ConfigError(f"model {entry.model!r}: api_type={entry.api_type!r} needs a base_url")
        else:
            settings["base_url"] = self._url
            settings["api_key"] = self._key(self._key_variable) or self._no_key()
        try:
            return kind(**settings), "http_client" not in settings
        except Exception as error:  # noqa: BLE001 - of the package, of its HTTP library, or built in
            failure = ConfigError(f"model {entry.model!r} at {self._endpoint}: {self._scrub(str(error))}")
        raise failure

    def _for_azure(self, settings: dict[str, Any]) -> None:
        settings.setdefault("azure_deployment", self._entry.model)
        if not self._url:
            raise ConfigError(
                f"model {self._entry.model!r}: api_type='azure' needs base_url='https://NAME.openai.azure.com' "
                "or AZURE_OPENAI_ENDPOINT in the environment"
            )
        if not settings.get("api_version") and not os.environ.get("OPENAI_API_VERSION"):
            raise ConfigError(
                f"model {self._entry.model!r}: api_type='azure' needs api_version (such as '2024-10-21') "
                "or OPENAI_API_VERSION in the environment"
            )
        settings["azure_endpoint"] = self._url
        if settings.get("azure_ad_token_provider") == "DEFAULT":
            settings["azure_ad_token_provider"] = _azure_identity()
        if not settings.keys() & {"azure_ad_token", "azure_ad_token_provider"}:
            key = self._key(self._key_variable)
            if key:
                settings["api_key"] = key
            elif not os.environ.get("AZURE_OPENAI_AD_TOKEN"):
                raise self._missing_key()

    @property
    def _key_variable(self) -> str:
        """The environment variable that holds the service's key; one service never gets another's."""
        kind = self._entry.api_type
        return "AZURE_OPENAI_API_KEY" if kind == "azure" else f"{kind.upper()}_API_KEY"

    def _key(self, variable: str) -> str:
        key = self._entry.api_key.reveal() if self._entry.api_key else os.environ.get(variable, "")
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise ModelAuthError(
                "the api_key has a blank, a line break or a character outside ASCII; was it copied whole?",
                model=self._entry.model,
                endpoint=self._endpoint,
            )
        return key

    def _no_key(self) -> str:
        if self._given_url:
            # Local servers ask for no key; the package asks for one.
            return "no-key"
        raise self._missing_key()

    def _missing_key(self) -> ModelAuthError:
        return ModelAuthError(
            f"no key: set {self._key_variable} in the environment, or api_key= in the entry",
            model=self._entry.model,
            endpoint=self._endpoint,
        )

    def _scrub(self, text: str) -> str:
        secrets = [v.reveal() for v in (self._entry.api_key, *self._entry.connection.values()) if isinstance(v, Secret)]
        secrets.append(os.environ.get(self._key_variable, ""))
        return endpoint.scrub(text, secrets)

    def _timeout(self, text: str, attempts: retry.Attempts) -> ModelError:
        return endpoint.timeout(
            text, model=self._entry.model, where=self._endpoint, seconds=attempts.timeout, attempts=attempts.told
        )

    def _failed(self, library: _Library, error: Any, attempts: retry.Attempts) -> retry.Failed:
        """Return our error for one of the package's, and whether another attempt makes sense."""
        openai = library.openai
        if isinstance(error, openai.APIStatusError):
            headers: Mapping[str, str] = error.response.headers
            failure = endpoint.status_error(
                error.status_code,
                self._scrub(endpoint.said(error.body, error.response.text)),
                headers,
                model=self._entry.model,
                where=self._endpoint,
                attempts=attempts.told,
                patience=attempts.patience,
            )
            # Where nothing is left to spend, waiting does not help.
            spent = getattr(error, "code", None) == "insufficient_quota"
            return retry.Failed(failure, not spent and retry.may_succeed(error.status_code, headers))
        again = isinstance(error, openai.APIConnectionError)
        cause = error.__cause__ or error
        if isinstance(error, openai.APITimeoutError):
            text = "no connection" if "Connect" in type(cause).__name__ else "no answer"
            return retry.Failed(self._timeout(text, attempts), again)
        text = self._scrub(f"{cause}" or type(cause).__name__)
        failure = endpoint.connection_error(text, model=self._entry.model, where=self._endpoint, attempts=attempts.told)
        return retry.Failed(failure, again)


_CALL_OPTIONS = (
    ("timeout", "timeout"),
    ("extra_headers", "headers"),
    ("extra_query", "params"),
)


async def _read(library: _Library, response: Any, merge: wire.Merge, reader: wire.Reader, notify: Notify) -> ModelReply:
    """Read a stream to its end, telling of text as it comes."""
    if "json" in response.headers.get("content-type", ""):
        # The server does not stream.
        reply = reader.completion(await response.aread())
        text = reply.message.get("content")
        if isinstance(text, str) and text:
            notify(TextDelta(text))
        return reply
    lines = wire.Lines()
    source = response.aiter_bytes()
    async for data in source:
        for field in lines.feed(data):
            if field == b"[DONE]":
                merge.done = True
                break
            text = merge.add(_chunk(reader, field))
            if text:
                notify(TextDelta(text))
        if merge.done:
            await _read_out(library, source)
            break
    if not merge.done and merge.finish_reason is None:
        raise wire.StreamEnded
    return reader.made(merge.message(), merge.finish_reason, merge.usage, merge.envelope, merge.logprobs)


def _chunk(reader: wire.Reader, field: bytes) -> dict[str, Any]:
    """Return one piece of a stream.

    Raises:
        ModelError: it is none, or says that the answer failed.
    """
    try:
        chunk: dict[str, Any] = json.loads(field)
    except ValueError:
        raise reader.bad(f"a piece of the stream is not JSON: {field[:200]!r}") from None
    if not isinstance(cast(object, chunk), dict):
        raise reader.bad(f"a piece of the stream is not a chunk: {field[:200]!r}")
    if chunk.get("error"):
        raise reader.error_in_body(chunk["error"])
    return chunk


async def _read_out(library: _Library, source: AsyncIterator[bytes]) -> None:
    """Read to the end, so that the connection can be used again; a server that holds it open loses it."""
    with suppress(TimeoutError, library.http.TransportError):
        async with asyncio.timeout(0.25):
            async for _ in source:
                pass


class _Library:
    """The openai package and the HTTP package it uses, which is httpx or httpx2 by its version."""

    def __init__(self) -> None:
        self.openai: Any = importlib.import_module("openai")
        names = [kind.__module__.partition(".")[0] for kind in self.openai.DefaultAsyncHttpxClient.__mro__]
        self.http: Any = importlib.import_module(next(name for name in names if name.startswith("httpx")))
        self.response: type = self.http.Response
        self.takes_bytes = "content" in inspect.signature(self.openai.AsyncOpenAI.post).parameters
        self.errors: type[Exception] = self.openai.OpenAIError


@cache
def _library() -> _Library:
    return _Library()


async def _import_in_thread() -> None:
    """Import the packages, which takes most of a second, in a thread: other chats go on meanwhile."""
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[None] = loop.create_future()

    def tell(error: BaseException | None) -> None:
        if loaded.done():
            return
        if error is None:
            loaded.set_result(None)
        else:
            loaded.set_exception(error)

    def work() -> None:
        failure: BaseException | None = None
        try:
            _library()
        except BaseException as error:  # noqa: BLE001 - carried to the caller
            failure = error
        with suppress(RuntimeError):  # the loop may be gone
            loop.call_soon_threadsafe(tell, failure)

    threading.Thread(target=work, name="import openai", daemon=True).start()
    await loaded


def _azure_identity() -> Any:
    try:
        identity: Any = importlib.import_module("azure.identity.aio")
    except ImportError:
        raise ConfigError("azure_ad_token_provider='DEFAULT' needs a package: pip install azure-identity") from None
    return identity.get_bearer_token_provider(
        identity.DefaultAzureCredential(), "https://cognitiveservices.azure.com/.default"
    )
