"""What code execution is made of: a block of code, what became of it, who finds the blocks and who runs them."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBlock:
    """A piece of code that somebody wrote into a message."""

    code: str
    language: str
    """As the message names it, or as it looks; empty where neither says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeResult:
    """What became of some blocks."""

    exit_code: int
    """That of the last program that ran; 0: it succeeded."""
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLineCodeResult(CodeResult):
    """What became of some blocks that were written into files."""

    code_file: str | None = None
    """The file of the first block; None: none was written."""


class CodeExtractor(Protocol):
    """Finds the blocks of a message."""

    def extract_code_blocks(self, message: Any, /) -> list[CodeBlock]:
        """Return the blocks in the content of a message: a text, a list of parts, or None."""
        ...


@runtime_checkable
class CodeExecutor(Protocol):
    """Runs blocks of code. An agent hands it one block at a time, each after it was judged."""

    @property
    def code_extractor(self) -> CodeExtractor:
        """What finds the blocks that it runs."""
        ...

    def execute_code_blocks(self, code_blocks: list[CodeBlock]) -> CodeResult | Awaitable[CodeResult]:
        """Run the blocks in order, and none after the first that fails. It may be an ``async def``.

        What it raises is told to whoever wrote the code.
        """
        ...

    def restart(self) -> None:
        """Forget what earlier blocks left behind in the machine that runs them."""
        ...
