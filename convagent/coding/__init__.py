"""Running code that a model wrote: who finds it in a message, who runs it, and what came of it."""

from __future__ import annotations

from .._lazy import on_first_use

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .base import CodeBlock as CodeBlock
    from .base import CodeExecutor as CodeExecutor
    from .base import CodeExtractor as CodeExtractor
    from .base import CodeResult as CodeResult
    from .base import CommandLineCodeResult as CommandLineCodeResult
    from .docker import DockerCommandLineCodeExecutor as DockerCommandLineCodeExecutor
    from .local import LocalCommandLineCodeExecutor as LocalCommandLineCodeExecutor
    from .markdown import MarkdownCodeExtractor as MarkdownCodeExtractor

_HOMES = {
    "CodeBlock": ".base",
    "CodeExecutor": ".base",
    "CodeExtractor": ".base",
    "CodeResult": ".base",
    "CommandLineCodeResult": ".base",
    "DockerCommandLineCodeExecutor": ".docker",
    "LocalCommandLineCodeExecutor": ".local",
    "MarkdownCodeExtractor": ".markdown",
}
__all__ = [*_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]
__getattr__, __dir__ = on_first_use(__name__, _HOMES)
