"""A run in the hands of its caller: its events, its values, and the ways to steer it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, cast

from .._sync import Mailbox, Started, current_job, refuse_on_loop, unbox
from .._tracebacks import short_traceback
from ..agent import Agent
from ..conversation.result import ChatResult
from ..events import Event, RunLeftEvent
from ..messages import Message
from .async_response import AsyncRunResponse
from .console import whoever_sits_here
from .cost import Cost
from .local import LocalRuntime
from .steered import EventProcessor, OnStart, Start, Steered, takes_runs

T = TypeVar("T")


class RunResponse(Steered):
    """A run on the portal's loop. Its events are consumed here, once; values appear as they are.

    By `process()`, its plain functions (overrides, classic tools) run in the thread that calls it.
    A loop over the events cannot run a function that asks and handle the question at once, so
    there they run in one other thread.
    """

    def __init__(
        self,
        start: Start[Any],
        agents: Sequence[Agent] = (),
        yield_on: Sequence[type[Event]] | None = None,
        name: str = "run",
        at_console: bool = False,
    ) -> None:
        super().__init__(agents, yield_on, remembers=not at_console)
        self._mailbox = Mailbox()
        if at_console:  # known before the run says whom it can reach
            self._mailbox.seat = whoever_sits_here()
        coro = start(self._steering.attach)
        refuse_on_loop(coro, name)
        self._done: Started[Any] = self._mailbox.start(coro)
        weakref.finalize(self, self._mailbox.leave, self._done).atexit = False

    # ------------------------------------------------------------ consuming

    @property
    def events(self) -> Iterator[Event]:
        """The events, as they happen. A second loop goes on where the first one stopped.

        Raises:
            Exception: what made the run fail, after its last event, an `ErrorEvent`.
        """
        return iter(self._next, None)

    def __iter__(self) -> Iterator[Event]:
        return self.events

    def _next(self) -> Event | None:
        """Return the next event of the kinds wanted; None at the end, where the run's error is raised, once."""
        with short_traceback:
            while (event := self._take()) is not None:
                self._see(event)
                if isinstance(event, self._kinds):
                    return event
            if not self._over:
                self._over = True
                unbox(self._done)
            return None

    def _take(self) -> Event | None:
        try:
            return self._mailbox.take(self._done)
        except KeyboardInterrupt:
            self.cancel()
            raise

    def process(self, processor: EventProcessor | None = None) -> None:
        """Consume all events: print them and ask the person at the terminal, or hand them to a processor.

        The first Ctrl-C at a terminal interrupts the run and asks how to go on; the second cancels it.

        Raises:
            KeyboardInterrupt: the run was cancelled by Ctrl-C.
            Exception: what made the run fail, or what the processor raised, which cancels the run.
        """
        with short_traceback:
            self._process(processor)

    def _process(self, processor: EventProcessor | None) -> None:
        if processor is not None and takes_runs(processor):
            cast(Any, processor).process(self)
            return
        if self._over:
            return
        from ..observers.console import ConsoleEventProcessor

        mailbox = self._mailbox
        console = None
        if processor is None:
            mailbox.seat = mailbox.seat or whoever_sits_here()
            console = ConsoleEventProcessor()
            console.take_from(mailbox)
        handle = (processor or cast(EventProcessor, console)).process_event
        see = self._see

        def on_event(event: Event) -> None:
            see(event)
            handle(event)

        def on_ctrl_c(event: Event | None) -> None:
            self._ctrl_c(event)
            if console is not None:
                console.interrupted()

        mailbox.on_event, mailbox.on_ctrl_c = on_event, on_ctrl_c
        try:
            mailbox.pump(self._done)
        except BaseException:
            self.cancel()
            self._see_it_left(on_event)
            raise
        finally:
            self._over = True
            mailbox.on_event = mailbox.on_ctrl_c = mailbox.on_quiet = None
            if console is not None:
                console.close()

    def _see_it_left(self, on_event: Callable[[Event], None]) -> None:
        """Wait until a run that is kept in a journal is let go of, and hand out what is said of that."""
        runtime = self._steering.runtime
        if runtime is None or not runtime.keeps:
            return
        while (event := self._mailbox.take(self._done)) is not None:
            if isinstance(event, RunLeftEvent):
                on_event(event)

    def cancel(self) -> None:
        """Cancel the run at once: whoever consumes it gets `RunCancelled`. From any thread.

        What was said so far stays in the agents' histories. A run that is kept in a journal is let go of as it
        stands, and can be gone on with.
        """
        self._done.cancel()

    # ------------------------------------------------------------ values

    @property
    def result(self) -> ChatResult:
        """The result. Consumes what is left of the events, printing it.

        Raises:
            Exception: what made the run fail.
        """
        with short_traceback:
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
    def cost(self) -> Cost | None:
        """Usage by model, once the run has ended."""
        return Cost(self._completion.cost) if self._completion else None

    @property
    def last_speaker(self) -> str | None:
        """The name of the agent that spoke last, once the run has ended."""
        return self._completion.last_speaker if self._completion else None

    @property
    def context_variables(self) -> Any:
        """The context variables, once the run has ended."""
        return self._completion.context_variables if self._completion else None


def drive(start: Start[T], name: str = "initiate_chat") -> T:
    """Run a conversation, or a queue of them, to its end from synchronous code; return the result."""
    job = current_job()
    if job is not None:
        return job.hop(start(_ignore))
    return cast(T, RunResponse(start, name=name, at_console=True).result)


def _ignore(runtime: LocalRuntime) -> None:
    return None


__all__ = ["AsyncRunResponse", "EventProcessor", "OnStart", "RunResponse", "Start", "drive"]
