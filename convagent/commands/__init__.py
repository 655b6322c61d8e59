"""The commands about conversations that are kept: `inbox`, `runs`, `show`, `resume`, `worker`, and a journal's health.

A command is a function of what the parser read and of what takes each line; it returns the exit code. Everything
that costs time is imported when its command runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Say = Callable[[str], object]
"""Takes a line of what a command says."""


def run(options: Any, say: Say) -> int:
    """Do what the options say, and return the exit code.

    Raises:
        ConvagentError: it cannot be done; the text says why.
    """
    match options.command:
        case "inbox":
            from .inbox import run as inbox

            return inbox(options, say)
        case "runs":
            from .runs import run as runs

            return runs(options, say)
        case "show":
            from .show import show

            return show(options, say)
        case "resume":
            from .resume import resume

            return resume(options, say)
        case _:
            from .work import work

            return work(options, say)


__all__ = ["Say", "run"]
