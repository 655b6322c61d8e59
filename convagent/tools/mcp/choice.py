"""Which tools of a server an agent gets, what they are called there, and by which rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ..._sync import call_sync
from ...errors import ConfigError, MCPError, nearest, one_of
from ..context import ToolContext
from ..naming import check_name
from ..rules import ToolRules, check_arguments, tool_rules
from ..source import ToolSource
from ..tool import EFFECTS, Effect, Tool
from .client import Listed
from .wording import visible

if TYPE_CHECKING:
    from .server import MCPServer

T = TypeVar("T")
OTHERS = "*"
"""Stands for the tools that a mapping does not name."""


class ByTool(Generic[T]):
    """Something that is said of tools: of all, or of each by its name."""

    def __init__(self, what: str, said: Any) -> None:
        self._what = what
        self._by_name: dict[str, T] = (
            dict(cast("Mapping[str, T]", said)) if isinstance(said, Mapping) else {OTHERS: said}
        )

    def of(self, name: str) -> T | None:
        """Return what is said of a tool; None: nothing."""
        return self._by_name.get(name, self._by_name.get(OTHERS))

    def check(self, names: Iterable[str], server: str) -> None:
        """See that it is said only of tools that there are.

        Raises:
            ConfigError: it names another one.
        """
        _known(self._what, (name for name in self._by_name if name != OTHERS), names, server)

    def __iter__(self) -> Iterator[T]:
        return iter(self._by_name.values())

    def __contains__(self, name: str) -> bool:
        return name in self._by_name


@dataclass(frozen=True, slots=True)
class Rules:
    """What users say of the tools of a server."""

    approval: ByTool[Any]
    effect: ByTool[Effect]
    risk: ByTool[str]
    descriptions: ByTool[str]
    trust: bool

    @classmethod
    def read(cls, approval: Any, effect: Any, risk: Any, descriptions: Any, trust: Any) -> Rules:
        """Check what was said.

        Raises:
            ConfigError: something is not what it should be.
        """
        rules = cls(
            ByTool("approval", approval), ByTool("effect", effect), ByTool("risk", risk),
            ByTool("descriptions", descriptions or {}), bool(trust),
        )  # fmt: skip
        for policy in rules.approval:
            tool_rules("of a server", policy)
        for word in rules.risk:
            tool_rules("of a server", risk=word)
        for word in rules.effect:
            if cast(object, word) is not None and word not in EFFECTS:
                raise one_of("effect", word, EFFECTS)
        return rules

    def effect_of(self, tool: Listed) -> Effect:
        """Return what calling a tool twice means: unsafe, unless somebody who is believed says otherwise."""
        said = self.effect.of(tool.name)
        if said is not None:
            return said
        if self.trust and tool.read_only:
            return "read"
        return "idempotent" if self.trust and tool.idempotent else "unsafe"

    def of(self, tool: Listed) -> ToolRules:
        """Return who decides about the calls of a tool, and what they are shown."""
        risk = self.risk.of(tool.name) or ""
        if not risk and self.trust:
            risk = "low" if tool.read_only else "high" if tool.destructive else ""
        return tool_rules(tool.name, self.approval.of(tool.name), risk=risk)

    def check(self, names: Iterable[str], server: str) -> None:
        """See that they are about tools that there are."""
        for said in (self.approval, self.effect, self.risk, self.descriptions):
            said.check(names, server)


class MCPTools(ToolSource):
    """Tools of a server; made by `MCPServer.tools(...)` and given where tools are given."""

    __slots__ = ("__weakref__", "_exclude", "_known", "_only", "_prefix", "_rules", "server")

    def __init__(self, server: MCPServer, only: Any, exclude: Any, prefix: Any, rules: Rules) -> None:
        self.server = server
        self._only, self._exclude = _names("only", only), _names("exclude", exclude)
        if not isinstance(prefix, str):
            raise ConfigError(f"prefix={prefix!r} is a {type(prefix).__name__}; expected a text such as 'files_'")
        if prefix:
            check_name(prefix, "prefix")
        self._prefix, self._rules = prefix, rules
        self._known: tuple[tuple[Listed, ...], tuple[Tool, ...]] = ((), ())

    async def listed(self) -> tuple[Tool, ...]:
        """Return the tools; the same tuple as long as nothing has changed. Connects at first use.

        Raises:
            MCPError: the server cannot be reached, does not say, or what it says cannot be used.
            ConfigError: a name that was given is not one of its tools, or two of them would have the same.
        """
        found = await self.server.descriptions()
        if found is not self._known[0] or not self._known[1]:
            self._known = (found, self._made(found))
        return self._known[1]

    def list_tools(self) -> list[Tool]:
        """Return the tools, for a look at them or to register them the classic way.

        Raises:
            MCPError, ConfigError: as `listed` does.
        """
        return call_sync(self.a_list_tools(), name="list_tools")

    async def a_list_tools(self) -> list[Tool]:
        """Return the tools, for a look at them or to register them the classic way.

        Raises:
            MCPError, ConfigError: as `listed` does.
        """
        return [*await self.listed()]

    def _made(self, found: tuple[Listed, ...]) -> tuple[Tool, ...]:
        server = self.server.name
        names = [tool.name for tool in found]
        _known("only", self._only, names, server)
        _known("exclude", self._exclude, names, server)
        self._rules.check(names, server)
        wanted = [t for t in found if (not self._only or t.name in self._only) and t.name not in self._exclude]
        if not wanted:
            raise MCPError(
                f"MCP server {server!r} {'lists no tools' if not found else 'lists none of the tools that are wanted'}",
                server=server,
            )
        made: dict[str, Tool] = {}
        for tool in wanted:
            one = self._tool(tool)
            if made.setdefault(one.name, one) is not one:
                raise MCPError(
                    f"MCP server {server!r} has two tools that models would call {one.name!r}", server=server
                )
        return tuple(made.values())

    def _tool(self, tool: Listed) -> Tool:
        server, original = self.server, tool.name

        async def call(convagent_context: ToolContext, **arguments: Any) -> str:
            return await server.call(original, arguments, convagent_context.progress)

        said = self._rules.descriptions.of(original)
        try:
            made = Tool(
                call,
                name=_UNFIT.sub("_", self._prefix + original),
                description=self._shown(tool.description) if said is None else said,
                effect=self._rules.effect_of(tool),
                parameters=_described(_closed_in_itself(tool.schema), self._shown),
                rules=self._rules.of(tool),
            )
            _ = made.binder  # checks the schema, which a call would be too late for
        except ConfigError as error:
            raise MCPError(
                f"MCP server {server.name!r} has a tool {original!r} that cannot be used: {error}; "
                "leave it out by exclude=",
                server=server.name,
            ) from None
        if original in self._rules.approval:  # one for all meets many tools, as that of an agent does
            check_arguments(made.name, made.rules, [*tool.schema.get("properties", ())])
        return made

    def _shown(self, text: str) -> str:
        """Return what models and people read of a text of the server."""
        return visible(self.server.hidden(text))

    def __iter__(self) -> Iterator[MCPTools]:
        return iter((self,))  # so that `tools=server.tools(...)` means `tools=[server.tools(...)]`

    def __reduce__(self) -> Any:
        return type(self), (self.server, self._only, self._exclude, self._prefix, self._rules)

    def __repr__(self) -> str:
        return f"{self.server!r}.tools({', '.join(self._only) or 'all'}{' but some' if self._exclude else ''})"


_UNFIT = re.compile(r"[^a-zA-Z0-9_-]")
"""What no endpoint takes in a name; servers put dots and slashes into theirs."""


def _names(what: str, names: Any) -> tuple[str, ...]:
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{what}={names!r}: expected a list of names, such as ['read_file']")
    return tuple(dict.fromkeys(names))


def _known(what: str, names: Iterable[str], there: Iterable[str], server: str) -> None:
    there = list(there)
    for name in names:
        if name not in there:
            near = nearest(name, there)
            hint = f"; did you mean {near!r}?" if near else f"; it has {', '.join(there[:20]) or 'none'}"
            raise ConfigError(f"{what}= names {name!r}, which MCP server {server!r} does not have{hint}")


def _closed_in_itself(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that refers to nothing outside of it.

    Raises:
        ConfigError: it does; nothing is ever fetched.
    """
    for ref in _references(schema):
        if not ref.startswith("#"):
            raise ConfigError(f"its schema refers to {ref!r}, which is outside of it")
    return schema


def _described(part: Any, shown: Callable[[str], str]) -> Any:
    """Return a schema in which what describes its parts is as it is to be shown."""
    if isinstance(part, dict):
        found = cast("dict[str, Any]", part)
        return {
            key: shown(value) if key in _WORDS and isinstance(value, str) else _described(value, shown)
            for key, value in found.items()
        }
    return [_described(each, shown) for each in cast("list[Any]", part)] if isinstance(part, list) else part


_WORDS = ("description", "title")


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in cast("dict[str, Any]", part).items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(part, list):
        for each in cast("list[Any]", part):
            yield from _references(each)
