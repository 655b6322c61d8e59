"""A question that stands: who it stands with, what is handed in, and which answer counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Any, Protocol

from .._sync import Boxed
from ..human import Decision, HumanReply, HumanRequest, Receipt
from ..oversight.answers import NotUnderstood

HOST = ""
"""Stands among the channels for whoever consumes the run's events."""


class Asker(Protocol):
    """Where a question comes from: the run that asks it."""

    def read(self, request: HumanRequest, reply: HumanReply, form: Any) -> Decision | None:
        """Return what a reply decides, in the thread that hands it in; raise `NotUnderstood` if it does not count."""
        ...

    def told(self, request: HumanRequest, reply: HumanReply, receipt: Receipt) -> None:
        """Be told, on the loop, of a reply that does not count, or of a vote that is not the last."""
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
        self._asker, self._form = asker, form
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
            self._soon(self._asker.told, self.request, reply, receipt)
        return receipt

    def _take(self, reply: HumanReply) -> Receipt:
        if self._closed:
            return self._too_late(reply)
        if reply.end_of_input:
            return self._ended(reply)
        request = replace(self.request, given=self._given()) if self._votes else self.request
        try:
            decision = self._asker.read(request, reply, self._form)
        except NotUnderstood as wrong:
            return Receipt("invalid", str(wrong))
        if decision is not reply.decision:
            reply = replace(reply, decision=decision)
        with self._lock:
            if self._closed:
                watchers = None
            elif decision is not None and decision.verb == "approve" and self._missing() > 1:
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
        if reply.by in self._given():
            return Receipt("invalid", f"{reply.by} has approved already")
        self._votes = (*self._votes, reply)
        left = self._missing()
        return Receipt("accepted", f"approved; {left} more must" if left > 1 else "approved; one more must")

    def _given(self) -> tuple[str, ...]:
        return (*self.request.given, *(vote.by for vote in self._votes))

    def _missing(self) -> int:
        return self.request.need - len(self._given())

    def _too_late(self, reply: HumanReply) -> Receipt:
        settled = self.reply
        if settled is None:
            return Receipt("late", "nobody waits for this answer any more")
        if settled.decision is None and not self.request.decisions:
            return Receipt("late", "that question is answered already")
        try:
            decision = reply.decision or self._asker.read(self.request, reply, self._form)
        except NotUnderstood:
            decision = None
        who = f" by {settled.by}" if settled.by else ""
        if decision == settled.decision:
            return Receipt("duplicate", f"this was decided so already{who}")
        return Receipt("conflict", f"this was decided already{who}: {settled.decision}")

    def _ended(self, reply: HumanReply) -> Receipt:
        """Take the end of a channel: at a classic prompt the answer, of a decision one channel less."""
        if self.request.decisions:
            self.fails(reply.channel if reply.channel in self._stands_on() else HOST)
        elif self.close(reply):
            self._settle_soon(reply)
        return Receipt("accepted")

    def fails(self, channel: str) -> None:
        """Let it stand on one channel less; where none is left, nobody can be reached."""
        with self._lock:
            self._standing = self._stands_on() - {channel}
            # Whoever has approved already is no help there.
            if self._standing & self._asker.channels_for(replace(self.request, given=self._given())):
                return
        ended = HumanReply(self.request.id, channel=channel, end_of_input=True)
        if self.close():
            self._settle_soon(ended)

    def channel_failed(self, channel: str, error: BaseException | str) -> None:
        """Let it stand on one channel less, on the loop, and have it recorded why."""
        self._asker.failed(self.request, channel, error)
        self.fails(channel)

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


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
