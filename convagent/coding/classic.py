"""Blocks as the older form of `code_execution_config` runs them: other texts, and files that are removed."""

from __future__ import annotations

from pathlib import Path

from .._sync import call_sync
from .base import CodeBlock, CommandLineCodeResult
from .command_line import CommandLineExecutor
from .languages import SHELLS
from .markdown import UNKNOWN, MarkdownCodeExtractor
from .process import Ended
from .workspace import Outside, given_name, save

_NAMED = "# filename: "


class ClassicExecutor:
    """Runs shell scripts and Python by an executor, and tells of them as `run_code` of the classic does.

    The output of a block that succeeds is what it wrote to its standard output, else what it wrote to the other one.
    """

    def __init__(self, executor: CommandLineExecutor) -> None:
        self.executor = executor

    @property
    def code_extractor(self) -> MarkdownCodeExtractor:
        """What finds the blocks."""
        return MarkdownCodeExtractor(UNKNOWN)

    def execute_code_blocks(self, code_blocks: list[CodeBlock]) -> CommandLineCodeResult:
        """Run blocks in order, and wait."""
        return call_sync(self.a_execute_code_blocks(code_blocks), name="execute_code_blocks")

    async def a_execute_code_blocks(self, code_blocks: list[CodeBlock]) -> CommandLineCodeResult:
        """Run blocks in order."""
        output, exit_code = "", 0
        for block in code_blocks:
            exit_code, logs = await self.run_code(block.code, block.language)
            output += f"\n{logs}"
            if exit_code:
                break
        return CommandLineCodeResult(exit_code=exit_code, output=output)

    async def run_code(self, code: str, language: str, filename: str = "") -> tuple[int, str]:
        """Run a code, and return its exit code and what is told of it."""
        if language in ("python", "Python", "py"):
            language, ending = "python", "py"
            if not filename and code.startswith(_NAMED):
                filename = code.partition("\n")[0].removeprefix(_NAMED).strip()
        elif language in SHELLS:
            ending = language
        else:
            return 1, f"unknown language {language}"
        name = filename or given_name(code, ending)
        try:
            file = save(code, name, self.executor.work_dir)
        except Outside:
            return 1, "Filename is not in the workspace"
        except OSError as error:
            return 1, f"the file cannot be written: {error.strerror or error}"
        try:
            ended = await self.executor.run_file(language, Path(name))
        finally:
            if not filename:
                file.unlink(missing_ok=True)
        if ended.timed_out:
            return 1, "Timeout"
        if self.executor.one_stream:
            return ended.exit_code, ended.stdout.rstrip()
        return ended.exit_code, _logs(ended, "" if filename else name, self.executor.work_dir)

    def restart(self) -> None:
        """Begin anew with whatever runs the code."""
        self.executor.restart()


def _logs(ended: Ended, temporary: str, work_dir: Path) -> str:
    """Return what is told of a program, without where its file lay."""
    if not ended.exit_code:
        return ended.stdout
    folder = work_dir.absolute()
    if not temporary:
        return ended.stderr.replace(f"{folder}/", "")
    return ended.stderr.replace(str(folder / temporary), "").replace(temporary, "")
