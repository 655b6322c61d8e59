"""Mirror of `autogen.function_utils`."""

from __future__ import annotations

from ..tools.classic import get_function_schema as get_function_schema
from ..tools.classic import load_basemodels_if_needed as load_basemodels_if_needed
from ..tools.classic import serialize_to_str as serialize_to_str
from .absent import no_more

__all__ = ["get_function_schema", "load_basemodels_if_needed", "serialize_to_str"]

__getattr__ = no_more(__name__)
