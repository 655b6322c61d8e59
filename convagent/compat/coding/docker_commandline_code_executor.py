"""Mirror of `autogen.coding.docker_commandline_code_executor`."""

from __future__ import annotations

from ...coding.docker import DockerCommandLineCodeExecutor as DockerCommandLineCodeExecutor
from ..absent import no_more

__all__ = [
    "DockerCommandLineCodeExecutor",
]

__getattr__ = no_more(__name__)
