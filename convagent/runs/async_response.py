"""A run in the caller's own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Sequence
from contextvars import copy_context
from threading import get_ident
from typing import Any, Generic, TypeVar, cast

from .._sync import Boxed, LoopHost, boxing, current_host, hold_on
from ..agent import Agent
from ..conversation.result import ChatResult
from ..errors import RunCancelled
from ..events import Event, InputRequestEvent
from .steered import EventProcessor, Start, Steered, takes_runs

T = TypeVar("T")


class AsyncRunResponse(Steered):
    """A run in the caller's own event loop; its plain functions run in worker threads."""

    def __init__(
        self, start: Start, agents: Sequence[Agent] = (), yield_on: Sequence[type[Event]] | None = None
    ) -> None:
        super().__init__(agents)
        self._host = _QueueHost()
        self._kinds = (*yield_on, InputRequestEvent) if yield_on else (Event,)
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
        queue = self._host.queue
        while True:
            event = None if self._task.done() and queue.empty() else await queue.get()
            if event is None:
                if not queue.empty():
                    continue
                queue.put_nowait(None)  # for another task that consumes the same run
                if self._over:
                    return None
                self._over = True
                self._outcome()
                return None
            self._see(event)
            if isinstance(event, self._kinds):
                return event

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
        if processor is not None and takes_runs(processor):
            await cast(Any, processor).process(self)
            return
        from ..observers.console import AsyncConsoleEventProcessor

        console = AsyncConsoleEventProcessor() if processor is None else None
        handle = (processor or cast(EventProcessor, console)).process_event
        event: Event | None = None
        try:
            while (event := await self._next()) is not None:
                try:
                    handled = handle(event)
                    if handled is not None:
                        await handled
                except KeyboardInterrupt:
                    self._ctrl_c(event)
        except BaseException:
            self.cancel()
            raise
        finally:
            if console is not None:
                console.close()

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
        return _Value(lambda: self._completion.cost if self._completion else None)

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
        event = await self._get()
        if event is None:
            raise StopAsyncIteration
        return event


class _QueueHost(LoopHost):
    """Keeps events for one consumer in its loop."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._thread = get_ident()
        super().__init__(self.put)

    def put(self, event: Event | None) -> None:
        """Put an event, also from a chat that a plain function holds in a loop of its own."""
        if get_ident() == self._thread:
            self.queue.put_nowait(event)
        else:
            self._loop.call_soon_threadsafe(self.queue.put_nowait, event)
