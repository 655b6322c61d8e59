"""Whether a failed model call is made again, after how long, and who is told of the wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import random
from time import monotonic

from ..errors import ModelError, ModelRateLimited, ModelRequestError, ModelServerError, ModelTimeout, ModelUnreachable
from .base import ModelReply, ModelRetrying, Notify
from .entry import Entry
from .wire import Options

LONGEST_WAIT = 60.0
"""Seconds. A server that asks for a longer wait is not waited for; nor one that asks for more than `timeout`."""
_RETRIES = 2
_FIRST_WAIT, _WAIT = 0.5, 8.0


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt that came to nothing."""

    error: ModelError
    again: bool
    """Whether the same request may succeed."""


class Attempts:
    """How often one call was tried, and whether it is tried again."""

    __slots__ = ("_began", "_entry", "_options", "count")

    def __init__(self, entry: Entry, options: Options) -> None:
        # What they say is read when an attempt fails: most calls make one, and pay nothing.
        self._entry = entry
        self._options = options
        self._began = monotonic()
        self.count = 1
        """The attempt that is being made, counted from 1."""

    @property
    def most(self) -> int:
        """How many attempts may be made."""
        retries = self._options.get("max_retries", self._entry.max_retries)
        return 1 + (_RETRIES if retries is None else int(retries))

    @property
    def timeout(self) -> float | None:
        """Seconds one attempt may take; None: the client's own default."""
        timeout = self._options.get("timeout", self._entry.timeout)
        return timeout if isinstance(timeout, (int, float)) else None

    @property
    def patience(self) -> float | None:
        """The longest wait in seconds that a server may ask for; None: nothing is tried again anyway."""
        if self.most == 1:
            return None
        return min(LONGEST_WAIT, self.timeout or LONGEST_WAIT)

    @property
    def told(self) -> str:
        """What an error says of the attempts; empty where there was only one."""
        if self.count == 1:
            return ""
        return f", {self.count} attempts in {monotonic() - self._began:.1f} s"

    def pause(self, failed: Failed) -> float | None:
        """Return the seconds to wait before the next attempt; None: there is none."""
        patience = self.patience
        if not failed.again or patience is None or self.count >= self.most:
            return None
        asked = failed.error.retry_after
        if asked is not None and asked > 0:
            return asked if asked <= patience else None
        # Spread a little, so that many who failed together do not come back together.
        return min(_FIRST_WAIT * 2.0 ** min(self.count - 1, 10), _WAIT) * (1 - 0.25 * random())


async def until_answered(
    attempt: Callable[[Attempts], Awaitable[ModelReply | Failed]], attempts: Attempts, notify: Notify
) -> ModelReply:
    """Make attempts until one is answered; tell of each wait.

    Raises:
        ModelError: that of the last attempt.
    """
    while True:
        outcome = await attempt(attempts)
        if not isinstance(outcome, Failed):
            return outcome
        error, seconds = outcome.error, attempts.pause(outcome)
        if seconds is None:
            raise error
        notify(ModelRetrying(error.model, error.endpoint, attempts.count, seconds, reason(error), error))
        await asyncio.sleep(seconds)
        attempts.count += 1


def may_succeed(status: int, headers: Mapping[str, str]) -> bool:
    """Say whether a request that was answered with an HTTP error may succeed when it is made again."""
    said = headers.get("x-should-retry")
    if said in ("true", "false"):
        return said == "true"
    return status in (408, 409, 429) or status >= 500


def reason(error: ModelError) -> str:
    """Return in a few words why a call is made again."""
    match error:
        case ModelRateLimited():
            return "rate-limited"
        case ModelTimeout():
            return "no answer in time"
        case ModelUnreachable():
            return "no connection"
        case ModelServerError():
            return "the server failed"
        case ModelRequestError():
            return "refused for the moment"
        case _:
            return "the answer broke off"
