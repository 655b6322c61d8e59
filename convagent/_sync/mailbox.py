"""How synchronous callers meet the async core: a mailbox a caller, emptied by the thread that waits.

A synchronous chat runs on the portal's loop; the calling thread meanwhile empties a
`Mailbox`, in which the loop puts events and the user's plain functions. So plain functions,
prompts and printing happen in the caller's own thread (a `sqlite3` connection or a GUI keeps
working, Ctrl-C reaches them), and the core stays async once.

`call_sync` is the way in, `Host.call` the way out; the two can nest (a plain override that
calls `super()`), because whoever waits for a coroutine goes on emptying the mailbox.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import ContextVar, copy_context
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread, get_ident
from types import FunctionType
from typing import Any, Protocol, TypeVar

from ..errors import UsageError
from .ctrl_c import ctrl_c, ctrl_c_later
from .fork import end_child
from .job import Job, current_job, forget_in_child, in_worker
from .portal import Boxed, Started, portals, submit, unbox

T = TypeVar("T")
Event = Any
"""An event of `convagent.events`; this floor carries them without knowing them."""
OnEvent = Callable[[Event], None]
Watch = Callable[[Callable[[], None]], None]
"""Takes a function and calls it once, in any thread, when a standing question has to be looked at anew."""
OnQuiet = Callable[[Watch], None]
OnCtrlC = Callable[[Event | None], None]
"""Is told that Ctrl-C was pressed, while which event was handled if any; what it raises ends the waiting."""


class Host(Protocol):
    """Where a conversation's events go and its plain functions run."""

    def deliver(self, event: Event) -> None:
        """Hand an event to whoever consumes this conversation."""
        ...

    async def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a plain function where it belongs, and return its result."""
        ...


current_host: ContextVar[Host | None] = ContextVar("convagent_host", default=None)
"""The host of the conversation this code runs in; None: no conversation."""
forget_in_child(current_host)


# ---------------------------------------------------------------- the mailbox


class _Note:
    """Something in a mailbox that is neither an event nor a job."""


_WAKE, _CTRL_C = _Note(), _Note()
QUIET = 0.05
"""Seconds for which nothing must have come before `on_quiet` is called: what belongs together comes closer."""


class Mailbox:
    """A host whose events and plain functions are taken out by the thread that waits for the conversation."""

    def __init__(self, on_event: OnEvent | None = None, on_ctrl_c: OnCtrlC | None = None) -> None:
        self._items: SimpleQueue[Any] = SimpleQueue()
        self._process = os.getpid()
        self.on_event = on_event
        """What the pumping thread does with each event."""
        self.on_ctrl_c = on_ctrl_c
        """What it does at Ctrl-C; None: KeyboardInterrupt is raised."""
        self.on_quiet: OnQuiet | None = None
        """What it does when nothing more has come for a moment: asks what has gathered. It returns when
        the watch that it is given says that something has come; None: it waits for what comes."""
        self.seat: Any = None
        """Who is asked where this box is emptied, as a `Seat`; None: whoever that is."""
        self._filled: Callable[[], None] | None = None
        self._pumping = 0
        """The thread that pumps, by its ident."""
        self._waiting = False
        """Whether that thread waits here, and runs no code of the user."""
        self._lane: _Lane | None = None

    # ------------------------------------------------------------ the loop's side

    def deliver(self, event: Event) -> None:
        """Put an event. Its consumer handles it, in order."""
        if get_ident() == self._pumping:
            # A plain function runs a loop of its own in the very thread that empties the box.
            self._handle(event)
        else:
            self._put(event)

    async def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Put a plain function and wait until the consuming thread has run it."""
        if get_ident() == self._pumping:
            return await in_worker(fn, args, kwargs)
        job = Job(fn, args, kwargs)
        self._put(job)
        return await job.future

    def start(self, coro: Coroutine[Any, Any, T]) -> Started[T]:
        """Run a coroutine on the portal with this host. Then pump, or take."""
        context = copy_context()
        context.run(current_host.set, self)
        done: Started[T] | None = None
        try:
            with ctrl_c_later():  # half a loop would be noisy
                loop = portals.get().loop
            with ctrl_c_later():  # a conversation that nobody knows of would go on
                done = submit(loop, coro, context)
        except KeyboardInterrupt:
            if done is None:
                coro.close()
            else:
                done.cancel()
            raise
        done.add_done_callback(self._wake)
        return done

    def _wake(self, done: Future[Any] | None = None) -> None:
        self._put(_WAKE)

    def _put(self, item: Any) -> None:
        self._items.put(item)
        filled = self._filled
        if filled is not None:
            filled()

    # ------------------------------------------------------------ the consumer's side

    def pump(self, done: Future[T]) -> T:
        """Handle events and run plain functions in this thread until `done`, then return its result."""
        _refuse_on_portal("process()")
        before, self._pumping = self._pumping, get_ident()
        items = self._items
        try:
            with ctrl_c(self._note_ctrl_c):
                while not (done.done() and items.empty()):
                    self._next()
        finally:
            self._pumping = before
            items.put(_WAKE)  # for another thread that consumes the same run
        return unbox(done)

    def take(self, done: Future[Any]) -> Event | None:
        """Return the next event, for a caller that iterates; None at the end.

        Plain functions run in one other thread here, so that one that asks a person does not
        stand in the way of the iteration that has to deliver the question.
        """
        _refuse_on_portal("the events of a run")
        items = self._items
        while not (done.done() and items.empty()):
            item = self._get()
            if isinstance(item, Job):
                if self._lane is None:
                    self._lane = _Lane(done)
                self._lane.put(item)
            elif not isinstance(item, _Note):
                return item
        items.put(_WAKE)
        return None

    def leave(self, done: Future[Any]) -> None:
        """Let a conversation that nobody will consume any more go on: a question meets the end of input."""

        def consume() -> None:
            while (event := self.take(done)) is not None:
                if hasattr(event, "end_input"):
                    event.end_input(channel="nobody")

        if not done.done():
            Thread(target=consume, name="convagent-nobody", daemon=True).start()

    def _wait_for(self, started: Started[Any]) -> None:
        """Go on pumping for a plain function, run here, that waits for a coroutine."""
        started.add_done_callback(self._wake)
        try:
            while not started.done():
                self._next()
        finally:
            self._waiting = False
            self._wake()  # one that was meant for an outer wait may have been taken here

    def _next(self) -> None:
        """Wait for one item and deal with it."""
        self._waiting = True
        item = self._get() if self.on_quiet is None else self._get_soon(self.on_quiet)
        if isinstance(item, Job):
            try:
                self._waiting = False
                item.run(self._wait_for)
            finally:
                self._waiting = True
        elif item is _CTRL_C:
            self._ctrl_c(None)
        elif item is not _WAKE:
            self._handle(item)

    def _get(self) -> Any:
        if os.getpid() != self._process:  # who would put something in is not in a forked child
            end_child()
        return self._items.get()

    def _get_soon(self, on_quiet: OnQuiet) -> Any:
        try:
            return self._items.get(timeout=QUIET)
        except Empty:
            pass
        try:
            self._waiting = False
            on_quiet(self._when_filled)
        except KeyboardInterrupt:
            self._ctrl_c(None)
        finally:
            self._filled, self._waiting = None, True
        return _WAKE

    def _when_filled(self, call: Callable[[], None]) -> None:
        self._filled = call
        if not self._items.empty():
            call()

    def _handle(self, event: Event) -> None:
        handle, waited = self.on_event, self._waiting
        if handle is None:
            return
        try:
            self._waiting = False
            handle(event)
        except KeyboardInterrupt:
            self._ctrl_c(event)
        finally:
            self._waiting = waited

    def _ctrl_c(self, event: Event | None) -> None:
        if self.on_ctrl_c is None:
            raise KeyboardInterrupt from None
        self.on_ctrl_c(event)

    def _note_ctrl_c(self) -> bool:
        if self._waiting:
            self._items.put(_CTRL_C)
        return self._waiting


class _Lane:
    """The one thread that runs the plain functions of a run that is iterated over."""

    def __init__(self, done: Future[Any]) -> None:
        self._jobs: SimpleQueue[Job | _Note] = SimpleQueue()
        Thread(target=self._wait_for, args=(done,), name="convagent-run", daemon=True).start()

    def put(self, job: Job) -> None:
        """Run a plain function, after those before it."""
        self._jobs.put(job)

    def _wait_for(self, done: Future[Any]) -> None:
        jobs = self._jobs
        done.add_done_callback(lambda _: jobs.put(_WAKE))
        while not done.done():
            item = jobs.get()
            if isinstance(item, Job):
                item.run(self._wait_for)
        jobs.put(_WAKE)  # one that was meant for an outer wait may have been taken here


class LoopHost:
    """A host in the caller's own event loop: plain functions run in worker threads."""

    def __init__(self, on_event: OnEvent | None = None) -> None:
        self.on_event = on_event

    def deliver(self, event: Event) -> None:
        """Handle an event at once."""
        if self.on_event is not None:
            self.on_event(event)

    async def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a plain function in a worker thread."""
        return await in_worker(fn, args, kwargs)


# ---------------------------------------------------------------- the crossings


def call_sync(coro: Coroutine[Any, Any, T], on_event: OnEvent | None = None, name: str = "", seat: Any = None) -> T:
    """Run a coroutine to its end from synchronous code, and return its result.

    Inside a plain function of a conversation it hops back to that conversation's loop; else it
    starts on the portal and this thread handles the events.

    Raises:
        UsageError: called on the thread of the loop that would have to run it.
    """
    job = current_job()
    if job is not None:
        return job.hop(coro)
    refuse_on_loop(coro, name or coro.__name__.strip("_").removeprefix("a_"))
    mailbox = Mailbox(on_event)
    mailbox.seat = seat
    done = mailbox.start(coro)
    try:
        return mailbox.pump(done)
    except BaseException:
        done.cancel()
        raise


def refuse_on_loop(coro: Coroutine[Any, Any, Any], name: str) -> None:
    """Raise where waiting would stop the very loop that is waited for."""
    if not portals.is_portal_thread() and (current_host.get() is None or not _in_loop()):
        return
    coro.close()
    raise UsageError(
        f"{name}() was called inside an async function of a running conversation, where it would wait "
        f"for itself; write `await ...a_{name}(...)` there, or make that function a plain `def`"
    )


def _refuse_on_portal(what: str) -> None:
    if portals.is_portal_thread():
        raise UsageError(
            f"{what} was used inside an async function of a running conversation, where it would wait for itself; "
            "start that run by `await ...a_run(...)` there, or make that function a plain `def`"
        )


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def call_user(host: Host | None, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call a function of the user: await it if it is async, else run it where plain functions belong.

    A KeyboardInterrupt or SystemExit comes boxed.
    """
    try:
        if is_async(fn):
            return await fn(*args, **kwargs)
        result = await (host.call(fn, args, kwargs) if host is not None else in_worker(fn, args, kwargs))
        return await result if inspect.isawaitable(result) else result
    except (KeyboardInterrupt, SystemExit) as stop:
        raise Boxed(stop) from None
    except asyncio.CancelledError as cancelled:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # Something inside was cancelled, and not this conversation: a failure like any other.
        name = getattr(fn, "__name__", repr(fn))
        raise RuntimeError(f"{name} was cancelled from inside, though nobody cancelled the run") from cancelled


def is_async(fn: Callable[..., Any]) -> bool:
    """Whether calling this returns a coroutine: an async def, a partial of one, or an object with one."""
    fn = inspect.unwrap(fn) if hasattr(fn, "__wrapped__") else fn
    if isinstance(fn, FunctionType) and fn.__code__.co_flags & inspect.CO_COROUTINE:
        return True  # what `inspect` finds, too, a microsecond later: every call of a tool asks
    while isinstance(fn, partial):  # by its type: a mock has every attribute that is asked for
        fn = fn.func
    if inspect.iscoroutinefunction(fn):
        return True
    return not inspect.isroutine(fn) and inspect.iscoroutinefunction(getattr(fn, "__call__", None))  # noqa: B004
