"""Replies kept on disk, so that the same request is paid for once."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from ..errors import ConfigError
from ..messages import Usage, content_text
from . import structured
from .base import Logprobs, ModelClient, ModelReply, ModelRequest, Notify, TextDelta, gives_logprobs, ignore

_FILE = "models.sqlite3"
_SCHEMA = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, seed TEXT NOT NULL, value TEXT NOT NULL)"
_BUSY_SECONDS = 0.2


class Store(Protocol):
    """Where `Cached` keeps values; `Cache` is one."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or the default."""
        ...

    def set(self, key: str, value: Any) -> None:
        """Keep a JSON value under a key."""
        ...


class Cache:
    """JSON values in one SQLite file, apart by seed. Opened at its first use; for any thread.

    ``with Cache.disk(42) as cache:`` closes the file at the end of the block.
    """

    def __init__(self, seed: int | str, path: str | os.PathLike[str] | None = None) -> None:
        """Make a cache.

        Args:
            seed: another seed is another cache.
            path: the folder of the file; without it the user's cache folder, never the working directory.
        """
        self._seed = str(seed)
        self._folder = Path(path) if path is not None else default_folder()
        self._lock = threading.Lock()
        self._opened: _Opened | None = None

    @classmethod
    def disk(cls, cache_seed: int | str = 42, cache_path_root: str | os.PathLike[str] | None = None) -> Cache:
        """Return a cache on disk, by the classic's name."""
        return cls(cache_seed, cache_path_root)

    @property
    def path(self) -> Path:
        """The file."""
        return self._folder / _FILE

    @property
    def seed(self) -> str:
        """The seed, as text."""
        return self._seed

    def __repr__(self) -> str:
        return f"Cache(seed={self._seed!r}, path={str(self._folder)!r})"

    def __deepcopy__(self, memo: object) -> Cache:
        return self

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key; the default where there is none or the file is being written for long."""
        row = self._run("SELECT value FROM replies WHERE key = ?", (self._key(key),))
        return json.loads(row[0]) if row else default

    def set(self, key: str, value: Any) -> None:
        """Keep a JSON value; not kept where the file is being written for long."""
        text = json.dumps(value, ensure_ascii=False)
        self._run("INSERT OR REPLACE INTO replies VALUES (?, ?, ?)", (self._key(key), self._seed, text))

    def clear(self) -> None:
        """Forget everything under this seed."""
        self._run("DELETE FROM replies WHERE seed = ?", (self._seed,))

    def close(self) -> None:
        """Close the file; a later use opens it again."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _key(self, key: str) -> str:
        return hashlib.sha256(f"{self._seed}\n{key}".encode()).hexdigest()

    def _run(self, sql: str, values: tuple[str, ...]) -> tuple[Any, ...] | None:
        with self._lock:
            try:
                return self._connection().execute(sql, values).fetchone()
            except sqlite3.Error as error:
                # Another process writes: the model is asked again rather than anybody kept waiting.
                if "locked" in str(error) or "busy" in str(error):
                    return None
                reason = error
            except OSError as error:
                reason = error
        raise ConfigError(
            f"the cache {str(self.path)!r} cannot be used: {reason}; give another folder, delete the file, "
            "or set cache_seed=None"
        )

    def _connection(self) -> sqlite3.Connection:
        if self._opened is not None and self._opened.process == os.getpid():
            return self._opened.connection
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        self._opened = _Opened(connection)
        # A cache that is forgotten unclosed; not at exit, where a forked child would close its parent's file.
        weakref.finalize(self, connection.close).atexit = False
        return connection


class _Opened:
    """An open file and the process that opened it: a connection must not cross a fork."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.process = os.getpid()

    def close(self) -> None:
        self.connection.close()


def default_folder() -> Path:
    """Return the user's cache folder for convagent."""
    given = os.environ.get("XDG_CACHE_HOME")
    if given:
        return Path(given) / "convagent"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "convagent"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "convagent" / "Cache"
    return Path.home() / ".cache" / "convagent"


class Cached:
    """Answer a request from a store if it was answered before, else by the client.

    The key is everything that shapes the answer: model, endpoint, parameters, messages, tools and
    response format. Models that say they are no language model are never cached.
    """

    def __init__(self, client: ModelClient, store: Store) -> None:
        """Make a client.

        Raises:
            ConfigError: the store has no `get` and `set`.
        """
        if not (callable(getattr(store, "get", None)) and callable(getattr(store, "set", None))):
            raise ConfigError(
                f"cache={store!r} is not a cache: it has no get(key, default) and set(key, value); "
                "use `with Cache.disk(42) as cache:`, or cache_seed=42 in the model configuration"
            )
        self._client = client
        self._store = store

    @property
    def label(self) -> str:
        """The client's."""
        return self._client.label

    @property
    def offline_note(self) -> str:
        """The client's."""
        return self._client.offline_note

    @property
    def gives_logprobs(self) -> bool | None:
        """What is known of the client."""
        return gives_logprobs(self._client)

    def __repr__(self) -> str:
        return f"Cached({self._client!r}, {self._store!r})"

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Answer a request; a reply from the store has `cached=True` and its first usage."""
        key = None if self._client.offline_note else request_key(self._client, request)
        if key is None:
            return await self._client.complete(request, notify)
        kept = self._store.get(key)
        if kept is not None:
            reply = _revived(kept, request, self._client)
            text = content_text(reply.message.get("content"))
            if request.stream and text:
                notify(TextDelta(text))
            return reply
        reply = await self._client.complete(request, notify)
        self._store.set(key, _kept(reply))
        return reply


def request_key(client: ModelClient, request: ModelRequest) -> str | None:
    """Return the hash of all that shapes an answer; None where a part of it is not JSON."""
    identity: Mapping[str, Any] = getattr(client, "identity", None) or {"model": client.label}
    response_format = _format(client, request)
    parts: dict[str, Any] = {
        "client": identity,
        "messages": list(request.messages),
        "tools": list(request.tools),
        "options": dict(request.options),
        "response_format": None if response_format is None else structured.wire(response_format),
    }
    if request.sample:
        parts["sample"] = request.sample
    try:
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError):
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def _format(client: ModelClient, request: ModelRequest) -> Any:
    return request.response_format if request.response_format is not None else getattr(client, "response_format", None)


def _kept(reply: ModelReply) -> dict[str, Any]:
    usage = reply.usage
    return {
        "message": reply.message,
        "usage": [usage.prompt_tokens, usage.completion_tokens, usage.cost],
        "model": reply.model,
        "endpoint": reply.endpoint,
        "finish_reason": reply.finish_reason,
        "logprobs": reply.logprobs and [(_escaped(token), value) for token, value in reply.logprobs],
    }


def _revived(kept: Mapping[str, Any], request: ModelRequest, client: ModelClient) -> ModelReply:
    message = kept["message"]
    response_format = _format(client, request)
    parsed = None
    if response_format is not None and "tool_calls" not in message:
        text = content_text(message.get("content"))
        parsed = structured.parse(response_format, text, model=kept["model"], endpoint=kept["endpoint"])
    return ModelReply(
        message,
        Usage(*kept["usage"]),
        kept["model"],
        kept["endpoint"],
        kept["finish_reason"],
        parsed,
        cached=True,
        logprobs=_pairs(kept.get("logprobs")),
    )


def _pairs(kept: Any) -> Logprobs | None:
    if not kept:
        return None
    return tuple((token.encode("latin-1").decode("utf-8", "surrogateescape"), value) for token, value in kept)


def _escaped(token: str) -> str:
    """Return the bytes of a token as a text that can be stored: it may be a part of a character."""
    return token.encode("utf-8", "surrogateescape").decode("latin-1")
