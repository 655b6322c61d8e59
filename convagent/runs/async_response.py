"""A run in the caller's own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Sequence
from contextvars import copy_context
from threading import get_ident
from typing import Any, Generic, TypeVar, cast

from .._sync import QUIET, Boxed, LoopHost, boxing, current_host, hold_on
from .._tracebacks import short_traceback
from ..agent import Agent
from ..conversation.result import ChatResult
from ..errors import RunCancelled
from ..events import Event, RunLeftEvent
from ..human import Seat
from .console import whoever_sits_here
from .cost import Cost
from .steered import EventProcessor, Start, Steered, takes_runs

T = TypeVar("T")


class AsyncRunResponse(Steered):
    """A run in the caller's own event loop; its plain functions run in worker threads."""

    def __init__(
        self, start: Start[ChatResult], agents: Sequence[Agent] = (), yield_on: Sequence[type[Event]] | None = None
    ) -> None:
        super().__init__(agents, yield_on)
        self._host = _QueueHost()
        context = copy_context()
        context.run(current_host.set, self._host)
        self._coro = start(self._steering.attach)
        loop = asyncio.get_running_loop()
        self._task = hold_on(loop.create_task(boxing(self._coro), context=context))
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[ChatResult]) -> None:
        self._coro.close()  # cancelled before its first step it would complain that nobody awaited it
        self._host.put(None)

    @property
    def events(self) -> AsyncIterator[Event]:
        """The events, as they happen. A second loop goes on where the first one stopped.

        Raises:
            Exception: what made the run fail, after its last event, an `ErrorEvent`.
        """
        return _AsyncEvents(self._next)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self.events

    async def _next(self) -> Event | None:
        """Return the next event of the kinds wanted; None at the end, where the run's error is raised, once."""
        while (event := await self._take()) is not None:
            if isinstance(event, self._kinds):
                return event
        return None

    async def _take(self) -> Event | None:
        queue = self._host.queue
        while not (self._task.done() and queue.empty()):
            event = await queue.get()
            if event is not None:
                self._see(event)
                return event
        queue.put_nowait(None)  # for another task that consumes the same run
        if not self._over:
            self._over = True
            self._outcome()
        return None

    def _outcome(self) -> ChatResult:
        if self._task.cancelled():
            raise RunCancelled("the run was cancelled")
        try:
            return self._task.result()
        except Boxed as box:
            raise box.inner from None

    async def process(self, processor: EventProcessor | None = None) -> None:
        """Consume all events: print them and ask at the terminal, or hand them to a processor.

        Ctrl-C at a question of the terminal interrupts the run and asks how to go on; a second
        one cancels it. Elsewhere Ctrl-C belongs to whoever runs the loop.
        """
        with short_traceback:
            await self._process(processor)

    async def _process(self, processor: EventProcessor | None) -> None:
        if processor is not None and takes_runs(processor):
            await cast(Any, processor).process(self)
            return
        if processor is None:
            await self._at_console()
            return
        event: Event | None = None
        try:
            while (event := await self._take()) is not None:
                try:
                    handled = processor.process_event(event)
                    if handled is not None:
                        await handled
                except KeyboardInterrupt:
                    self._ctrl_c(event)
        except BaseException:
            self.cancel()
            raise

    async def _at_console(self) -> None:
        from ..observers.console import AsyncConsoleEventProcessor
        from ..observers.desk import Desk

        console, desk, host = AsyncConsoleEventProcessor(), Desk(), self._host
        host.seat = whoever_sits_here()
        try:
            while True:
                deciding = bool(desk.open) and await host.is_quiet()
                event = None if deciding else await self._take()
                if event is None and not deciding:
                    return
                # What the run itself raises comes out of `_take`; here Ctrl-C is one of the terminal.
                try:
                    if event is None:
                        await console.decide(desk, host.when_filled)
                    elif not console.collect(event, desk):
                        await console.process_event(event)
                except KeyboardInterrupt:
                    self._ctrl_c(event)
        except BaseException:
            self.cancel()
            await self._see_it_left(console.show)
            raise
        finally:
            console.close()

    async def _see_it_left(self, show: Callable[[Event], None]) -> None:
        """Wait until a run that is kept in a journal is let go of, and show what is said of that."""
        runtime = self._steering.runtime
        if runtime is None or not runtime.keeps:
            return
        await asyncio.wait((self._task,))
        queue = self._host.queue
        while not queue.empty():
            if isinstance(event := queue.get_nowait(), RunLeftEvent):
                show(event)

    def cancel(self) -> None:
        """Cancel the run at once: whoever consumes it gets `RunCancelled`. From any thread.

        What was said so far stays in the agents' histories.
        """
        try:
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)
        except RuntimeError:
            pass  # the loop is closed, and the run with it

    async def wait(self) -> ChatResult:
        """Consume what is left of the events, printing it, and return the result."""
        with short_traceback:
            if not self._over:
                await self.process()
            return self._outcome()

    @property
    def result(self) -> Awaitable[ChatResult]:
        """The result; `await response.result` consumes what is left of the events."""
        return _Later(self.wait)

    @property
    def messages(self) -> Any:
        """The history, once the run has ended. Await it."""
        return _Value(lambda: list(self._completion.history) if self._completion else [])

    @property
    def summary(self) -> Any:
        """The summary, once the run has ended. Await it."""
        return _Value(lambda: self._completion.summary if self._completion else None)

    @property
    def cost(self) -> Any:
        """Usage by model, once the run has ended. Await it."""
        return _Value(lambda: Cost(self._completion.cost) if self._completion else None)

    @property
    def last_speaker(self) -> Any:
        """The name of the agent that spoke last, once the run has ended. Await it."""
        return _Value(lambda: self._completion.last_speaker if self._completion else None)

    @property
    def context_variables(self) -> Any:
        """The context variables, once the run has ended. Await it."""
        return _Value(lambda: self._completion.context_variables if self._completion else None)


class _Value(Generic[T]):
    """A value that may be awaited, as the classic's async responses want, or read by `get()`."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read

    def __await__(self) -> Generator[Any, None, T]:
        return self._read()
        yield

    def get(self) -> T:
        """Return the value as it is now."""
        return self._read()


class _Later(Generic[T]):
    """A coroutine that is made when it is awaited, so that looking at it and going away is no fault."""

    def __init__(self, make: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._make = make

    def __await__(self) -> Generator[Any, None, T]:
        return self._make().__await__()


class _AsyncEvents:
    """Iterates over what a function returns, until it returns None."""

    def __init__(self, get: Callable[[], Coroutine[Any, Any, Event | None]]) -> None:
        self._get = get

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        with short_traceback:
            event = await self._get()
        if event is None:
            raise StopAsyncIteration
        return event


class _QueueHost(LoopHost):
    """Keeps events for one consumer in its loop."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self.seat: Seat | None = None
        """Who is asked where the events are consumed; None: whoever that is."""
        self._filled: Callable[[], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._thread = get_ident()
        super().__init__(self.put)

    def put(self, event: Event | None) -> None:
        """Put an event, also from a chat that a plain function holds in a loop of its own."""
        if get_ident() == self._thread:
            self._put(event)
        else:
            self._loop.call_soon_threadsafe(self._put, event)

    def _put(self, event: Event | None) -> None:
        self.queue.put_nowait(event)
        if self._filled is not None:
            self._filled()

    async def is_quiet(self) -> bool:
        """Wait for a moment; return whether nothing has come."""
        await asyncio.sleep(QUIET if self.queue.empty() else 0)
        return self.queue.empty()

    def when_filled(self, call: Callable[[], None]) -> None:
        """Call a function once something has come: at once if it is there already."""
        self._filled = call
        if not self.queue.empty():
            call()
