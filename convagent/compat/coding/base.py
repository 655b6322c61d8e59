"""Mirror of `autogen.coding.base`."""

from __future__ import annotations

from ...coding.base import CodeBlock as CodeBlock
from ...coding.base import CodeExecutor as CodeExecutor
from ...coding.base import CodeExtractor as CodeExtractor
from ...coding.base import CodeResult as CodeResult
from ...coding.base import CommandLineCodeResult as CommandLineCodeResult
from ..absent import no_more

__all__ = [
    "CodeBlock",
    "CodeExecutor",
    "CodeExtractor",
    "CodeResult",
    "CommandLineCodeResult",
]

__getattr__ = no_more(__name__)
