"""A question that stands: who it stands with, what is handed in, and which answer counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Any, Protocol

from .._sync import Boxed
from ..errors import NobodyReachable
from ..human import Decision, HumanReply, HumanRequest, NotUnderstood, Receipt
from ..oversight.counting import as_it_stands, given, is_vote, missing, too_late, voted

HOST = ""
"""Stands among the channels for whoever consumes the run's events."""
_ENDED = "its input has ended"


class Asker(Protocol):
    """Where a question comes from: the run that asks it."""

    def read(self, request: HumanRequest, reply: HumanReply, form: Any) -> Decision | None:
        """Return what a reply decides, in the thread that hands it in; raise `NotUnderstood` if it does not count."""
        ...

    def told(self, request: HumanRequest, reply: HumanReply, receipt: Receipt, since: float) -> None:
        """Be told, on the loop, of a reply that does not count, or of a vote that is not the last.

        Args:
            request: the question.
            reply: the answer.
            receipt: what became of it.
            since: when the question was put.
        """
        ...

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    def channels_for(self, request: HumanRequest) -> set[str]:
        """Return the channels on which somebody may answer; `HOST` among them where the consumer of the run may."""
        ...

    def failed(self, request: HumanRequest, channel: str, error: BaseException | str) -> None:
        """Be told, on the loop, that a channel could not put a request to anybody."""
        ...


class Question:
    """A request that stands, and where its reply is awaited. Its methods may be called from any thread.

    Thousands may stand at once, so each keeps little: what it knows of its run it asks its run.
    """

    __slots__ = (
        "_asker",
        "_closed",
        "_form",
        "_lock",
        "_loop",
        "_since",
        "_standing",
        "_votes",
        "_watchers",
        "future",
        "reply",
        "request",
    )

    def __init__(self, request: HumanRequest, asker: Asker, form: Any = None) -> None:
        """Let a request stand.

        Args:
            request: what is asked.
            asker: who asks.
            form: the pydantic model of its form.
        """
        self.request = request
        self._asker, self._form, self._since = asker, form, asker.now()
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[HumanReply | None] = self._loop.create_future()
        self.reply: HumanReply | None = None
        """What was answered, once it is settled by that."""
        self._standing: set[str] | None = None
        """The channels on which it still stands; None: on all that it went to."""
        self._votes: tuple[HumanReply, ...] = ()
        self._lock = Lock()
        self._closed = False
        self._watchers: tuple[Callable[[], None], ...] = ()

    # ------------------------------------------------------------ handing in

    def answer(self, reply: HumanReply | BaseException) -> Receipt:
        """Hand in a reply, or why there is none. The first valid one counts."""
        if not isinstance(reply, HumanReply):
            if self.close():
                self._settle_soon(Boxed(reply) if isinstance(reply, (KeyboardInterrupt, SystemExit)) else reply)
            return Receipt("accepted")
        receipt = self._take(reply)
        if receipt.status != "accepted" or not self._closed:
            self._tell(reply, receipt)
        return receipt

    def refuse(self, reply: HumanReply, problem: str) -> Receipt:
        """Take a reply that a channel does not let count, such as of somebody who does not sit there."""
        receipt = Receipt("invalid", problem)
        self._tell(reply, receipt)
        return receipt

    def _tell(self, reply: HumanReply, receipt: Receipt) -> None:
        self._soon(self._asker.told, self.request, reply, receipt, self._since)

    def _take(self, reply: HumanReply) -> Receipt:
        if self._closed:
            return self._too_late(reply)
        if reply.end_of_input:
            return self._ended(reply)
        try:
            decision = self._asker.read(as_it_stands(self.request, self._votes), reply, self._form)
        except NotUnderstood as wrong:
            return Receipt("invalid", str(wrong))
        if decision is not reply.decision:
            reply = replace(reply, decision=decision)
        with self._lock:
            if self._closed:
                watchers = None
            elif is_vote(self.request, self._votes, decision):
                return self._vote(reply)
            else:
                reply = replace(reply, votes=self._votes) if self._votes else reply
                watchers = self._shut(reply)
        if watchers is None:
            return self._too_late(reply)
        self._settle_soon(reply)
        for watcher in watchers:
            watcher()
        return Receipt("accepted")

    def _vote(self, reply: HumanReply) -> Receipt:
        if reply.by in given(self.request, self._votes):
            return Receipt("invalid", f"{reply.by} has approved already")
        self._votes = (*self._votes, reply)
        return voted(missing(self.request, self._votes))

    def _too_late(self, reply: HumanReply) -> Receipt:
        try:
            decision = reply.decision or self._asker.read(self.request, reply, self._form)
        except NotUnderstood:
            decision = None
        return too_late(self.request, self.reply, decision)

    def _ended(self, reply: HumanReply) -> Receipt:
        """Take the end of a channel: at a classic prompt the answer, of a decision one channel less."""
        if self.request.decisions:
            if self.fails(reply.channel if reply.channel in self._stands_on() else HOST, _ENDED):
                self._soon(self._asker.failed, self.request, reply.channel, _ENDED)
        elif self.close(reply):
            self._settle_soon(reply)
        return Receipt("accepted")

    def fails(self, channel: str, error: BaseException | str = "") -> bool:
        """Let it stand on one channel less, and return whether it stands; where none is left, nobody can be reached.

        Args:
            channel: the one that failed.
            error: why; a `NobodyReachable` that knows better is what the run then raises.
        """
        with self._lock:
            self._standing = self._stands_on() - {channel}
            # Whoever has approved already is no help there.
            if self._standing & self._asker.channels_for(as_it_stands(self.request, self._votes)):
                return True
        why = f"{channel}: {in_words(error)}" if channel and error else in_words(error)
        ended = HumanReply(self.request.id, why, channel=channel, end_of_input=True)
        if self.close():
            self._settle_soon(error if isinstance(error, NobodyReachable) else ended)
        return False

    def channel_failed(self, channel: str, error: BaseException | str) -> None:
        """Let it stand on one channel less, on the loop, and have it recorded why."""
        self._asker.failed(self.request, channel, error)
        self.fails(channel, error)

    def _stands_on(self) -> set[str]:
        return self._asker.channels_for(self.request) if self._standing is None else self._standing

    # ------------------------------------------------------------ closing

    def expire(self) -> None:
        """Let its time be up: it settles without a reply."""
        if self.close():
            self._settle(None)

    def is_closed(self) -> bool:
        """Return whether an answer is of no use any more."""
        return self._closed

    def close(self, reply: HumanReply | None = None) -> bool:
        """Let no further answer count; return whether this call did it."""
        with self._lock:
            if self._closed:
                return False
            watchers = self._shut(reply)
        for watcher in watchers:
            watcher()
        return True

    def _shut(self, reply: HumanReply | None) -> tuple[Callable[[], None], ...]:
        self._closed, self.reply = True, reply
        watchers, self._watchers = self._watchers, ()
        return watchers

    def when_closed(self, watcher: Callable[[], None]) -> None:
        """Call a function once an answer is of no use any more: at once if it is so already."""
        with self._lock:
            if not self._closed:
                self._watchers = (*self._watchers, watcher)
                return
        watcher()

    def _settle_soon(self, reply: HumanReply | BaseException) -> None:
        if _running_loop() is self._loop:  # waking the loop for it costs more than all the rest
            self._settle(reply)
        else:
            self._soon(self._settle, reply)

    def _soon(self, call: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            pass  # the loop is closed, and nobody waits

    def _settle(self, reply: HumanReply | BaseException | None) -> None:
        if self.future.done():
            return
        if isinstance(reply, BaseException):
            self.future.set_exception(reply)
        else:
            self.future.set_result(reply)


def in_words(error: BaseException | str) -> str:
    """Say what made a channel fail."""
    return error if isinstance(error, str) else f"{type(error).__name__}: {error}"


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
