"""Mirror of `autogen.coding`."""

from __future__ import annotations

from ...coding.base import CodeBlock as CodeBlock
from ...coding.base import CodeExecutor as CodeExecutor
from ...coding.base import CodeExtractor as CodeExtractor
from ...coding.base import CodeResult as CodeResult
from ...coding.docker import DockerCommandLineCodeExecutor as DockerCommandLineCodeExecutor
from ...coding.functions import CodeExecutorFactory as CodeExecutorFactory
from ...coding.local import LocalCommandLineCodeExecutor as LocalCommandLineCodeExecutor
from ...coding.markdown import MarkdownCodeExtractor as MarkdownCodeExtractor
from ..absent import no_more

__all__ = [
    "CodeBlock",
    "CodeExecutor",
    "CodeExecutorFactory",
    "CodeExtractor",
    "CodeResult",
    "DockerCommandLineCodeExecutor",
    "LocalCommandLineCodeExecutor",
    "MarkdownCodeExtractor",
]

__getattr__ = no_more(__name__)
