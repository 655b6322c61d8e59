"""A run in the hands of its caller: its events, its values, and the ways to steer it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from .._sync import Mailbox, Started, current_job, refuse_on_loop, unbox
from ..agent import Agent
from ..conversation.result import ChatResult
from ..events import Event, InputRequestEvent
from ..messages import Message
from .async_response import AsyncRunResponse
from .local import LocalRuntime
from .steered import EventProcessor, OnStart, Start, Steered, takes_runs


class RunResponse(Steered):
    """A run on the portal's loop. Its events are consumed here, once; values appear as they are.

    By `process()`, its plain functions (overrides, classic tools) run in the thread that calls it.
    A loop over the events cannot run a function that asks and handle the question at once, so
    there they run in one other thread.
    """

    def __init__(self, start: Start, agents: Sequence[Agent] = (), name: str = "run") -> None:
        super().__init__(agents)
        self._mailbox = Mailbox()
        coro = start(self._steering.attach)
        refuse_on_loop(coro, name)
        self._done: Started[ChatResult] = self._mailbox.start(coro)
        weakref.finalize(self, self._mailbox.leave, self._done).atexit = False

    # ------------------------------------------------------------ consuming

    @property
    def events(self) -> Iterator[Event]:
        """The events, as they happen. A second loop goes on where the first one stopped.

        Raises:
            Exception: what made the run fail, after its last event, an `ErrorEvent`.
        """
        return _Events(self._next)

    def __iter__(self) -> Iterator[Event]:
        return self.events

    def _next(self) -> Event | None:
        """Return the next event; None at the end, where the run's error is raised, once."""
        try:
            event = self._mailbox.take(self._done)
        except KeyboardInterrupt:
            self.cancel()
            raise
        if event is not None:
            self._see(event)
        elif not self._over:
            self._over = True
            unbox(self._done)
        return event

    def process(self, processor: EventProcessor | None = None) -> None:
        """Consume all events: print them and ask the person at the terminal, or hand them to a processor.

        The first Ctrl-C at a terminal interrupts the run and asks how to go on; the second cancels it.

        Raises:
            KeyboardInterrupt: the run was cancelled by Ctrl-C.
            Exception: what made the run fail, or what the processor raised, which cancels the run.
        """
        if processor is not None and takes_runs(processor):
            cast(Any, processor).process(self)
            return
        if self._over:
            return
        from ..observers.console import ConsoleEventProcessor

        console = ConsoleEventProcessor() if processor is None else None
        handle = (processor or cast(EventProcessor, console)).process_event
        see = self._see

        def on_event(event: Event) -> None:
            see(event)
            handle(event)

        mailbox = self._mailbox
        mailbox.on_event, mailbox.on_ctrl_c = on_event, self._ctrl_c
        try:
            mailbox.pump(self._done)
        except BaseException:
            self.cancel()
            raise
        finally:
            self._over = True
            mailbox.on_event = mailbox.on_ctrl_c = None
            if console is not None:
                console.close()

    def cancel(self) -> None:
        """Cancel the run at once: whoever consumes it gets `RunCancelled`. From any thread.

        What was said so far stays in the agents' histories.
        """
        self._done.cancel()

    # ------------------------------------------------------------ values

    @property
    def result(self) -> ChatResult:
        """The result. Consumes what is left of the events, printing it.

        Raises:
            Exception: what made the run fail.
        """
        self.process()
        return unbox(self._done)

    @property
    def messages(self) -> list[Message]:
        """The history, once the run has ended; what the first agent remembers of it before."""
        return list(self._completion.history) if self._completion else []

    @property
    def summary(self) -> str | None:
        """The summary, once the run has ended."""
        return self._completion.summary if self._completion else None

    @property
    def cost(self) -> Any:
        """Usage by model, once the run has ended."""
        return self._completion.cost if self._completion else None

    @property
    def last_speaker(self) -> str | None:
        """The name of the agent that spoke last, once the run has ended."""
        return self._completion.last_speaker if self._completion else None

    @property
    def context_variables(self) -> Any:
        """The context variables, once the run has ended."""
        return self._completion.context_variables if self._completion else None


class FilteredRun(RunResponse):
    """A run whose iteration yields only some kinds of events, and every question to a person."""

    def __init__(self, start: Start, agents: Sequence[Agent], yield_on: Sequence[type[Event]] | None) -> None:
        super().__init__(start, agents)
        self._kinds = (*yield_on, InputRequestEvent) if yield_on else (Event,)

    def __iter__(self) -> Iterator[Event]:
        return (event for event in self.events if isinstance(event, self._kinds))


class _Events:
    """Iterates over what a function returns, until it returns None."""

    def __init__(self, get: Callable[[], Event | None]) -> None:
        self._get = get

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        event = self._get()
        if event is None:
            raise StopIteration
        return event


def drive(start: Start, name: str = "initiate_chat") -> ChatResult:
    """Run a conversation to its end from synchronous code: start, process, return the result."""
    job = current_job()
    if job is not None:
        return job.hop(start(_ignore))
    return RunResponse(start, name=name).result


def _ignore(runtime: LocalRuntime) -> None:
    return None


__all__ = ["AsyncRunResponse", "EventProcessor", "FilteredRun", "OnStart", "RunResponse", "Start", "drive"]
