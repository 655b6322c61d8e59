"""Where a program prints and asks: the classic's replaceable input and output."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Protocol, TypeGuard, runtime_checkable

from ._reader import LineReader
from ._screen import screen
from ._sync import in_thread, join_thread
from .events import Event, PrintEvent


@runtime_checkable
class OutputStream(Protocol):
    """Something that events and lines are written to."""

    def print(self, *objects: Any, sep: str = " ", end: str = "\n", flush: bool = False) -> None:
        """Write objects as `print` does."""
        ...

    def send(self, event: Event, /) -> None:
        """Take an event."""
        ...


@runtime_checkable
class InputStream(Protocol):
    """Something that a person answers through; `input` may also be async."""

    def input(self, prompt: str = "", *, password: bool = False) -> str | Awaitable[str]:
        """Ask and return the answer."""
        ...


@runtime_checkable
class IOStreamProtocol(InputStream, OutputStream, Protocol):
    """What may be set as the current stream; subclassing `IOStream` is not needed."""


class IOStream:
    """The current input and output.

    Override any of `print`, `send` and `input` (`input` also as ``async def``); what is not
    overridden goes to the console, and events reach an overridden `print` as text.
    """

    _current: ClassVar[ContextVar[IOStreamProtocol | None]] = ContextVar("convagent_iostream", default=None)
    _global: ClassVar[IOStreamProtocol | None] = None

    def print(self, *objects: Any, sep: str = " ", end: str = "\n", flush: bool = False) -> None:
        """Write objects as `print` does; an overridden `send` gets them as a `PrintEvent`."""
        event = PrintEvent(objects=objects, sep=sep, end=end)
        # Where both are overridden this is a `super()` call: another round would not end.
        if overrides(self, "send") and not overrides(self, "print"):
            self.send(event)
        else:
            event.print()

    def send(self, event: Event, /) -> None:
        """Write an event as the transcript does, through an overridden `print` if there is one."""
        event.print(self.print if overrides(self, "print") else None)

    def input(self, prompt: str = "", *, password: bool = False) -> Any:
        """Ask at the console and return the answer as text.

        Raises:
            EOFError: Ctrl-D, the end of a pipe, no standard input.
        """
        return LineReader().read(prompt, password=password)

    @staticmethod
    def get_default() -> IOStreamProtocol:
        """Return the stream set for this thread or task, else the global one."""
        return IOStream._current.get() or IOStream._global or IOStream.get_global_default()

    @staticmethod
    @contextmanager
    def set_default(stream: IOStreamProtocol | None) -> Generator[None]:
        """Set the stream for this thread or task until the block ends; None: the global one."""
        token = IOStream._current.set(stream)
        try:
            yield
        finally:
            IOStream._current.reset(token)

    @staticmethod
    def get_global_default() -> IOStreamProtocol:
        """Return the stream of the process; at first the console."""
        if IOStream._global is None:
            IOStream._global = IOConsole()
        return IOStream._global

    @staticmethod
    def set_global_default(stream: IOStreamProtocol) -> None:
        """Set the stream of the process."""
        IOStream._global = stream


class IOConsole(IOStream):
    """The console: the standard output of the moment, and a person at the standard input."""

    def __init__(self) -> None:
        self._reader = LineReader()

    def input(self, prompt: str = "", *, password: bool = False) -> Any:
        """Ask at the console and return the answer as text; earlier answers are at the arrow keys."""
        reader: LineReader | None = getattr(self, "_reader", None)  # a subclass may not call this __init__
        return (reader or LineReader()).read(prompt, password=password)


def overrides(stream: object, name: str) -> bool:
    """Say whether a stream brings its own `print`, `send` or `input`."""
    method = getattr(getattr(stream, name), "__func__", None)
    return method not in (getattr(IOStream, name), getattr(IOConsole, name))


def is_console(stream: object) -> TypeGuard[IOStream]:
    """Say whether a stream writes to the console, with nothing of its own."""
    return isinstance(stream, IOStream) and not overrides(stream, "print") and not overrides(stream, "send")


def ask(stream: InputStream, prompt: str, password: bool = False) -> str:
    """Ask through a stream and wait, whether its `input` is plain or async."""
    answer = _input(stream, prompt, password)
    if not inspect.isawaitable(answer):
        return _as_text(stream, answer)

    async def settle() -> Any:
        return await answer

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _as_text(stream, asyncio.run(settle()))
    return _as_text(stream, join_thread(asyncio.run, settle()))


async def a_ask(stream: InputStream, prompt: str, password: bool = False) -> str:
    """Ask through a stream; a plain `input` blocks a thread and not the loop."""
    if inspect.iscoroutinefunction(stream.input):
        answer = _input(stream, prompt, password)
    else:
        answer = await in_thread(_input, stream, prompt, password)
    return _as_text(stream, await answer if inspect.isawaitable(answer) else answer)


def _input(stream: InputStream, prompt: str, password: bool) -> object:
    # An override without `password` is common; only a hidden question needs the word.
    screen.erase()
    return stream.input(prompt, password=True) if password else stream.input(prompt)


def _as_text(stream: object, answer: object) -> str:
    if isinstance(answer, str):
        return answer
    from .errors import HumanInputError

    raise HumanInputError(
        f"{type(stream).__name__}.input() returned {type(answer).__name__}; "
        "expected the answer as str (return '' for no answer, raise EOFError at the end of input)"
    )
