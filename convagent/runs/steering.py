"""How somebody outside reaches into a run: from any thread, at any moment, before it starts, too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ..runtime import Control, Interrupted, Steer

if TYPE_CHECKING:
    from .local import LocalRuntime

T = TypeVar("T")


class Steering:
    """The control messages of one run, and what is to be cancelled for them: its waits and those of runs inside it.

    What is asked of a run is met by whichever conversation of it comes first to a boundary: a
    question, a model call, the next turn. A stop stays, so that every one of them ends.
    """

    def __init__(self, outer: Steering | None = None) -> None:
        self._around: tuple[Steering, ...] = () if outer is None else (outer, *outer._around)
        """Those of the runs which this one is inside of, the nearest first."""
        self.runtime: LocalRuntime | None = None
        """The run, once it has started."""
        self._controls: list[Control] = []  # an empty deque takes 700 bytes
        self._stop: Control | None = None
        self._waits: set[_Wait] = set()
        self._beside: dict[Steering, None] = {}
        """Those of runs inside this one that go on side by side, each of which is to hear what is said to all."""
        self._noting: Callable[[Control], None] | None = None
        """Is told what all of those hear."""

    def attach(self, runtime: LocalRuntime) -> None:
        """Take over a run that starts."""
        self.runtime, self._around = runtime, runtime.steering._around
        runtime.steering = self

    # ------------------------------------------------------------ from outside, any thread

    def steer(self, control: Control) -> None:
        """Hand in a control message. A second interruption before the first is met is the same one."""
        if control.action == "stop":
            if self._stop is None or control.force:
                self._stop = control
        elif control.action != "interrupt" or not any(c.action == "interrupt" for c in tuple(self._controls)):
            self._controls.append(control)
        _cut_soon(tuple(self._waits))

    # ------------------------------------------------------------ the run's side

    def take(self, kinds: Sequence[Steer] | None = None) -> tuple[Control, Steering] | None:
        """Take the oldest message for this run or one around it, and say for which; a stop first, and not away.

        Args:
            kinds: what to take; None: whatever comes.
        """
        if not self._around and self._stop is None and not self._controls:
            return None
        for steering in (self, *self._around):
            if steering._stop is not None:
                return steering._stop, steering
        for steering in (self, *self._around):
            for control in tuple(steering._controls):
                if kinds is None or control.action in kinds:
                    steering._controls.remove(control)
                    self._pass_on(control, steering)
                    return control, steering
        return None

    @contextmanager
    def beside(self, inner: Steering) -> Generator[None]:
        """Let a run inside this one hear, while it lasts, what the runs beside it are told."""
        self._beside[inner] = None
        try:
            yield
        finally:
            del self._beside[inner]

    @contextmanager
    def noting(self, note: Callable[[Control], None]) -> Generator[None]:
        """Have a function called, while it lasts, with what those side by side are told, for whoever begins later."""
        self._noting = note
        try:
            yield
        finally:
            self._noting = None

    def _pass_on(self, control: Control, source: Steering) -> None:
        """Hand a message that was taken here to the runs beside this one, wherever on the way there are such."""
        if control.action not in _FOR_ALL or (not self._around and not self._beside):
            return
        path = (self, *self._around)
        for steering in path[: path.index(source) + 1]:
            if steering._noting is not None:
                steering._noting(control)
            for other in tuple(steering._beside):
                if other not in path:
                    other.steer(control)

    def wants(self, kinds: Sequence[Steer]) -> bool:
        """Return whether a message of these kinds is waiting."""
        if not self._around and self._stop is None and not self._controls:
            return False
        for steering in (self, *self._around):
            stop = steering._stop
            if stop is not None and ("stop" in kinds or (stop.force and "force" in kinds)):
                return True
            if steering._controls and any(c.action in kinds for c in tuple(steering._controls)):
                return True
        return False

    async def breakable(self, fn: Callable[..., Awaitable[T]], by: Sequence[Steer], *args: Any) -> T:
        """Await a call with these arguments, which messages of these kinds cancel; then raise `Interrupted`."""
        wait = _Wait(self, by)
        self._waits.add(wait)
        for steering in self._around:
            steering._waits.add(wait)
        try:
            # Only now: a message that came in between has found no wait to cut.
            if self.wants(by):
                raise Interrupted
            return await fn(*args)
        except asyncio.CancelledError:
            if wait.ours():
                raise Interrupted from None
            raise
        finally:
            wait.over()
            self._waits.discard(wait)
            for steering in self._around:
                steering._waits.discard(wait)


_FOR_ALL: tuple[Steer, ...] = ("say", "pause", "unpause")
"""What each of several runs side by side is to hear, and not only the first that comes to a boundary."""


def _cut_soon(waits: Sequence[_Wait]) -> None:
    """Cancel the tasks that still wait when their loop gets to it. From any thread.

    Those of one loop in one go: else the first may have met the message before the second is
    looked at, which would then go on waiting.
    """
    loops: dict[asyncio.AbstractEventLoop, list[_Wait]] = {}
    for wait in waits:
        loops.setdefault(wait.loop, []).append(wait)
    for loop, found in loops.items():
        try:
            loop.call_soon_threadsafe(_cut, found)
        except RuntimeError:
            pass  # the loop is closed, and nothing waits there


def _cut(waits: Sequence[_Wait]) -> None:
    for wait in waits:
        wait.cut()


class _Wait:
    """A task that waits for something which may be cut short.

    The task itself is cancelled, not one made for the purpose, which would cost every model
    call its making; so our own cancellations are told from those of others, and taken back.
    """

    __slots__ = ("_before", "_by", "_cut", "_over", "_steering", "_task")

    def __init__(self, steering: Steering, by: Sequence[Steer]) -> None:
        task = asyncio.current_task()
        assert task is not None  # a coroutine that awaits runs in a task
        self._task, self._steering, self._by = task, steering, by
        self._cut = self._over = False
        self._before = task.cancelling()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop it waits on."""
        return self._task.get_loop()

    def cut(self) -> None:
        """Cancel the task, if it still waits and a message is there that cuts it."""
        if not self._over and not self._cut and self._steering.wants(self._by):
            self._cut = True
            self._task.cancel()

    def ours(self) -> bool:
        """Return whether a cancellation was ours alone, and take ours back."""
        if not self._cut:
            return False
        self._cut = False
        return self._task.uncancel() <= self._before

    def over(self) -> None:
        """Wait no more. A cancellation that was swallowed on the way is taken back here."""
        self._over = True
        if self._cut:
            self._cut = False
            self._task.uncancel()
