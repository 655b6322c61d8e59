"""`convagent runs fork | replay`: a run a second time."""

from __future__ import annotations

from typing import Any

from . import Say
from .journals import load, opened
from .teams import named_value


def again(options: Any, say: Say) -> int:
    """Begin a fork of a run, or judge a run by another policy.

    Raises:
        JournalError: there is no such run.
        ConfigError: the point or the policy is none.
    """
    with opened(options) as journal:
        run = load(journal, options.id).info.id
        if options.runs == "fork":
            from ..agents.forking import fork

            made = fork(journal, run, options.at, tools=options.tools)
            say(f"run {made} is a fork of run {run} at {options.at}; go on with it:")
            say(f"  convagent resume {made} MODULE:AGENTS --journal {journal.url}")
            return 0
        from ..audit.replaying import replay

        say(str(replay(journal, run, named_value(options.policy, "policy"))))
        return 0
