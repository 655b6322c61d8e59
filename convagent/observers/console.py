"""Process the events of a run at the console: show them, and ask the person who sits there."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable
from typing import Any, Protocol, TypeGuard

from .._editor import Withdrawn
from .._reader import LineReader
from .._screen import visible
from .._sync import OnQuiet, Watch
from ..events import Event, InputRequestEvent
from ..human import ANYBODY, Seat
from ..iostream import IOStream, IOStreamProtocol, a_ask, ask, is_console, overrides
from ..transcript.decisions import command_to_answer
from .desk import Desk, Shown, counting_down, reply_of
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


class Box(Protocol):
    """Where the events of a run gather before they are processed."""

    on_quiet: OnQuiet | None
    """Is called when nothing more has come for a moment."""


class _Console:
    """What both processors share: the printer, the reader, the desk, and which stream is current."""

    def __init__(self, printer: Printer | None = None) -> None:
        self._own = printer
        if printer is not None:
            printer.typed_here = True
        self._reader = LineReader()
        self._redirected: tuple[IOStreamProtocol, Printer] | None = None
        self._known: IOStreamProtocol | None = None
        self._known_printer: Printer | None = None

    @property
    def _printer(self) -> Printer:
        """What writes to the console; made when something is to be written: many chats run where it never is."""
        if self._own is None:
            self._own = Printer()
            self._own.typed_here = True
        return self._own

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
            self._redirected[1].typed_here = True
        return self._redirected[1]

    def _asks_here(self, event: Event) -> TypeGuard[InputRequestEvent]:
        """Return whether an event is a question that stands, to who sits here."""
        if not isinstance(event, InputRequestEvent) or event.answered or event.seat is None:
            return False
        return event.is_for(event.seat) and not self._too_few(event)

    def _too_few(self, event: InputRequestEvent) -> bool:
        """Give up a question for several people that reaches nobody but who sits here, and say so."""
        asked = event.request
        if event.seat is not ANYBODY or asked.need - len(asked.given) < 2:
            return False
        IOStream.get_default().print(
            f"[{visible(asked.prompt)} {asked.need} different people must approve, and a terminal is one; "
            "pass channels= or people= that reach them]"
        )
        event.end_input()
        return True

    # ------------------------------------------------------------ what both do with what was typed

    def _put(self, desk: Desk, stream: IOStreamProtocol) -> Shown:
        shown = desk.show()
        for event in shown.events.values():
            self._printer.asked_here(event.request.id)
        if shown.text:
            stream.print(shown.text, end="")
        return shown

    def _hand_in(self, event: InputRequestEvent, text: str, stream: IOStreamProtocol) -> None:
        """Hand in the answer to a classic question, which takes any text."""
        receipt = event.reply(reply_of(event.seat or ANYBODY, event.request, text, _channel(stream)))
        if receipt.status == "invalid":
            stream.print(f"[{receipt.problem}]")
        elif receipt.status != "accepted":
            stream.print(f"[too late: {receipt.problem}]")

    def _take(self, desk: Desk, shown: Shown, text: str, stream: IOStreamProtocol) -> None:
        for line in desk.take(shown, text, _channel(stream)):
            stream.print(f"[{line}]")

    def _not_used(self, typed: str, stream: IOStreamProtocol) -> None:
        if typed:
            self._reader.remember(typed)
            stream.print(f"[too late and not used: {typed!r}; the Up key brings it back]")

    def _ended(self, desk: Desk, shown: Shown, stream: IOStreamProtocol) -> None:
        stream.print("[end of input: nothing was decided here]")
        desk.end_input(shown, _channel(stream))
        for event in shown.events.values():
            if event.kept_in and not event.answered:
                stream.print(_how_to_go_on(event))

    def interrupted(self) -> None:
        """Say when an interruption is met, if that is not at once."""
        self._printer.interrupted()

    def close(self) -> None:
        """Leave the terminal tidy after the last event; `process` does it by itself."""
        self._printer.close()
        if self._redirected is not None:
            self._redirected[1].close()


class ConsoleEventProcessor(_Console):
    """Shows events through the current `IOStream` and asks there; by default at the console.

    One instance keeps one `Printer` and the answers for the arrow keys; use it for many runs.
    """

    def __init__(self, printer: Printer | None = None) -> None:
        super().__init__(printer)
        self._box: Box | None = None

    def take_from(self, box: Box) -> None:
        """Let decisions that come close together be asked together. This instance then serves one run."""
        self._box, self._desk = box, Desk()

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
        if not self._asks_here(event):
            return
        if not event.request.decisions:
            self._ask(event, stream)
        elif self._box is not None:
            self._desk.add(event)
            self._box.on_quiet = self._quiet
        else:
            self.ask(event)

    def ask(self, event: InputRequestEvent, seat: Seat | None = None) -> None:
        """Have one decision made, and wait for it; by whom the event names where none is given."""
        desk = Desk(seat)
        desk.add(event)
        while desk.open:
            self._decide(desk, desk.watch)

    def _quiet(self, watch: Watch) -> None:
        """Ask what has gathered, once; more is asked when nothing else has come."""
        desk = self._desk
        if desk.open:
            self._decide(desk, _either(desk.watch, watch))
        if not desk.open and self._box is not None:
            self._box.on_quiet = None

    def _ask(self, event: InputRequestEvent, stream: IOStreamProtocol) -> None:
        while not event.answered:
            try:
                text = self._read(event, stream)
            except Withdrawn:
                return
            except EOFError:
                event.end_input()
                return
            self._hand_in(event, text, stream)

    def _read(self, event: InputRequestEvent, stream: IOStreamProtocol) -> str:
        asked = event.request
        if not _at_console(stream):
            return ask(stream, asked.prompt, asked.password)
        return self._reader.read(
            asked.prompt, password=asked.password, choices=asked.choices, watch=event.when_answered,
            standing=counting_down(event),
        )  # fmt: skip

    def _decide(self, desk: Desk, watch: Watch) -> None:
        stream = IOStream.get_default()
        shown = self._put(desk, stream)
        try:
            if not _at_console(stream):
                text = ask(stream, "> ")
            else:
                text = self._reader.read("> ", choices=shown.words, watch=watch, standing=shown.standing)
        except Withdrawn as withdrawn:
            self._not_used(desk.withdrawn(shown, withdrawn.typed), stream)
        except EOFError:
            self._ended(desk, shown, stream)
        else:
            self._take(desk, shown, text, stream)


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
        if not self._asks_here(event):
            return
        if not event.request.decisions:
            await self._ask(event, stream)
            return
        desk = Desk()
        desk.add(event)
        while desk.open:
            await self.decide(desk, desk.watch)

    def collect(self, event: Event, desk: Desk) -> bool:
        """Show a decision that is to be asked here and lay it on a desk; return False, and do nothing, of others."""
        if not self._asks_here(event) or not event.request.decisions:
            return False
        self.show(event)
        desk.add(event)
        return True

    async def decide(self, desk: Desk, watch: Watch) -> None:
        """Ask what lies on a desk, once, until something is decided or the watch says to look anew."""
        stream = IOStream.get_default()
        watch = watch if watch == desk.watch else _either(desk.watch, watch)
        shown = self._put(desk, stream)
        try:
            if not _at_console(stream):
                text = await a_ask(stream, "> ")
            else:
                text = await self._reader.a_read("> ", choices=shown.words, watch=watch, standing=shown.standing)
        except Withdrawn as withdrawn:
            self._not_used(desk.withdrawn(shown, withdrawn.typed), stream)
        except EOFError:
            self._ended(desk, shown, stream)
        else:
            self._take(desk, shown, text, stream)

    async def _ask(self, event: InputRequestEvent, stream: IOStreamProtocol) -> None:
        while not event.answered:
            try:
                text = await self._read(event, stream)
            except Withdrawn:
                return
            except EOFError:
                event.end_input()
                return
            self._hand_in(event, text, stream)

    async def _read(self, event: InputRequestEvent, stream: IOStreamProtocol) -> str:
        asked = event.request
        if not _at_console(stream):
            return await a_ask(stream, asked.prompt, asked.password)
        return await self._reader.a_read(
            asked.prompt, password=asked.password, choices=asked.choices, watch=event.when_answered,
            standing=counting_down(event),
        )  # fmt: skip


def _how_to_go_on(event: InputRequestEvent) -> str:
    """Say where a question stands that nobody answers here, and that its program waits for it."""
    return visible(
        f"[the question stands in {event.kept_in}, and this program waits; Ctrl-C ends it, and nothing is lost]\n"
        f"[to answer it: {command_to_answer(event.request, event.kept_in)}]"
    )


def _either(one: Watch, other: Watch) -> Watch:
    def watch(call: Callable[[], None]) -> None:
        one(call)
        other(call)

    return watch


def _at_console(stream: IOStreamProtocol) -> bool:
    return isinstance(stream, IOStream) and not overrides(stream, "input")


def _channel(stream: IOStreamProtocol) -> str:
    return "terminal" if _at_console(stream) else "iostream"
