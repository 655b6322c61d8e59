"""Tracebacks that show the caller's own lines, and not the machinery between them.

A chat that fails has some forty frames of the loop between the line that started it and the
error. Where the error was raised on purpose (`ConvagentError`, Ctrl-C, a cancellation) or in the
user's code, they tell nothing. ``CONVAGENT_FULL_TRACEBACK=1`` in the environment keeps them, and an error
that is neither, which is a fault of ours, always has its whole traceback.
"""

from __future__ import annotations

import os
from types import TracebackType

from .errors import ConvagentError

FULL_TRACEBACK = "CONVAGENT_FULL_TRACEBACK"
"""The environment variable that keeps every frame."""

_OURS = os.path.dirname(__file__) + os.sep
_BETWEEN = (f"{os.sep}asyncio{os.sep}", f"{os.sep}concurrent{os.sep}futures{os.sep}", f"{os.sep}contextlib.py")
"""Of the standard library, what stands between one frame of ours and the next."""


class _ShortTraceback:
    """Takes our frames off an error that passes. One serves everybody."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: TracebackType | None) -> None:
        # Raising goes on with what is set here, and this function's own frame is not added again.
        if error is not None:
            error.__traceback__ = shortened(error)


short_traceback = _ShortTraceback()
"""Stands around what a user calls: ``with short_traceback:``. Nothing is done where nothing is raised."""


def shortened(error: BaseException) -> TracebackType | None:
    """Return the traceback of an error without our frames, or as it is where they may tell something."""
    whole = error.__traceback__
    if os.environ.get(FULL_TRACEBACK):
        return whole
    kept: list[TracebackType] = []
    ours = False
    step = whole
    while step is not None:
        ours = _is_ours(step, after_ours=ours)
        if not ours:
            kept.append(step)
        step = step.tb_next
    if ours and isinstance(error, Exception) and not isinstance(error, ConvagentError):
        return whole
    found: TracebackType | None = None
    for step in reversed(kept):
        found = TracebackType(found, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return found


def _is_ours(step: TracebackType, *, after_ours: bool) -> bool:
    file = step.tb_frame.f_code.co_filename
    return file.startswith(_OURS) or (after_ours and any(part in file for part in _BETWEEN))
