"""What an engine promises, and what it is handed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from ..journal.base import Claim

Segment = Callable[[Claim], Awaitable[object]]
"""Moves a claimed run on until it waits, ends or cannot go on; the claim is given back then."""


class Engine(Protocol):
    """Decides which worker wakes for which run.

    The journal holds the truth, and its fence decides who may write; so an engine may wake a run twice, late, or on
    two machines at once, and nothing is done twice. It promises three things: a run that can go on is woken in the
    end, by a worker that knows its agents; one that waits holds no worker; and a worker's end is made up for.
    """

    async def work(self, *, once: bool = False) -> None:
        """Move runs on until `stop`.

        Args:
            once: return as soon as nothing can go on by itself, for schedulers that start a worker now and then.
        """
        ...

    def stop(self) -> None:
        """Begin nothing more; `work` returns when what is being moved has come to a pause. On the loop."""
        ...
