"""Runs code on this machine, with the rights of this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .._keywords import says_what_it_takes
from ..errors import ConfigError
from .command_line import MAX_OUTPUT, CommandLineExecutor
from .environment import child_environment
from .languages import program
from .process import Ended, run_program


class LocalCommandLineCodeExecutor(CommandLineExecutor):
    """Runs blocks of code as programs of this machine. It is no sandbox: see `docs/security.md`.

    A program has no input, does not see the variables of the environment that look like secrets, and is
    killed with all that it began when it ends, when its time is up, and when the run is stopped.
    """

    @says_what_it_takes
    def __init__(
        self,
        timeout: float = 60,
        virtual_env_context: SimpleNamespace | None = None,
        work_dir: Path | str = Path(),
        functions: Sequence[Any] = (),
        functions_module: str = "functions",
        execution_policies: Mapping[str, bool] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        max_output: int = MAX_OUTPUT,
    ) -> None:
        """Make an executor.

        Args:
            timeout: seconds that a block may take.
            virtual_env_context: what `venv.EnvBuilder.ensure_directories` returns: whose Python runs the blocks.
            work_dir: the folder that blocks are written into and run in; made if it is not there.
            functions: none are taken: write them into a module in `work_dir`, which blocks then import.
            functions_module: kept for the classic signature.
            execution_policies: by language, whether its blocks are run or only saved.
            env: more variables for the programs, also those that are withheld else.
            max_output: bytes of each output of a program that are kept; of a longer one the beginning and the end.

        Raises:
            ConfigError: an argument cannot work.
        """
        if functions:
            raise ConfigError(
                f"functions={functions!r}: no functions are handed to code; write them into a module in work_dir, "
                f"such as {Path(work_dir) / functions_module}.py, which blocks then import"
            )
        super().__init__(timeout, work_dir, execution_policies, max_output)
        self._env = dict(env or {})
        self._python, self._paths = sys.executable, dict[str, str]()
        if virtual_env_context is not None:
            self._enter(virtual_env_context)

    def _enter(self, context: Any) -> None:
        """Let a virtual environment be the one that programs find."""
        bin_path = getattr(context, "bin_path", None)
        if not bin_path:
            raise ConfigError(
                f"virtual_env_context={context!r} is none; expected what venv.EnvBuilder().ensure_directories(folder) "
                "returns"
            )
        where = os.path.abspath(bin_path)
        self._python = str(getattr(context, "env_exe", "") or Path(where) / "python")
        self._paths = {"PATH": os.pathsep.join(filter(None, (where, os.environ.get("PATH", "")))), "VIRTUAL_ENV": ""}
        self._paths["VIRTUAL_ENV"] = str(Path(where).parent)

    def command(self, language: str) -> str:
        """Return the program that runs a language here."""
        return program(language, self._python)

    async def run_file(self, language: str, file: Path) -> Ended:
        """Run a file."""
        return await self.run([self.command(language), str(file)])

    async def run(self, command: Sequence[str]) -> Ended:
        """Run a program in the folder, as blocks are run."""
        env = child_environment({**self._paths, **self._env})
        return await run_program(
            command, cwd=self._work_dir, timeout=self._timeout, limit=self.max_output, env=env
        )  # fmt: skip
