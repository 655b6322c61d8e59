"""What executors share that write a block into a file and have a program run it."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from .._sync import call_sync
from ..errors import ConfigError
from .base import CodeBlock, CommandLineCodeResult
from .languages import destructive, policies, quiet
from .markdown import MarkdownCodeExtractor
from .process import Ended
from .workspace import Outside, folder, given_name, named, save

MAX_OUTPUT = 100_000
"""Bytes of each output of a program that are kept, unless an executor says otherwise."""
TIMED_OUT = 124
"""The exit code of what was killed because its time was up."""


class CommandLineExecutor:
    """Writes each block into a file of a folder, and runs it there; the first that fails is the last."""

    ALIASES: ClassVar[Mapping[str, str]] = {"py": "python"}
    ENDINGS: ClassVar[Mapping[str, str]] = {"python": "py"}
    """By language: how the name of a file ends, where that is not the language itself."""
    UNKNOWN: ClassVar[str] = "\nunknown language {}"
    one_stream: ClassVar[bool] = False
    """Whether a program's output is one, with its errors in it."""

    def __init__(
        self, timeout: float, work_dir: Path | str, execution_policies: Mapping[str, bool] | None, max_output: int
    ) -> None:
        if sys.platform == "win32":
            raise ConfigError(
                "code is run by process groups and pipes, which Windows does not have; run this program in WSL or in a "
                "container, or write an executor of your own"
            )
        self._timeout = check_timeout(timeout)
        if isinstance(max_output, bool) or not isinstance(max_output, int) or max_output < 100:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"max_output={max_output!r} is not a number of bytes, 100 or more")
        self.max_output = max_output
        """Bytes of each output of a program that are kept."""
        self.execution_policies = policies(execution_policies)
        """By language: whether its blocks are run, or only saved."""
        self._work_dir = folder(work_dir)

    @property
    def timeout(self) -> float:
        """Seconds that a block may take."""
        return self._timeout

    @property
    def work_dir(self) -> Path:
        """The folder that blocks are written into and run in."""
        return self._work_dir

    @property
    def code_extractor(self) -> MarkdownCodeExtractor:
        """What finds the blocks that it runs."""
        return MarkdownCodeExtractor()

    def execute_code_blocks(self, code_blocks: list[CodeBlock]) -> CommandLineCodeResult:
        """Run blocks in order, and wait."""
        return call_sync(self.a_execute_code_blocks(code_blocks), name="execute_code_blocks")

    async def a_execute_code_blocks(self, code_blocks: list[CodeBlock]) -> CommandLineCodeResult:
        """Run blocks in order; who is cancelled meanwhile kills what runs.

        Raises:
            ConfigError: there are none.
        """
        if not code_blocks:
            raise ConfigError("execute_code_blocks([]): expected at least one block")
        output, first, exit_code = "", None, 0
        for block in code_blocks:
            done = await self.run_block(block)
            output, exit_code, first = output + done.output, done.exit_code, first or done.code_file
            if exit_code:
                break
        return CommandLineCodeResult(exit_code=exit_code, output=output, code_file=first)

    async def run_block(self, block: CodeBlock) -> CommandLineCodeResult:
        """Write one block into its file, and run it where its language is run."""
        language = block.language.lower()
        language = self.ALIASES.get(language, language)
        if language not in self.execution_policies:
            return _failed(self.UNKNOWN.format(language))
        if what := destructive(block.code, language):
            return _failed(f"The script was not run: {what} is not allowed.")
        code = quiet(block.code, language)
        try:
            name = named(code) or given_name(code, self.ENDINGS.get(language, language))
            file = save(code, name, self._work_dir)
        except Outside:
            return _failed("Filename is not in the workspace")
        except OSError as error:
            return _failed(f"the file cannot be written: {error.strerror or error}")
        if not self.execution_policies[language]:
            return CommandLineCodeResult(exit_code=0, output=f"Code saved to {file}\n", code_file=str(file))
        ended = await self.run_file(language, file)
        code_now = TIMED_OUT if ended.timed_out else ended.exit_code
        return CommandLineCodeResult(exit_code=code_now, output=self.told(ended), code_file=str(file))

    def told(self, ended: Ended) -> str:
        """Return what of a program's output is the output of its block."""
        return "\nTimeout" if ended.timed_out else ended.stderr + ended.stdout

    @abstractmethod
    async def run_file(self, language: str, file: Path) -> Ended:
        """Run a file of the folder."""

    def restart(self) -> None:
        """Do nothing: no program outlives its block, and files stay."""


def check_timeout(value: object) -> float:
    """Return a number of seconds.

    Raises:
        ConfigError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise ConfigError(f"timeout={value!r} is not a number of seconds above 0")
    return value


def _failed(output: str) -> CommandLineCodeResult:
    return CommandLineCodeResult(exit_code=1, output=output)
