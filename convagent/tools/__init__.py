"""Tools: what they are, their JSON Schema, and how one is invoked."""

from __future__ import annotations

# `tool` is the decorator here, and not the module of that name.
from .tool import Tool as Tool
from .tool import tool as tool
