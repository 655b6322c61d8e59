"""The console processors: showing events and asking, at the console or through a stream of the user."""

from __future__ import annotations

import asyncio
import builtins
import io
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from convagent.errors import HumanInputError
from convagent.events import Event, InputRequestEvent, PrintEvent, StreamEvent, TextEvent
from convagent.human import HumanReply, HumanRequest, Receipt
from convagent.iostream import IOConsole, IOStream
from convagent.observers.console import AsyncConsoleEventProcessor, ConsoleEventProcessor
from convagent.transcript import render

HELLO = TextEvent(run_id="r", message={"content": "Hello"}, sender="bot", recipient="user")
PIECE = StreamEvent(run_id="r", text="Hel", sender="bot", recipient="user")


class Question:
    """An input request and the replies that it got."""

    def __init__(self, prompt: str = "Your turn: ", password: bool = False) -> None:
        self.replies: list[HumanReply] = []
        request = HumanRequest("r:1", prompt, "user", password=password)
        self.event = InputRequestEvent(
            run_id="r", request=request, _answer=self._take, _answered=lambda: bool(self.replies)
        )

    def _take(self, reply: HumanReply) -> Receipt:
        self.replies.append(reply)
        return Receipt("accepted")

    @property
    def reply(self) -> HumanReply:
        (reply,) = self.replies
        return reply


class Response:
    """What `run` returns, as far as a processor looks."""

    def __init__(self, *events: Event) -> None:
        self._events = events

    @property
    def events(self) -> Iterator[Event]:
        yield from self._events


class AsyncResponse:
    """What `a_run` returns, as far as a processor looks."""

    def __init__(self, *events: Event) -> None:
        self._events = events

    @property
    async def events(self) -> AsyncIterator[Event]:
        for event in self._events:
            yield event


def process(*events: Event, twin: str = "sync") -> None:
    """Process events by the synchronous processor or its twin."""
    if twin == "sync":
        ConsoleEventProcessor().process(Response(*events))
    else:
        asyncio.run(AsyncConsoleEventProcessor().process(AsyncResponse(*events)))


twins = pytest.mark.parametrize("twin", ["sync", "async"])


@twins
def test_events_are_shown_and_answers_handed_in_when_processed(
    twin: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A processor prints the transcript and gives the request what `input` returned."""
    asked: list[str] = []
    monkeypatch.setattr(builtins, "input", lambda prompt: asked.append(prompt) or "fine")
    question = Question()
    process(HELLO, PIECE, HELLO, question.event, twin=twin)
    assert capsys.readouterr().out == render(HELLO) * 2
    assert asked == ["Your turn: "]
    assert (question.reply.text, question.reply.channel, question.reply.end_of_input) == ("fine", "terminal", False)


@twins
def test_end_of_input_is_told_when_nobody_can_answer(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of a pipe the request learns that the channel ended; nothing is raised."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    question = Question()
    process(question.event, twin=twin)
    assert question.reply.end_of_input
    assert question.reply.text == ""


@twins
def test_interrupt_is_raised_when_ctrl_c_is_pressed_at_a_question(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at a question reaches the caller and answers nothing."""

    def interrupted(prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(builtins, "input", interrupted)
    question = Question()
    with pytest.raises(KeyboardInterrupt):
        process(question.event, twin=twin)
    assert question.replies == []


def test_line_is_ended_when_processing_stops_in_a_stream(capsys: pytest.CaptureFixture[str]) -> None:
    """What raises in the middle of a stream is not printed behind half a line."""

    class Broken:
        @property
        def events(self) -> Iterator[Event]:
            yield PIECE
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        ConsoleEventProcessor().process(Broken())
    assert capsys.readouterr().out.endswith("did not come to its end]\n")


# ---------------------------------------------------------------- a stream of the user


@twins
def test_overridden_print_gets_the_transcript_when_events_come(twin: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A stream with its own `print` gets the transcript, streamed text as it comes."""
    out = io.StringIO()

    class Mine(IOStream):
        def print(self, *objects: Any, sep: str = " ", end: str = "\n", flush: bool = False) -> None:
            out.write(sep.join(objects) + end)

    with IOStream.set_default(Mine()):
        process(PIECE, HELLO, twin=twin)
    assert out.getvalue() == render(HELLO)
    assert capsys.readouterr().out == ""


@twins
def test_overridden_send_gets_the_events_when_they_come(twin: str) -> None:
    """A stream with its own `send` gets the events themselves, but not questions: those are asked."""
    sent: list[Event] = []

    class Mine(IOConsole):
        def send(self, event: Event, /) -> None:
            sent.append(event)

        def input(self, prompt: str = "", *, password: bool = False) -> str:
            return f"answer to {prompt!r}"

    question = Question()
    with IOStream.set_default(Mine()):
        process(PIECE, HELLO, question.event, twin=twin)
    assert sent == [PIECE, HELLO]
    assert (question.reply.text, question.reply.channel) == ("answer to 'Your turn: '", "iostream")


@twins
def test_async_input_is_awaited_when_a_stream_has_one(twin: str) -> None:
    """`input` of a stream may be async, in synchronous runs too."""

    class Web(IOConsole):
        async def input(self, prompt: str = "", *, password: bool = False) -> str:
            await asyncio.sleep(0)
            return f"{prompt}{password}"

    question = Question("secret? ", password=True)
    with IOStream.set_default(Web()):
        process(question.event, twin=twin)
    assert question.reply.text == "secret? True"


def test_async_input_is_awaited_when_a_loop_runs_in_this_thread() -> None:
    """A synchronous run inside a running loop can ask an async stream all the same."""

    class Web(IOConsole):
        async def input(self, prompt: str = "", *, password: bool = False) -> str:
            return "from the web"

    question = Question()

    async def main() -> None:
        with IOStream.set_default(Web()):
            process(question.event)

    asyncio.run(main())
    assert question.reply.text == "from the web"


@twins
def test_stream_needs_no_base_class_when_it_has_the_methods(twin: str) -> None:
    """Any object with print, send and input may be the current stream, as in the classic."""
    sent: list[Event] = []

    class Duck:
        def print(self, *objects: Any, sep: str = " ", end: str = "\n", flush: bool = False) -> None: ...

        def send(self, message: Event) -> None:
            sent.append(message)

        def input(self, prompt: str = "") -> str:
            raise EOFError

    question = Question()
    with IOStream.set_default(Duck()):  # type: ignore[arg-type]
        process(HELLO, question.event, twin=twin)
    assert sent == [HELLO]
    assert question.reply.end_of_input


@twins
def test_error_names_the_stream_when_its_input_returns_no_text(twin: str) -> None:
    """An `input` that returns None is reported with the class and what to return."""

    class Bad(IOConsole):
        def input(self, prompt: str = "", *, password: bool = False) -> Any:
            return None

    with IOStream.set_default(Bad()), pytest.raises(HumanInputError, match=r"Bad\.input\(\) returned NoneType; .*str"):
        process(Question().event, twin=twin)


def test_loop_goes_on_when_a_plain_input_blocks() -> None:
    """In an async run a blocking `input` holds a thread and not the loop."""
    answer = threading.Event()

    class Slow(IOConsole):
        def input(self, prompt: str = "", *, password: bool = False) -> str:
            assert answer.wait(20)
            return "late"

    question = Question()

    async def main() -> None:
        async def elsewhere() -> None:
            answer.set()

        with IOStream.set_default(Slow()):
            await asyncio.gather(AsyncConsoleEventProcessor().process_event(question.event), elsewhere())

    asyncio.run(main())
    assert question.reply.text == "late"


# ---------------------------------------------------------------- the current stream


def test_default_is_restored_when_the_block_ends() -> None:
    """`set_default` counts inside its block, nested ones too, and None means the global stream."""
    console = IOStream.get_default()
    assert isinstance(console, IOConsole)
    assert console is IOStream.get_global_default()
    outer, inner = IOConsole(), IOConsole()
    with IOStream.set_default(outer):
        with IOStream.set_default(inner):
            assert IOStream.get_default() is inner
        assert IOStream.get_default() is outer
        with IOStream.set_default(None):
            assert IOStream.get_default() is console
    assert IOStream.get_default() is console


def test_global_default_counts_when_another_thread_asks() -> None:
    """The stream of the process is seen by every thread; the one of a block only by its own."""
    before = IOStream.get_global_default()
    mine, seen = IOConsole(), []
    try:
        IOStream.set_global_default(mine)
        with IOStream.set_default(IOConsole()):
            thread = threading.Thread(target=lambda: seen.append(IOStream.get_default()))
            thread.start()
            thread.join()
        assert seen == [mine]
    finally:
        IOStream.set_global_default(before)


def test_console_prints_as_print_does_when_nothing_is_overridden(capsys: pytest.CaptureFixture[str]) -> None:
    """Objects are joined and ended as asked; what is no text is JSON, as the classic sends it."""
    IOConsole().print("a", {"b": 1}, sep="|", end="!\n")
    assert capsys.readouterr().out == 'a|{"b": 1}!\n'


def test_line_reaches_send_when_only_send_is_overridden() -> None:
    """What is printed through a stream arrives at its `send` as a PrintEvent."""
    sent: list[Event] = []

    class Mine(IOConsole):
        def send(self, event: Event, /) -> None:
            sent.append(event)

    Mine().print("a", 1, sep="-")
    assert sent == [PrintEvent(objects=("a", 1), sep="-")]


@pytest.mark.parametrize("how", ["print", "send", "both"])
def test_super_ends_at_the_console_when_overrides_call_it(how: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Overrides may call `super()`, alone or together, without an endless round."""

    class Prints(IOConsole):
        def print(self, *objects: Any, **options: Any) -> None:
            super().print("print:", *objects, **options)

    class Sends(IOConsole):
        def send(self, event: Event, /) -> None:
            super().send(event)

    class Both(Prints, Sends):
        pass

    stream = {"print": Prints, "send": Sends, "both": Both}[how]()
    stream.print("line")
    stream.send(HELLO)
    mark = "" if how == "send" else "print: "
    assert capsys.readouterr().out == f"{mark}line\n{mark}{render(HELLO)}"


def test_input_is_the_builtin_of_the_moment_when_the_console_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """`iostream.input` calls a replaced `builtins.input`, as scripts and their tests do."""
    monkeypatch.setattr(builtins, "input", lambda prompt: f"to {prompt}")
    assert IOConsole().input("name? ") == "to name? "
