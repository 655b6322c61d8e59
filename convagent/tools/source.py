"""Tools that are known only once somebody was asked for them, such as those of a server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from .tool import Tool


class ToolSource(ABC):
    """Where tools come from. Given where tools are given, it is asked whenever its agent is about to need them."""

    __slots__ = ()

    @abstractmethod
    async def listed(self) -> Sequence[Tool]:
        """Return its tools; the very same sequence as long as nothing has changed.

        Raises:
            ToolError: they cannot be had now.
            ConfigError: what was asked of it does not fit what there is.
        """
