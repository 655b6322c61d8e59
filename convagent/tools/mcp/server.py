"""A server of tools, as a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from ..._keywords import says_what_it_takes
from ..._sync import call_sync
from ...errors import ConfigError, ToolError
from ..source import ToolSource
from ..tool import Effect, Tool
from . import ways
from .choice import MCPTools, Rules
from .client import Listed, Tell, check_installed
from .connection import Terms
from .link import Link, links

if TYPE_CHECKING:
    from ...action import Policy


class MCPServer(ToolSource):
    """A server that speaks the Model Context Protocol, for its tools. Made by `stdio` or `http`.

        files = MCPServer.stdio("uvx", "some-server", env={"TOKEN": secret("TOKEN")})
        agent = ConversableAgent("clerk", tools=[files], ...)

    Nothing is started or called until a run with such an agent begins. There is one connection in a process to servers
    that are reached in the same way; it is closed when the program ends, by `close()`, or once nobody has the server
    any more. The value may be copied, pickled and shared: connections are not part of it.
    """

    __slots__ = ("__weakref__", "_all", "_link", "_terms", "_way")

    def __init__(self, way: ways.Way, terms: Terms) -> None:
        """Use `MCPServer.stdio(...)` or `MCPServer.http(...)`."""
        self._way, self._terms = way, terms
        self._link: Link | None = None
        self._all: MCPTools | None = None

    @classmethod
    @says_what_it_takes
    def stdio(
        cls,
        command: str,
        *args: str,
        env: Mapping[str, str] | None = None,
        cwd: str | PathLike[str] | None = None,
        name: str = "",
        start_timeout: float = 30.0,
        timeout: float = 60.0,
    ) -> MCPServer:
        """Return a server that is a program: it is started here, and ends with this process.

        Args:
            command: the program.
            *args: its arguments.
            env: environment variables for it. Of this process's it is given a few such as PATH and HOME, no keys.
                ``secret("TOKEN")`` is looked up when it starts; see `docs/mcp.md` for what is hidden.
            cwd: where it runs; default: here.
            name: what errors call it; default: the program's name.
            start_timeout: seconds until it must have listed its tools.
            timeout: seconds for each call.

        Raises:
            ConfigError: an argument is not what it should be.
            MissingExtra: the package `mcp` is not installed.
        """
        check_installed()
        way = ways.stdio(command, args, env, cwd)
        return cls(way, _terms(name or way.shown, start_timeout, timeout))

    @classmethod
    @says_what_it_takes
    def http(
        cls,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        name: str = "",
        start_timeout: float = 30.0,
        timeout: float = 60.0,
    ) -> MCPServer:
        """Return a server that runs elsewhere and speaks streamable HTTP.

        Args:
            url: its address. Only scheme and host of it are ever shown.
            headers: sent with every request; ``{"Authorization": ...}``. They are never shown.
            name: what errors call it; default: the host.
            start_timeout: seconds until it must have listed its tools.
            timeout: seconds for each call.

        Raises:
            ConfigError: an argument is not what it should be.
            MissingExtra: the package `mcp` is not installed.
        """
        check_installed()
        way = ways.http(url, headers)
        return cls(way, _terms(name or way.host, start_timeout, timeout))

    @property
    def name(self) -> str:
        """What errors call it."""
        return self._terms.name

    @says_what_it_takes
    def tools(
        self,
        *,
        only: Iterable[str] = (),
        exclude: Iterable[str] = (),
        prefix: str = "",
        approval: Policy | Iterable[Policy] | Mapping[str, Policy | Iterable[Policy]] | None = None,
        effect: Effect | Mapping[str, Effect] | None = None,
        risk: str | Mapping[str, str] = "",
        descriptions: Mapping[str, str] | None = None,
        trust_annotations: bool = False,
    ) -> MCPTools:
        """Return some of its tools, and by which rules; the server itself stands for all of them without a rule.

        A mapping says it by tool, under the names that the server uses, and ``"*"`` for all others. A name that the
        server does not have is an error as soon as its tools are listed: a misspelt rule protects nobody.

        Args:
            only: the names of those that are wanted; default: all, those that it will list later, too.
            exclude: the names of those that are not.
            prefix: put before every name that models see, so that two servers may have a tool of the same name.
            approval: who decides about calls, as in ``@tool(approval=...)``.
            effect: what calling a tool twice means: `read`, `idempotent`, or `unsafe`, which is the default.
            risk: a word for how bad a wrong call is, as in ``@tool(risk=...)``.
            descriptions: what models read of a tool instead of what the server says of it.
            trust_annotations: whether to believe the server what it says of a tool's effect and risk, where nothing is
                said here.

        Raises:
            ConfigError: an argument is not what it should be.
        """
        rules = Rules.read(approval, effect, risk, descriptions, trust_annotations)
        return MCPTools(self, only, exclude, prefix, rules)

    async def listed(self) -> tuple[Tool, ...]:
        """Return all its tools; the same tuple as long as nothing has changed. Connects at first use.

        Raises:
            MCPError: it cannot be reached, or does not say.
        """
        if self._all is None:
            self._all = self.tools()
        return await self._all.listed()

    def list_tools(self) -> list[Tool]:
        """Return all its tools, for a look at them or to register them the classic way.

        Raises:
            MCPError: it cannot be reached, or does not say.
        """
        return self.tools().list_tools()

    async def a_list_tools(self) -> list[Tool]:
        """Return all its tools, for a look at them or to register them the classic way.

        Raises:
            MCPError: it cannot be reached, or does not say.
        """
        return await self.tools().a_list_tools()

    def close(self) -> None:
        """Close this process's connection to it, if there is one; the next use opens another."""
        if self._link is not None:
            call_sync(self._link.a_close(), name="close")

    async def a_close(self) -> None:
        """Close this process's connection to it, if there is one; the next use opens another."""
        if self._link is not None:
            await self._link.a_close()

    def __enter__(self) -> MCPServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    async def __aenter__(self) -> MCPServer:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.a_close()

    # ------------------------------------------------------------ for its tools

    async def descriptions(self) -> tuple[Listed, ...]:
        """Return what it lists, as it describes it."""
        return await self._connected().tools(self._terms)

    async def call(self, tool: str, arguments: dict[str, Any], tell: Tell) -> str:
        """Call one of its tools.

        Raises:
            ToolError: the tool says that it failed.
            MCPError: it was not made, or nobody knows what became of it.
        """
        text, good = await self._connected().call(self._terms, tool, arguments, tell)
        text = self.hidden(text)
        if not good:
            raise ToolError(text or f"{tool} failed and does not say why")
        return text

    def hidden(self, text: str) -> str:
        """Return a text of the server without the secrets that it was given."""
        return ways.hidden(self._way, text)

    def _connected(self) -> Link:
        if self._link is None:
            self._link = links.to(self._way)
        return self._link

    def __iter__(self) -> Any:
        return iter((self,))  # so that `tools=server` means `tools=[server]`

    def __reduce__(self) -> Any:
        return type(self), (self._way, self._terms)

    def __repr__(self) -> str:
        return f"MCPServer({self.name!r}, {self._way.shown})"


def _terms(name: Any, start_timeout: Any, timeout: Any) -> Terms:
    if not isinstance(name, str):
        raise ConfigError(f"name={name!r} is not a name; expected a text such as 'files'")
    for what, value in (("start_timeout", start_timeout), ("timeout", timeout)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
            raise ConfigError(f"{what}={value!r}: expected a number of seconds above 0")
    return Terms(name, float(start_timeout), float(timeout))
