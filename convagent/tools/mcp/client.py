"""Speak to one MCP server: the home of the package `mcp`."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..._sync import run_in_worker
from ...errors import MissingExtra
from .heard import Heard
from .ways import Http, Stdio, Way, revealed
from .wording import result_text

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client._transport import ReadStream, TransportStreams
    from mcp.client.session import IncomingMessage
    from mcp.shared.message import SessionMessage
    from mcp_types import Tool

T = TypeVar("T")
Tell = Callable[[float, float | None, str], None]
"""Is told how far a call is: how much is done, of how much, and what."""
PAGES = 100
"""How many pages of a list are read at most: one without an end would hold for ever."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A tool as its server describes it."""

    name: str
    description: str
    schema: dict[str, Any]
    read_only: bool | None = None
    idempotent: bool | None = None
    destructive: bool | None = None


PAUSE = 15.0
"""Seconds until a server is listened to again that let go of its listener."""


class Refusal(Exception):
    """The server answered that it cannot do what it was asked.

    Args:
        text: what it said.
        gone: whether it does not know this connection, so that nothing was done.
    """

    def __init__(self, text: str, gone: bool = False) -> None:
        super().__init__(text)
        self.gone = gone


class Lost(Exception):
    """The connection has ended."""


def check_installed() -> None:
    """See that the package is there, without loading it.

    Raises:
        MissingExtra: it is not.
    """
    if importlib.util.find_spec("mcp") is None:
        raise MissingExtra("MCPServer", "mcp")


class Session:
    """An open connection to a server. Its errors are those of this file, and `TimeoutError`.

    Args:
        client: entered.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def tools(self) -> tuple[Listed, ...]:
        """Return what the server lists."""
        found: list[Listed] = []
        cursor: str | None = None
        for _ in range(PAGES):
            page = await _asked(self._client.list_tools(cursor=cursor, cache_mode="refresh"))
            found += [_listed(tool) for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break
        return tuple(found)

    async def call(self, name: str, arguments: dict[str, Any], timeout: float, tell: Tell) -> tuple[str, bool]:
        """Call a tool; return what it says, and whether that is a result, not an error."""

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            tell(progress, total, message or "")

        call = self._client.call_tool(name, arguments, read_timeout_seconds=timeout, progress_callback=on_progress)
        result = await _asked(call)
        return result_text(result.content, result.structured_content), not result.is_error

    async def watch(self, changed: Callable[[], None]) -> None:
        """Say when the list has changed, or may have, until it is cancelled. Older servers say it unasked."""
        from mcp import MCPError
        from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost

        tools = self._client.server_capabilities.tools
        while tools is not None and tools.list_changed:
            try:
                async with self._client.listen(tools_list_changed=True) as events:
                    async for _ in events:
                        changed()
            except ListenNotSupportedError:
                return
            except (MCPError, SubscriptionLost, TimeoutError):
                changed()  # it may have, while nobody listened
            await asyncio.sleep(PAUSE)


def _listed(tool: Tool) -> Listed:
    hints = tool.annotations
    read_only, idempotent, destructive = (
        (hints.read_only_hint, hints.idempotent_hint, hints.destructive_hint) if hints else (None, None, None)
    )
    about = tool.description or tool.title or ""
    return Listed(tool.name, about, dict(tool.input_schema), read_only, idempotent, destructive)


@asynccontextmanager
async def connected(
    way: Way, heard: Heard, changed: Callable[[], None], lost: Callable[[], None]
) -> AsyncGenerator[Session]:
    """Connect to a server; `load` comes before.

    Args:
        way: how it is reached.
        heard: keeps what it says besides its answers.
        changed: called when its list has changed.
        lost: called when nothing more can come.

    Raises:
        Exception: of any kind, or a group of them.
    """
    from mcp import Client
    from mcp_types import ToolListChangedNotification

    async def told(message: IncomingMessage) -> None:
        if isinstance(message, Exception):
            heard.nonsense = True
        elif isinstance(message, ToolListChangedNotification):
            changed()

    streams = _started(way, heard, lost) if isinstance(way, Stdio) else _called(way, heard)
    async with Client(streams, message_handler=told) as client:
        yield Session(client)


@asynccontextmanager
async def _started(way: Stdio, heard: Heard, lost: Callable[[], None]) -> AsyncGenerator[TransportStreams]:
    from mcp import StdioServerParameters, stdio_client

    how = StdioServerParameters(command=way.command, args=[*way.args], env=revealed(way.given), cwd=way.cwd)
    with heard.standard_error() as errors:
        async with stdio_client(how, errors) as (read, write):
            errors.close()
            yield cast("ReadStream[SessionMessage | Exception]", _Watched(read, lost)), write


@asynccontextmanager
async def _called(way: Http, heard: Heard) -> AsyncGenerator[TransportStreams]:
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    async def note(response: Any) -> None:
        heard.status = response.status_code if response.status_code >= 400 else 0

    async with create_mcp_http_client(headers=revealed(way.given)) as http:
        http.event_hooks = {"response": [note]}
        async with streamable_http_client(way.url, http_client=http) as streams:
            yield streams


class _Watched:
    """A stream of what a program sends, whose end is told: the package says it only to whoever sends something."""

    def __init__(self, stream: Any, lost: Callable[[], None]) -> None:
        self._stream, self._lost = stream, lost

    async def __aenter__(self) -> _Watched:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._lost()
        await self._stream.__aexit__(*error)

    def __aiter__(self) -> _Watched:
        return self

    async def __anext__(self) -> Any:
        return await self._stream.__anext__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


# ---------------------------------------------------------------- what it logs


def in_our_context() -> Context:
    """Return a context in which nothing that the package logs is shown: it quotes what servers say. Errors tell it."""
    context = Context()
    context.run(_ours.set, True)
    return context


_ours: ContextVar[bool] = ContextVar("convagent_mcp", default=False)
_NOISY = (
    "client",
    "mcp.client.client",
    "mcp.client.stdio",
    "mcp.client.streamable_http",
    "mcp.shared.jsonrpc_dispatcher",
)


async def load() -> None:
    """Import the package, in a thread: it takes a second, in which others of this loop go on.

    Raises:
        MissingExtra: it is not installed.
    """
    check_installed()
    await run_in_worker(_load)


def _load() -> None:
    importlib.import_module("mcp")
    for name in _NOISY:
        logging.getLogger(name).addFilter(_is_of_others)  # adding it again changes nothing


def _is_of_others(record: logging.LogRecord) -> bool:
    return not _ours.get()


# ---------------------------------------------------------------- what goes wrong


async def _asked(request: Awaitable[T]) -> T:
    from mcp import MCPError
    from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT

    try:
        return await request
    except MCPError as error:
        if error.code == REQUEST_TIMEOUT:
            raise TimeoutError from None
        if error.code == CONNECTION_CLOSED:
            raise Lost from None
        raise Refusal(error.message, gone=error.message == _ENDED) from None
    except (ValueError, RuntimeError) as error:  # what the package finds wrong with an answer
        raise Refusal(f"what it answered does not fit the protocol ({type(error).__name__})") from None


_ENDED = "Session terminated"
"""What the package says where a server does not know the session any more: it has begun anew, and did nothing."""
