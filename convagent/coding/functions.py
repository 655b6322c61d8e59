"""The classic's functions for running code without an agent."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .._sync import call_sync
from ..errors import ConfigError
from .base import CodeExecutor
from .config import older_executor, read_code_execution


def execute_code(
    code: str | None = None,
    timeout: float | None = None,
    filename: str | None = None,
    work_dir: str | None = None,
    use_docker: Any = None,
    lang: str = "python",
) -> tuple[int, str, None]:
    """Run a code; return its exit code, its output, and None, where the classic names an image.

    Args:
        code: what to run; None: what stands in the file.
        timeout: seconds; None: 600.
        filename: the file to write and to keep; None: one that is removed.
        work_dir: the folder; None: ``coding``.
        use_docker: as in `code_execution_config`.
        lang: the language.

    Raises:
        ConfigError: there is neither a code nor a file.
    """
    executor = older_executor({"timeout": timeout, "work_dir": work_dir, "use_docker": use_docker})
    if code is None:
        if filename is None:
            raise ConfigError("execute_code(): expected code=, or filename= of a file in work_dir")
        code = (executor.executor.work_dir / filename).read_text(encoding="utf-8")
    exit_code, output = call_sync(executor.run_code(code, lang, filename or ""), name="execute_code")
    return exit_code, output, None


def create_virtual_env(dir_path: Path | str, **env_args: Any) -> SimpleNamespace:
    """Make a virtual environment, with pip unless something else is asked for; for `virtual_env_context=`."""
    import venv

    builder = venv.EnvBuilder(**(env_args or {"with_pip": True}))
    builder.create(dir_path)
    return builder.ensure_directories(dir_path)


class CodeExecutorFactory:
    """Makes executors of configurations."""

    @staticmethod
    def create(code_execution_config: Any) -> CodeExecutor:
        """Return the executor that a configuration names.

        Raises:
            ConfigError: it names none, or one that is not there.
        """
        found = read_code_execution(code_execution_config)
        if found is None or not code_execution_config.get("executor"):
            raise ConfigError(f"{code_execution_config!r} names no executor; expected {{'executor': ...}}")
        return found.executor
