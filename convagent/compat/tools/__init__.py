"""Mirror of `autogen.tools`."""

from __future__ import annotations

from ...tools.tool import Tool as Tool
from ...tools.tool import tool as tool
from ..absent import no_more
from .function_utils import get_function_schema as get_function_schema
from .function_utils import load_basemodels_if_needed as load_basemodels_if_needed
from .function_utils import serialize_to_str as serialize_to_str

__all__ = [
    "Tool",
    "get_function_schema",
    "load_basemodels_if_needed",
    "serialize_to_str",
    "tool",
]

__getattr__ = no_more(__name__)
