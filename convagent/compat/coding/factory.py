"""Mirror of `autogen.coding.factory`."""

from __future__ import annotations

from ...coding.functions import CodeExecutorFactory as CodeExecutorFactory
from ..absent import no_more

__all__ = [
    "CodeExecutorFactory",
]

__getattr__ = no_more(__name__)
