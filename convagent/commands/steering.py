"""`convagent runs pause | unpause | say | stop`."""

from __future__ import annotations

from typing import Any

from .._reader import os_user
from ..errors import ConfigError, JournalError
from . import Say
from .journals import load, opened, patiently

_DONE = {"pause": "is to pause", "unpause": "is to go on", "say": "is told that", "stop": "is to end"}


def steer(options: Any, say: Say) -> int:
    """Keep a control message for a run, and say who meets it.

    Raises:
        JournalError: there is no such run, or it is over.
    """
    action, text = options.runs, " ".join(getattr(options, "text", ()))
    if action == "say" and not text.strip():
        raise ConfigError("say: expected what is to be said")
    if action == "stop" and not text:
        text = "Stopped by a person"
    with opened(options) as journal:
        info = load(journal, options.id).info
        by, force = options.by or os_user(), getattr(options, "force", False)
        if not patiently(lambda: journal.steer(info.id, action, text, by, force)):
            raise JournalError(f"run {info.id} is over: {info.reason or info.status}")
        say(f"run {info.id} {_DONE[action]}{_when(info.status, info.worker)}")
    return 0


def _when(status: str, worker: str) -> str:
    if worker:
        return f"; {worker} meets it at its next boundary"
    if status in ("left", "blocked"):
        return f"; it is {status}, so that it meets it when somebody resumes it"
    return "; a worker, or `convagent resume`, meets it"
