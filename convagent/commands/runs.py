"""`convagent runs`: which there are, and what is done with one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast, get_args

from ..errors import one_of
from ..journal.base import RunInfo, RunStatus, WorkerInfo
from . import Say
from .attending import nobody_knows, those_there
from .journals import every_run, opened
from .tables import ago, state, table


def run(options: Any, say: Say) -> int:
    """Do what the options say, and return the exit code."""
    match options.runs:
        case None:
            return _list(options, say)
        case "show":
            from .conversation import show

            return show(options, say)
        case "pause" | "unpause" | "say" | "stop":
            from .steering import steer

            return steer(options, say)
        case "export":
            from .keeping import export

            return export(options, say)
        case "fork" | "replay":
            from .again import again

            return again(options, say)
        case _:
            from .keeping import remove

            return remove(options, say)


def _list(options: Any, say: Say) -> int:
    status = cast("list[RunStatus]", options.status)
    for word in status:
        if word not in get_args(RunStatus):
            raise one_of("--status", word, get_args(RunStatus))
    with opened(options) as journal:
        found, now = every_run(journal, status), journal.now()
        if options.json:
            for info in found:
                say(json.dumps({**asdict(info), "deserted": info.deserted}))
            return 0
        there = those_there(journal)
        rows = [_cells(info, now, there) for info in found]
    if not rows:
        say(f"There is no run that is {' or '.join(status)}." if status else "There is no run.")
        return 0
    say(table(("RUN", "STATUS", "AGENTS", "TURN", "OPEN", "SINCE", "WHY"), rows))
    return 0


def _cells(info: RunInfo, now: float, there: Sequence[WorkerInfo]) -> tuple[str, ...]:
    why = f"moved on by {info.worker}" if info.status == "running" else info.reason
    if info.deserted:
        why = "its process has died or is frozen; a worker, or `convagent resume`, goes on with it"
    elif info.status == "ready":
        why = nobody_knows(info, there)
    return (
        info.id, state(info), " ".join(info.agents), str(info.turn), str(info.open_requests or "-"),
        ago(now - info.updated), why,
    )  # fmt: skip
