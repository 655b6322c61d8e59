"""Mirror of `autogen.coding.local_commandline_code_executor`."""

from __future__ import annotations

from ...coding.local import LocalCommandLineCodeExecutor as LocalCommandLineCodeExecutor
from ..absent import no_more

__all__ = [
    "LocalCommandLineCodeExecutor",
]

__getattr__ = no_more(__name__)
