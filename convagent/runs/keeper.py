"""What the conversations of one run share towards their journal: the claim, what is to be written, what came in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence, Sized
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from .._sync import hold_on, in_worker
from ..errors import FencedError, JournalError, JournalUnavailable
from ..journal.base import Batch, Claim, Journal, Loaded, NewMessage, NewRequest, NewRow, News, RunStatus, StoredRequest
from ..runtime import Parked

if TYPE_CHECKING:
    from ..human import HumanRequest
    from ..runtime import Control

T = TypeVar("T")

QUIET = 30
"""Rounds of a busy loop in which nothing of a run must have happened before it parks."""
MOMENT = 0.02
"""Seconds for which a question may be known to this process alone, in case the run parks and is written anyway."""
SOON = 1.0
"""Seconds: a time that is due sooner is waited for."""
REST = 10
"""How many times as long as a look at what came in took, none is taken: changes of every run tell each of them."""
RETRY = (0.05, 2.0)
"""Seconds between two attempts at a journal that cannot be reached: the first, and the longest."""


class Keeper:
    """Writes a run to its journal, and learns from there what came in.

    Everything is called on the run's loop. After it has let go of the run, because the run parked, was left,
    or was taken over by another process, nothing more is written, whatever still unwinds.

    Args:
        journal: where the run is kept.
        claim: the right to write.
        loaded: the run as it was kept so far; None: it begins.
        parks: whether to let go of the run when it can only wait; else its process waits with it.
        news: called on the loop with a request that was settled elsewhere, or a control message that came in.
    """

    def __init__(
        self, journal: Journal, claim: Claim, loaded: Loaded | None, *, parks: bool,
        news: Callable[[StoredRequest | Control], None],
    ) -> None:  # fmt: skip
        self.journal, self.claim, self.loaded = journal, claim, loaded
        self.parks = parks
        self.let_go = False
        """Whether nothing more is written."""
        self.error: JournalError | None = None
        """Why it had to let go."""
        self.requests: dict[str, StoredRequest] = {r.id: r for r in loaded.requests} if loaded else {}
        self.timers: dict[tuple[str, str], float] = dict(loaded.timers) if loaded else {}
        self.asked: list[HumanRequest] = []
        """Requests that this process waits for."""
        self.ahead = 0.0
        """By how many seconds the journal's clock is ahead of this machine's."""
        self._batch = Batch()
        self._writing = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._news = news
        self._met: set[int] = set()
        self._looking = False
        self._resting, self._rested = False, 0.0
        self._hearing = asyncio.Lock()
        self._deaf = False
        """Whether it asks for no more news, because it is about to let go: whoever goes on is to hear of it."""
        self._waits: dict[asyncio.Future[Any], float | None] = {}
        self._dues: list[float] = []
        self._busy, self._seen, self._counting = 0, 0, False
        self._unwatch = journal.watch(lambda: self._soon(self._look_soon), claim.run)
        journal.heart.hold(claim, lambda: self._soon(self._lost, None))

    def listen(self) -> None:
        """Hand out what came in before the run was there to hear it."""
        for control in self.loaded.controls if self.loaded else ():
            self._hear(control.number, control)

    # ------------------------------------------------------------ writing

    def put(self, run: str, seq: int, key: str, time: float, body: str) -> NewRow:
        """Write a row with the next flush."""
        row = NewRow(run, seq, key, time, body)
        self._batch.rows.append(row)
        return row

    def forget(self, rows: Sequence[NewRow]) -> None:
        """Do not write rows that are not written yet, and of no use any more."""
        if rows and self._batch.rows:
            gone = set(map(id, rows))
            self._batch.rows = [row for row in self._batch.rows if id(row) not in gone]

    def ask(self, run: str, key: str, request: HumanRequest, told: str, now: float) -> None:
        """Let a question be found by people, from the next flush on; `told` is the key of the row that tells of it."""
        if request.id in self._batch.closed:
            self._batch.closed.remove(request.id)
        self._batch.requests.append(NewRequest(run, key, request, told))
        self.requests[request.id] = StoredRequest(request, run, self.claim.run, key, "open", now)

    def withdraw(self, id: str) -> None:
        """Let a question be open no more."""
        if not self.let_go and id in self.requests and self.requests[id].status == "open":
            self._batch.closed.append(id)
            self.requests[id] = replace(self.requests[id], status="cancelled")

    def send(self, message: NewMessage) -> None:
        """Have a message delivered outside, from the next flush on."""
        self._batch.outbox.append(message)

    def remind(self, run: str, key: str, due: float) -> None:
        """Keep a time that a run waits for."""
        self.timers[run, key] = due
        self._batch.timers.append((run, key, due))

    def take(self, number: int) -> None:
        """Keep that a control message was met."""
        self._batch.taken.append(number)

    def finished(self, run: str, turn: int) -> None:
        """Keep, with the next flush, that a turn is over."""
        self._batch.turns[run] = turn

    async def flush(self) -> None:
        """Write what has come together. A journal that cannot be reached is waited for.

        Raises:
            Parked: this process has let go of the run.
            JournalError: it cannot be written, and will not be later.
        """
        self.check()
        if self._batch:
            await self._flush(None)

    def flush_soon(self) -> None:
        """Write what has come together within a moment, if the run has not parked until then."""
        self._loop.call_later(MOMENT, self._flush_later)

    def _flush_later(self) -> None:
        if self._batch and not self.let_go:
            hold_on(self._loop.create_task(self._flush_quietly()))

    async def _flush_quietly(self) -> None:
        with suppress(Parked, JournalError):  # the next flush meets what is wrong
            await self.flush()

    def check(self) -> None:
        """Raise `Parked` if this process has let go of the run, whatever body has kept that from passing."""
        if self.let_go:
            raise Parked

    async def _flush(self, end: Batch | None) -> bool:
        async with self._writing:
            batch, self._batch = self._batch, Batch()
            if end is not None:
                batch.status, batch.reason, batch.wake = end.status, end.reason, end.wake
            self.busy(1)
            try:
                return await self._append(batch)
            except FencedError as error:
                self._lost(error)
                raise Parked from None
            except BaseException:
                if not batch.written:
                    batch.status = None
                    self._batch = _joined(batch, self._batch)
                raise
            finally:
                self.busy(-1)

    async def _append(self, batch: Batch) -> bool:
        pause, longest = RETRY
        write, began = self._write, self._loop.time()
        while True:
            try:
                # A cancellation does not stop the thread: what it has done has to be known.
                as_asked = write(batch) if self.journal.quick else await uncut(in_worker(write, (batch,), {}))
            except JournalUnavailable:
                await asyncio.sleep(pause)
                pause = min(2 * pause, longest)
                continue
            if batch.status is not None or self._loop.time() - began < self.journal.lease / 2:
                return as_asked
            write, began = self._see, self._loop.time()

    def _write(self, batch: Batch) -> bool:
        as_asked = self.journal.append(self.claim, batch)
        batch.written = True
        return as_asked

    def _see(self, _written: Batch) -> bool:
        """See that the run is still this process's: what it wrote was long in being acknowledged, or it stood still.

        Meanwhile the lease may have ended, and another process have gone on. What comes next is not to be done twice.
        """
        self.journal.prolong(self.claim, self.journal.lease)
        return True

    async def end(self, status: RunStatus, reason: str = "", wake: float | None = None) -> bool:
        """Write what is left, and what becomes of the run; then let go of it.

        Args:
            status: what becomes of it.
            reason: why.
            wake: when it is due by itself, if that is sooner than what it waits for.

        Returns:
            whether it became that. False: it was to wait, and meanwhile something came in.
        """
        if status == "waiting":
            dues = [*self._dues, *([wake] if wake is not None else [])]
            wake = min(dues, default=None)
        try:
            return await self._flush(Batch(status=status, reason=reason, wake=wake))
        finally:
            self.close()

    def give_up(self) -> None:
        """Do not write what is not written yet, because it cannot be: whoever goes on finds the run without it."""
        self._batch = Batch()

    async def leave(self, reason: str) -> RunStatus:
        """Let go of the run where it stands, for another process to go on with; return what it waits for now.

        Questions that stood are not withdrawn: their answers wake it. Where none stands, somebody has to resume it.
        """
        self._deaf = True
        async with self._hearing:  # what is being told is still heard
            pass
        for id in self._batch.closed:
            self.requests[id] = replace(self.requests[id], status="open")
        self._batch.closed.clear()
        stand = any(r.status == "open" for r in self.requests.values())
        self._dues = [r.request.deadline for r in self.requests.values() if r.status == "open" and r.request.deadline]
        became = await self.end("waiting" if stand else "left", reason)
        return "waiting" if stand and became else "ready" if stand else "left"

    def close(self) -> None:
        """Let go of the run, if it has not been let go of yet."""
        self.let_go = True
        self._unwatch()
        self.journal.heart.drop(self.claim)

    # ------------------------------------------------------------ what came in

    def _soon(self, call: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            pass  # the loop is closed, and the run with it

    def _lost(self, error: JournalError | None) -> None:
        """Somebody else has the run: what is on its way here ends."""
        if self.let_go:
            return
        run = self.claim.run
        self.error = error or FencedError(f"run {run} was taken over by another process, and goes on there")
        self.close()
        self._unwind()

    def look_soon(self) -> None:
        """Look what came in when the loop gets to it. From any thread."""
        self._soon(self._look_soon)

    def _look_soon(self) -> None:
        if self._looking or self._resting or self.let_go:
            return
        rest = self._rested - self._loop.time()
        if rest > 0 and not self.journal.quick:
            self._resting = True
            self._loop.call_later(rest, self._look_again)
            return
        self._looking = True
        hold_on(self._loop.create_task(self._look()))

    def _look_again(self) -> None:
        self._resting = False
        self._look_soon()

    async def _look(self) -> None:
        try:
            await asyncio.sleep(0)  # what comes at once is looked at once
            self._looking = False
            async with self._hearing:
                if not self._deaf:
                    began, ids = self._loop.time(), [r.id for r in self.asked]
                    self._tell(await called(self.journal, self.journal.news, self.claim, ids))
                    self._rested = self._loop.time() + REST * (self._loop.time() - began)
            self._count_soon()
        except FencedError as error:
            self._lost(error)
        except JournalError:
            await asyncio.sleep(RETRY[1])
            self._look_soon()

    def _tell(self, news: News) -> None:
        if self.let_go:
            return
        for stored in news.requests:
            known = self.requests.get(stored.id)
            # What is withdrawn was withdrawn here, and may stand again, a level higher too, though not yet in writing.
            if stored.status != "cancelled" and (known is None or stored.request.level >= known.request.level):
                self.requests[stored.id] = stored
                self._news(stored)
        for control in news.controls:
            self._hear(control.number, control)

    def _hear(self, number: int, control: Any) -> None:
        from ..runtime import Control

        if number not in self._met:
            self._met.add(number)
            self._news(Control(control.action, control.text, control.by, control.force, number))

    # ------------------------------------------------------------ parking

    def busy(self, by: int) -> None:
        """Be told that something begins (1) or ends (-1) during which the run cannot park."""
        self._busy += by
        self._seen += 1
        self._count_soon()

    @contextmanager
    def waiting(self, future: asyncio.Future[Any], due: float | None = None) -> Generator[None]:
        """Let the run park while this is awaited, if nothing else goes on. It is due by itself at that time."""
        self.check()
        self._waits[future] = due
        self._seen += 1
        self._count_soon()
        try:
            yield
        finally:
            self._waits.pop(future, None)
            self._seen += 1

    def _count_soon(self) -> None:
        if self.parks and not self._counting and self._waits and not self._busy and not self.let_go:
            self._counting = True
            self._loop.call_soon(self._count, self._seen, QUIET)

    def _count(self, seen: int, rounds: int) -> None:
        self._counting = False
        if self.let_go or self._busy or not self._waits or self._hearing.locked():
            return  # it is counted again when that is over
        if seen != self._seen or self._looking:
            self._count_soon()
        elif rounds and not _is_idle(self._loop):
            self._counting = True
            self._loop.call_soon(self._count, seen, rounds - 1)
        else:
            try:
                soon = any(due is not None and due - self.journal.now() <= SOON for due in self._waits.values())
            except JournalError:
                self._loop.call_later(RETRY[1], self._count_soon)
                return
            if not soon:
                self._unwind()

    def _unwind(self) -> None:
        """Let everything that waits end by `Parked`."""
        self._deaf = True
        self._dues = [r.deadline for r in self.asked if r.deadline is not None]
        self._dues += [due for due in self._waits.values() if due is not None]
        for future in tuple(self._waits):
            if not future.done():
                future.set_exception(Parked())


async def called(journal: Journal, method: Callable[..., T], *args: Any) -> T:
    """Return what a method of a journal returns; one that may take long is called in another thread."""
    return method(*args) if journal.quick else await in_worker(method, args, {})


async def uncut(awaited: Coroutine[Any, Any, T]) -> T:
    """Await something to its end, whoever cancels meanwhile; then be cancelled."""
    task = asyncio.ensure_future(awaited)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise


def _is_idle(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether a loop has nothing to do but what calls this; of one that does not say so, False."""
    ready: Sized | None = getattr(loop, "_ready", None)
    return ready is not None and not ready


def _joined(first: Batch, second: Batch) -> Batch:
    return Batch(
        first.rows + second.rows, first.requests + second.requests, first.closed + second.closed,
        first.timers + second.timers, first.taken + second.taken, {**first.turns, **second.turns},
        first.outbox + second.outbox,
    )  # fmt: skip
