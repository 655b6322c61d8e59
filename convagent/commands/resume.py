"""`convagent resume`: go on with a run at this terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from .._screen import colour_wanted, visible
from ..agents.durable import resume as gone_on
from ..events import MessageEvent
from ..journal.base import OVER, Loaded
from . import Say
from .conversation import events_of, standing
from .journals import load, opened
from .tables import ago
from .teams import agents_of

LAST = 3
"""How many messages of before are shown."""
INTERRUPTED = 130


def resume(options: Any, say: Say) -> int:
    """Go on with a run, ask its questions here, and come back when it is over. Ctrl-C leaves it as it stands.

    Raises:
        ConfigError: there are no such agents.
        JournalError: there is no such run, or another process holds it.
        RunBlocked: an agent or a function that it needs is missing.
    """
    agents = agents_of(options.agents)
    with opened(options) as journal:
        loaded = load(journal, options.run)
        if loaded.info.status in OVER:
            say("\n".join([*last_messages(loaded), *standing(journal, loaded)]))
            return 0
        response = gone_on(journal, loaded.info.id, agents)
        since = ago(journal.now() - loaded.info.updated)
        say(f"[run {loaded.info.id} of {', '.join(loaded.info.agents)} goes on; it was {loaded.info.status} {since}]")
        for text in last_messages(loaded):
            say(text)
        try:
            response.process()
        except KeyboardInterrupt:  # what became of it has been said
            return INTERRUPTED
        say(f"[run {loaded.info.id} is over: {visible(response.result.reason or 'done')}]")
    return 0


def last_messages(loaded: Loaded) -> Iterator[str]:
    """Return how the last messages of a run look."""
    from ..transcript import render

    said = [event for event in events_of(loaded) if isinstance(event, MessageEvent)]
    for event in said[-LAST:]:
        yield render(event, colour_wanted(sys.stdout), escape=True).rstrip("\n")
