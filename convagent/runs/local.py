"""The runtime in memory: events fan out, a wait is a future, a step is an await."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from .._sync import Boxed, Host
from ..events import ErrorEvent, Event, InputRequestEvent, stamp
from ..human import HumanReply, HumanRequest
from ..runtime import ANY, Control, Steer
from ..tools.tool import Effect
from .steering import Steering

if TYPE_CHECKING:
    from random import Random

T = TypeVar("T")
Observer = Callable[[Event], Any]


class LocalRuntime:
    """A run in this process. Ends with it."""

    def __init__(
        self,
        host: Host | None,
        observers: Sequence[Observer] = (),
        *,
        run_id: str = "",
        parent: LocalRuntime | None = None,
    ) -> None:
        self.run_id = run_id or _new_id()
        self.host = host
        self.observers = tuple(observers)
        self.parent = parent
        self.steering = Steering(parent.steering if parent is not None else None)
        self._seq = 0
        self._children = 0
        self._questions: dict[str, Question] = {}
        self._kept: dict[str, HumanReply] = {}
        self._interrupted = self.steering
        self._rng: Random | None = None

    @property
    def rng(self) -> Random:
        """Seeded by the run's id, so that a run can be repeated."""
        if self._rng is None:
            from random import Random

            self._rng = Random(self.run_id)
        return self._rng

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.time()

    # ------------------------------------------------------------ the verbs

    def emit(self, event: Event) -> None:
        """Stamp an event and tell the observers, then the host. An observer that raises ends the run."""
        if not event.transient:
            self._seq += 1
        stamp(event, self.run_id, self._seq, time.time())
        for observer in self.observers:
            observer(event)
        outer = self.parent
        while outer is not None:
            for observer in outer.observers:
                observer(event)
            outer = outer.parent
        if self.host is not None:
            self.host.deliver(event)

    def fail(self, error: BaseException) -> None:
        """Emit what made the run fail, as its last event. What observers raise here is noted on that error."""
        event = ErrorEvent(error=error)
        self._seq += 1
        stamp(event, self.run_id, self._seq, time.time())
        for runtime in self._outward():
            for observer in runtime.observers:
                try:
                    observer(event)
                except Exception as another:  # noqa: BLE001 - the run fails already, perhaps for this observer
                    if another is not error:
                        error.add_note(f"At the end observer {observer!r} failed, too: {another!r}")
        if self.host is not None:
            self.host.deliver(event)

    async def step(self, key: str, fn: Callable[[], Awaitable[T]], effect: Effect = "idempotent") -> T:
        """Do a thing. Nothing is remembered: in memory a turn is never entered again."""
        return await fn()

    async def wait(self, request: HumanRequest) -> HumanReply:
        """Emit a request and wait for its reply."""
        if request.id in self._kept:
            return self._kept.pop(request.id)
        question = Question(request)
        around = self._outward()
        for runtime in around:
            runtime._questions[request.id] = question
        try:
            self.emit(
                InputRequestEvent(
                    request=request,
                    agent=request.agent,
                    _answer=question.answer,
                    _answered=question.is_closed,
                    _watch=question.when_closed,
                    _interrupt=self._interrupt,
                )
            )
            return await question.future
        except asyncio.CancelledError:
            if question.reply is not None:  # it came in this very moment, and the question may stand again
                self._kept[request.id] = question.reply
            raise
        finally:
            question.close()
            for runtime in around:
                runtime._questions.pop(request.id, None)

    def _interrupt(self) -> None:
        self._outward()[-1].steer(Control("interrupt"))

    def _outward(self) -> list[LocalRuntime]:
        found: list[LocalRuntime] = [self]
        while (outer := found[-1].parent) is not None:
            found.append(outer)
        return found

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        await asyncio.sleep(seconds)

    def control(self) -> Control | None:
        """Take the oldest control message that is waiting; a stop comes first, and stays."""
        found = self.steering.take()
        if found is None:
            return None
        control, self._interrupted = found
        return control

    async def breakable(self, fn: Callable[[], Awaitable[T]], by: Sequence[Steer] = ANY) -> T:
        """Await something that control messages of these kinds cancel; then raise `Interrupted`."""
        return await self.steering.breakable(fn, by)

    def stop(self, control: Control) -> None:
        """End the run, and whichever around it the last interruption was meant for."""
        self._interrupted.steer(control)

    async def breathe(self) -> None:
        """Yield once. Without it a model that never suspends locks out interrupts and other chats."""
        await asyncio.sleep(0)

    def branch(self, name: str, host: Host | None = None) -> LocalRuntime:
        """Return a child's runtime: observers of this run are told its events, too, and its host gets them.

        Args:
            name: how it is called in the child's id; empty: a number.
            host: who consumes the child; None: whoever consumes this run.
        """
        self._children += 1
        child = f"{self.run_id}/{name}" if name else f"{self.run_id}/{self._children}"
        return LocalRuntime(host or self.host, run_id=child, parent=self)

    # ------------------------------------------------------------ from outside, any thread

    @property
    def waiting(self) -> list[HumanRequest]:
        """The requests that nobody has answered yet, those of runs inside this one included."""
        return [q.request for q in tuple(self._questions.values()) if not q.is_closed()]

    def answer(self, reply: HumanReply) -> None:
        """Hand in a reply. The first one counts; one for a request that is gone changes nothing."""
        question = self._questions.get(reply.request_id)
        if question is not None:
            question.answer(reply)

    def steer(self, control: Control) -> None:
        """Hand in a control message; it is met at the next boundary, a model call is cancelled for it."""
        self.steering.steer(control)


class Question:
    """A request that stands, and where its reply is awaited. Its methods may be called from any thread."""

    def __init__(self, request: HumanRequest) -> None:
        self.request = request
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[HumanReply] = self._loop.create_future()
        self.reply: HumanReply | None = None
        """What was answered."""
        self._lock = Lock()
        self._closed = False
        self._watchers: list[Callable[[], None]] = []

    def answer(self, reply: HumanReply | BaseException) -> None:
        """Hand in a reply, or why there is none. The first one counts."""
        if not self.close():
            return
        if isinstance(reply, HumanReply):
            self.reply = reply
        elif isinstance(reply, (KeyboardInterrupt, SystemExit)):
            reply = Boxed(reply)
        try:
            self._loop.call_soon_threadsafe(self._settle, reply)
        except RuntimeError:
            pass  # the loop is closed, and nobody waits

    def _settle(self, reply: HumanReply | BaseException) -> None:
        if self.future.done():
            return
        if isinstance(reply, HumanReply):
            self.future.set_result(reply)
        else:
            self.future.set_exception(reply)

    def is_closed(self) -> bool:
        """Return whether an answer is of no use any more."""
        return self._closed

    def close(self) -> bool:
        """Let no further answer count; return whether this call did it."""
        with self._lock:
            if self._closed:
                return False
            self._closed = True
            watchers = self._watchers
        for watcher in watchers:
            watcher()
        return True

    def when_closed(self, watcher: Callable[[], None]) -> None:
        """Call a function once an answer is of no use any more: at once if it is so already."""
        with self._lock:
            if not self._closed:
                self._watchers.append(watcher)
                return
        watcher()


def _new_id() -> str:
    import uuid  # 5 ms that making agents does not need

    return str(uuid.uuid4())
