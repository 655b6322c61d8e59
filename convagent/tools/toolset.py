"""Tools by name, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tool import Tool


class ToolSet:
    """Tools by name, in the order in which they were added."""

    __slots__ = ("_schemas", "_tools")

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        self._schemas: list[dict[str, Any]] | None = None
        for found in tools:
            self.add(found)

    def add(self, found: Tool) -> Tool | None:
        """Add a tool at the end; return the one of the same name that it replaces."""
        before = self._tools.pop(found.name, None)
        self._tools[found.name] = found
        self._schemas = None
        return before

    def remove(self, name: str) -> Tool | None:
        """Remove the tool of that name and return it; None if there is none."""
        found = self._tools.pop(name, None)
        if found is not None:
            self._schemas = None
        return found

    def get(self, name: str) -> Tool | None:
        """Return the tool of that name, or None."""
        return self._tools.get(name)

    def schemas(self) -> list[dict[str, Any]]:
        """Return what a model is sent. Shared until the set changes, then made anew: read it, do not edit it."""
        if self._schemas is None:
            self._schemas = [found.schema for found in self._tools.values()]
        return self._schemas

    def copy(self) -> ToolSet:
        """Return a set of the same tools that changes on its own."""
        return ToolSet(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __iter__(self) -> Iterator[Tool]:
        return iter(tuple(self._tools.values()))

    def __contains__(self, name: object) -> bool:
        return name in self._tools if isinstance(name, str) else name in self._tools.values()

    def __repr__(self) -> str:
        return f"ToolSet({', '.join(self._tools)})"
