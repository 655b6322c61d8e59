"""Process the events of a run at the console: show them, and ask the person who sits there."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from typing import Any, Protocol

from .._reader import LineReader, Withdrawn, os_user
from ..events import Event, InputRequestEvent
from ..iostream import IOStream, IOStreamProtocol, a_ask, ask, is_console, overrides
from .printer import Printer


class HasEvents(Protocol):
    """A response of `run`."""

    @property
    def events(self) -> Iterable[Any]:
        """What happens, as it happens."""
        ...


class HasAsyncEvents(Protocol):
    """A response of `a_run`."""

    @property
    def events(self) -> AsyncIterable[Any]:
        """What happens, as it happens."""
        ...


class _Console:
    """What both processors share: the printer, the reader, and which stream is current."""

    def __init__(self, printer: Printer | None = None) -> None:
        self._printer = printer or Printer()
        self._reader = LineReader()
        self._redirected: tuple[IOStreamProtocol, Printer] | None = None
        self._known: IOStreamProtocol | None = None
        self._known_printer: Printer | None = None

    def show(self, event: Event) -> None:
        """Show one event through the current `IOStream`; ask nobody."""
        self._show(event, IOStream.get_default())

    def _show(self, event: Event, stream: IOStreamProtocol) -> None:
        if stream is not self._known:  # what a stream overrides is asked when it becomes the current one
            self._known, self._known_printer = stream, self._printer_for(stream)
        printer = self._known_printer
        if printer is not None:
            printer(event)
        elif not isinstance(event, InputRequestEvent):
            stream.send(event)

    def _printer_for(self, stream: IOStreamProtocol) -> Printer | None:
        """Return what shows events on a stream; None: the stream takes them itself."""
        if is_console(stream):
            return self._printer
        if not isinstance(stream, IOStream) or overrides(stream, "send"):
            return None
        if self._redirected is None or self._redirected[0] is not stream:
            self._redirected = (stream, Printer(stream.print))
        return self._redirected[1]

    def close(self) -> None:
        """Leave the terminal tidy after the last event; `process` does it by itself."""
        self._printer.close()
        if self._redirected is not None:
            self._redirected[1].close()


class ConsoleEventProcessor(_Console):
    """Shows events through the current `IOStream` and asks there; by default at the console.

    One instance keeps one `Printer` and the answers for the arrow keys; use it for many runs.
    """

    def process(self, response: HasEvents) -> None:
        """Process every event of a run, to its end; raises what the run raises."""
        try:
            for event in response.events:
                self.process_event(event)
        finally:
            self.close()

    def process_event(self, event: Event) -> None:
        """Show one event; if it asks, wait for the answer and hand it in. Ctrl-C is raised."""
        stream = IOStream.get_default()
        self._show(event, stream)
        if not isinstance(event, InputRequestEvent) or event.answered:
            return
        asked = event.request
        try:
            if not _at_console(stream):
                event.respond(ask(stream, asked.prompt, asked.password), channel="iostream")
                return
            text = self._reader.read(
                asked.prompt, password=asked.password, choices=asked.choices, watch=event.when_answered
            )
        except Withdrawn:
            pass
        except EOFError:
            event.end_input()
        else:
            _hand_in(event, text)


class AsyncConsoleEventProcessor(_Console):
    """The same for `a_run`: the event loop goes on while a person thinks."""

    async def process(self, response: HasAsyncEvents) -> None:
        """Process every event of a run, to its end; raises what the run raises."""
        try:
            async for event in response.events:
                await self.process_event(event)
        finally:
            self.close()

    async def process_event(self, event: Event) -> None:
        """Show one event; if it asks, wait for the answer and hand it in. Ctrl-C is raised."""
        stream = IOStream.get_default()
        self._show(event, stream)
        if not isinstance(event, InputRequestEvent) or event.answered:
            return
        asked = event.request
        try:
            if not _at_console(stream):
                event.respond(await a_ask(stream, asked.prompt, asked.password), channel="iostream")
                return
            text = await self._reader.a_read(
                asked.prompt, password=asked.password, choices=asked.choices, watch=event.when_answered
            )
        except Withdrawn:
            pass
        except EOFError:
            event.end_input()
        else:
            _hand_in(event, text)


def _hand_in(event: InputRequestEvent, text: str) -> None:
    if event.answered:
        IOStream.get_default().print("[too late: that question needs no answer any more]")
    else:
        event.respond(text, by=os_user(), channel="terminal")


def _at_console(stream: IOStreamProtocol) -> bool:
    return isinstance(stream, IOStream) and not overrides(stream, "input")
