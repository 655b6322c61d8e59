"""What an agent has of tools that come from somewhere else, such as a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, ToolError
from ..tools.source import ToolSource
from ..tools.tool import Tool
from .gating import check_confidence

if TYPE_CHECKING:
    from ..runtime import Runtime
    from .core import AgentCore


class Sources:
    """The sources of an agent's own tools, with what each has listed last."""

    __slots__ = ("_listed",)

    def __init__(self) -> None:
        self._listed: dict[ToolSource, Sequence[Tool]] = {}

    def add(self, source: ToolSource) -> None:
        """Have a source asked for tools."""
        self._listed.setdefault(source, ())

    async def load(self, agent: AgentCore) -> None:
        """Let its agent have what there is now, before a run begins.

        Raises:
            ToolError: a source cannot say.
            ConfigError: two tools would have the same name: none is ever replaced silently.
        """
        self._take(agent, await _each(self._listed, lambda source: source.listed()))

    async def refresh(self, agent: AgentCore) -> None:
        """Let its agent have what there is now, in the middle of a run: what cannot be had stays as it was.

        Raises:
            ToolError: a source cannot say, and never has.
            ConfigError: two tools would have the same name: none is ever replaced silently.
        """
        self._take(agent, await _each(self._listed, self._latest))

    async def _latest(self, source: ToolSource) -> Sequence[Tool]:
        try:
            return await source.listed()
        except ToolError:
            if not self._listed[source]:
                raise
            return self._listed[source]  # a call will say what is wrong, to the model

    def _take(self, agent: AgentCore, found: Mapping[ToolSource, Sequence[Tool]]) -> None:
        if all(self._listed[source] is listed for source, listed in found.items()):
            return
        before = {id(tool) for listed in self._listed.values() for tool in listed}
        tools = {name: tool for name, tool in agent.own_tools.items() if id(tool) not in before}
        for source, listed in found.items():
            for tool in listed:
                _check(agent, tool, source, tools)
                tools[tool.name] = tool
        self._listed.update(found)
        agent.take_tools(tools)

    def __bool__(self) -> bool:
        return bool(self._listed)


async def _each(
    sources: Iterable[ToolSource], ask: Callable[[ToolSource], Awaitable[Sequence[Tool]]]
) -> dict[ToolSource, Sequence[Tool]]:
    asked = tuple(sources)
    return dict(zip(asked, await asyncio.gather(*(ask(source) for source in asked)), strict=True))


def _check(agent: AgentCore, tool: Tool, source: ToolSource, tools: Mapping[str, Tool]) -> None:
    if tool.name in tools or tool.name in agent.llm_tools:
        raise ConfigError(
            f"agent {agent.name!r} has a tool {tool.name!r} already, and {source!r} has another one of that name; "
            "tell them apart by tools(prefix=...), or leave one out by tools(exclude=[...])"
        )
    where = f"tool {tool.name!r} of agent {agent.name!r}"
    check_confidence(tool.rules.approval, agent.confidence is not None, where)


async def load_tools(agents: Iterable[AgentCore], runtime: Runtime) -> None:
    """Let agents have the tools of their sources, all at the same time.

    Raises:
        ToolError: a source cannot say.
        ConfigError: two tools would have the same name.
    """
    loading = [agent.sources.load(agent) for agent in agents if agent.sources]
    if loading:
        await runtime.working(_all(loading))


async def _all(loading: Iterable[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*loading)
