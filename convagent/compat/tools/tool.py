"""Mirror of `autogen.tools.tool`."""

from __future__ import annotations

from ...tools.tool import Tool as Tool
from ...tools.tool import tool as tool
from ..absent import no_more

__all__ = [
    "Tool",
    "tool",
]

__getattr__ = no_more(__name__)
