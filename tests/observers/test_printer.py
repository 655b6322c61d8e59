"""What a printer shows: the transcript, streams as they come, and that a model is running."""

from __future__ import annotations

import io
import re
import sys
import threading
from dataclasses import replace
from typing import Any

import pytest

from convagent.action import Action
from convagent.events import (
    DecidedEvent,
    ErrorEvent,
    EscalatedEvent,
    Event,
    ExecuteFunctionEvent,
    InputReplyEvent,
    InputRequestEvent,
    ModelCallFinished,
    ModelCallStarted,
    ModelFallbackEvent,
    ModelRetryEvent,
    PrintEvent,
    StreamEvent,
    StreamResetEvent,
    TextEvent,
    ToolCallEvent,
    UsingAutoReplyEvent,
)
from convagent.human import HumanReply, HumanRequest, approve, reject
from convagent.observers.base import Collector
from convagent.observers.printer import Printer
from convagent.transcript import render

RULE = "-" * 80
WAIT = 20.0


class Tty(io.StringIO):
    """A terminal in memory. `saw(pattern)` waits until something like it was written."""

    encoding = "utf-8"  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self._written = threading.Condition()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._written:
            self._written.notify_all()
            return super().write(text)

    def saw(self, pattern: str) -> bool:
        with self._written:
            return self._written.wait_for(lambda: re.search(pattern, self.getvalue()) is not None, WAIT)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "ANSI_COLORS_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def text(content: Any, sender: str = "bot", silent: bool = False) -> TextEvent:
    return TextEvent(run_id="r", message={"content": content}, sender=sender, recipient="user", silent=silent)


def piece(content: str, sender: str = "bot", silent: bool = False) -> StreamEvent:
    return StreamEvent(run_id="r", text=content, sender=sender, recipient="user", silent=silent)


def reset(reason: str) -> StreamResetEvent:
    return StreamResetEvent(run_id="r", reason=reason, sender="bot", recipient="user")


def shown(*events: Event) -> str:
    out = io.StringIO()
    printer = Printer(out)
    for event in events:
        printer(event)
    return out.getvalue()


# ---------------------------------------------------------------- streams


def test_streamed_text_looks_like_the_whole_message_when_it_is_complete() -> None:
    """A reader of the final transcript cannot tell that a reply was streamed."""
    assert shown(piece("Hel"), piece("lo"), text("Hello")) == render(text("Hello"))


def test_text_appears_as_it_comes_when_streamed() -> None:
    """The header and every piece are written at once, before the message is whole."""
    out = io.StringIO()
    printer = Printer(out)
    printer(piece("Hel"))
    assert out.getvalue() == "bot (to user):\n\nHel"
    printer(piece("lo"))
    assert out.getvalue() == "bot (to user):\n\nHello"


def test_rest_is_printed_when_the_message_goes_on_after_the_stream() -> None:
    """Calls and text that were not streamed follow what was."""
    message: Any = {"content": "Let me see", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]}
    event = ToolCallEvent(run_id="r", message=message, sender="bot", recipient="user")
    assert shown(piece("Let me"), event) == render(event)


def test_message_is_printed_whole_when_it_differs_from_the_stream() -> None:
    """What was streamed and is not the message is called void, and the message stands in full."""
    line = "[the streamed text above is void: the message differs from it]\n"
    assert shown(piece("Hello"), text("Goodbye")) == f"bot (to user):\n\nHello\n{line}{render(text('Goodbye'))}"


def test_stream_starts_anew_when_it_was_reset() -> None:
    """After a broken stream the reason is said, and the next one has its own header."""
    line = "[the streamed text above is void: connection lost]\n"
    seen = shown(piece("Hel"), reset("connection\nlost"), piece("Hey"), text("Hey"))
    assert seen == f"bot (to user):\n\nHel\n{line}{render(text('Hey'))}"


def test_nothing_is_said_when_a_reset_voids_nothing_shown() -> None:
    """A stream that broke before its first piece left nothing to take back."""
    assert shown(reset("connection lost"), text("Hey")) == render(text("Hey"))


def test_message_comes_whole_when_something_else_happened_in_its_stream() -> None:
    """A line in the middle of a stream cuts it, which is said; later pieces wait for the message."""
    auto = UsingAutoReplyEvent(human_input_mode="ALWAYS")
    line = "[the streamed text above is unfinished: something else came first]\n"
    seen = shown(piece("Hel"), auto, piece("lo"), text("Hello"), piece("A"), text("A"))
    assert seen == f"bot (to user):\n\nHel\n{line}{render(auto)}{render(text('Hello'))}{render(text('A'))}"


def test_second_stream_waits_when_two_agents_stream_at_once() -> None:
    """Pieces of two replies are never mixed; both messages are read whole."""
    seen = shown(
        piece("He"), piece("Sa", "eve"), piece("llo"), text("Hello"), piece("lut", "eve"), text("Salut", "eve")
    )
    assert seen == render(text("Hello")) + render(text("Salut", "eve"))


def test_line_is_ended_when_a_question_or_failure_comes_in_a_stream() -> None:
    """A prompt or traceback never stands in the middle of a streamed line."""
    asks = InputRequestEvent(run_id="r", request=HumanRequest("r:1", "?", "user", moment="interrupt"))
    assert shown(piece("Hel"), asks).endswith("[the streamed text above is unfinished: something else came first]\n")
    failed = ErrorEvent(run_id="r", error=ValueError("x"))
    assert shown(piece("Hel"), failed).endswith("unfinished: the reply did not come to its end]\n")


def test_close_ends_the_line_when_a_stream_is_open() -> None:
    """A run that was left in the middle leaves a whole line behind."""
    out = io.StringIO()
    printer = Printer(out)
    printer(piece("Hel"))
    printer.close()
    assert out.getvalue().endswith("unfinished: the reply did not come to its end]\n")


def test_nothing_is_shown_when_a_chat_is_silent() -> None:
    """A silent chat shows neither its messages nor their streams."""
    assert shown(piece("Hel", silent=True), text("Hello", silent=True)) == ""


# ---------------------------------------------------------------- where to


def test_output_is_the_current_one_when_standard_output_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The printer follows `sys.stdout`, which tests and notebooks replace."""
    printer = Printer()
    first, second = io.StringIO(), io.StringIO()
    for out in (first, second):
        monkeypatch.setattr(sys, "stdout", out)
        printer(text("hi"))
    assert first.getvalue() == second.getvalue() == render(text("hi"))


def test_function_is_called_as_print_is_when_given() -> None:
    """Text goes to a function in pieces that print exactly the transcript, without colours."""
    out = io.StringIO()
    printer = Printer(lambda *objects, **options: print(*objects, file=out, **options))
    for event in (piece("Hel"), text("Hello"), PrintEvent(objects=("a", "b"), sep="-", end="")):
        printer(event)
    assert out.getvalue() == render(text("Hello")) + "a-b"


def test_text_is_escaped_when_the_encoding_lacks_it() -> None:
    """A terminal with a small character set shows an escape instead of ending the run."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Printer(out)(text("na\u00efve \u2713"))
    assert b"na\\xefve \\u2713\n" in raw.getvalue()


# ---------------------------------------------------------------- colours


@pytest.mark.parametrize(
    ("tty", "environment", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_follow_terminal_and_environment_when_not_stated(
    monkeypatch: pytest.MonkeyPatch, tty: bool, environment: dict[str, str], coloured: bool
) -> None:
    """Colours are for terminals; NO_COLOR takes them away, FORCE_COLOR gives them, as termcolor has it."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = Tty() if tty else io.StringIO()
    Printer(out)(text("hi"))
    assert out.getvalue() == render(text("hi"), colour=coloured)


def test_stated_colour_counts_when_given() -> None:
    """`colour=` outranks the environment, either way."""
    out = io.StringIO()
    Printer(out, colour=True)(piece("h"))
    assert out.getvalue() == "\x1b[33mbot\x1b[0m (to user):\n\nh"
    tty = Tty()
    Printer(tty, colour=False)(text("hi"))
    assert tty.getvalue() == render(text("hi"))


def test_streamed_control_characters_are_spelled_out_when_on_a_terminal() -> None:
    """A stream cannot move the cursor either, and still matches its message."""
    out = Tty()
    printer = Printer(out, colour=False)
    for event in (piece("a\x1b"), piece("[2J"), text("a\x1b[2J")):
        printer(event)
    assert out.getvalue() == f"bot (to user):\n\na^[[2J\n\n{RULE}\n"


# ---------------------------------------------------------------- a running model


def started(agent: str = "bot") -> ModelCallStarted:
    return ModelCallStarted(run_id="r", agent=agent, model="gpt-4o")


def retrying(seconds: float) -> ModelRetryEvent:
    return ModelRetryEvent(
        run_id="r",
        agent="bot",
        model="gpt-4o",
        endpoint="",
        attempt=1,
        seconds=seconds,
        reason="rate-limited",
        error="429",
    )


def finished(seconds: float, cached: bool = False) -> ModelCallFinished:
    return ModelCallFinished(run_id="r", agent="bot", model="gpt-4o", seconds=seconds, cached=cached)


def test_spinner_is_shown_and_erased_when_a_call_takes_time() -> None:
    """On a terminal a line says who is asked; it is gone before the reply is written."""
    out = Tty()
    printer = Printer(out, colour=False)
    printer(started())
    assert out.saw(r"bot: asking gpt-4o: \d+ s\r")
    printer(finished(0.5))
    printer(text("hi"))
    assert out.getvalue().endswith("\r\x1b[K" + render(text("hi")))


@pytest.mark.parametrize("last", [text("other"), piece("other"), UsingAutoReplyEvent(human_input_mode="ALWAYS")])
def test_spinner_is_erased_first_when_anything_else_is_written(last: Event) -> None:
    """Nothing is ever written behind a spinner."""
    out = Tty()
    printer = Printer(out, colour=False)
    printer(started())
    assert out.saw("asking gpt-4o")
    printer(last)
    before, _, _ = out.getvalue().partition("other" if not isinstance(last, UsingAutoReplyEvent) else "\n>>>>")
    assert "\r\x1b[K" in before.rpartition("asking gpt-4o")[2]
    printer(finished(0.5))


def test_spinner_ends_when_the_run_fails() -> None:
    """A call that was cancelled, and so never reported as finished, is not shown as running."""
    out = Tty()
    printer = Printer(out, colour=False)
    printer(started())
    assert out.saw("asking gpt-4o")
    printer(ErrorEvent(run_id="r", error=ValueError("x")))
    assert out.getvalue().endswith("\r\x1b[K")
    assert not [t for t in threading.enumerate() if t.name == "convagent-spinner" and not t.join(WAIT) and t.is_alive()]


def test_spinner_ends_when_its_printer_is_forgotten() -> None:
    """An abandoned run does not spin for ever."""
    out = Tty()
    printer = Printer(out, colour=False)
    printer(started())
    assert out.saw("asking gpt-4o")
    del printer
    assert out.getvalue().endswith("\r\x1b[K")


def test_spinner_ends_when_the_model_calls_itself_otherwise() -> None:
    """Services answer with a longer name than they were asked by, and another entry has another name."""
    out = Tty()
    printer = Printer(out, colour=False)
    printer(started())
    assert out.saw("asking gpt-4o")
    printer(ModelCallFinished(run_id="r", agent="bot", model="gpt-4o-2024-08-06", seconds=0.5))
    assert out.getvalue().endswith("\r\x1b[K")


def test_spinner_says_why_and_how_long_when_a_model_is_waited_for() -> None:
    """A rate limit is seen: a line stays, and the spinner counts down; after the wait it is a call again."""
    out = Tty()
    printer = Printer(out, colour=False)
    printer(started())
    printer(retrying(30))
    line = "[model 'gpt-4o': rate-limited, waiting 30 s before attempt 2]\n"
    assert line in out.getvalue()
    assert out.saw(r"bot: asking gpt-4o: rate-limited, waiting (30|2\d) s\r")
    assert out.saw(r"bot: asking gpt-4o: rate-limited, waiting 2\d s\r")
    printer(retrying(0.01))
    assert out.saw(r"bot: asking gpt-4o: \d+ s\r")
    printer(finished(0.5))
    assert out.getvalue().count("before attempt") == 1


def test_spinner_names_who_is_asked_when_a_model_fell_out() -> None:
    """After a fallback the model that failed is not shown as asked any more."""
    out = Tty()
    printer = Printer(out, colour=False)
    printer(started())
    assert out.saw(r"bot: asking gpt-4o: \d+ s\r")
    printer(ModelFallbackEvent(run_id="r", agent="bot", model="gpt-4o", endpoint="", error="401"))
    assert out.saw("bot: asking the next model: ")
    printer(replace(retrying(30), model="llama"))
    assert out.saw(r"bot: asking llama: rate-limited, waiting (30|2\d) s\r")
    printer(finished(0.5))


def test_time_is_noted_after_the_message_when_a_call_took_a_second() -> None:
    """On a terminal a slow call says how long it took, below its reply; a quick or cached one does not."""
    out = Tty()
    printer = Printer(out, colour=False)
    for event in (started(), finished(2.34), text("slow"), started(), finished(0.9), text("quick")):
        printer(event)
    for event in (started(), finished(5, cached=True), text("cached")):
        printer(event)
    note = "[gpt-4o: 2.3 s]\n"
    assert out.getvalue() == render(text("slow")) + note + render(text("quick")) + render(text("cached"))


def test_nothing_is_added_when_piped() -> None:
    """A file or pipe gets the transcript and nothing about time."""
    assert shown(started(), finished(9.0), text("hi")) == render(text("hi"))


def test_collector_keeps_every_event_when_told() -> None:
    """The simplest observer holds what it was told, in order."""
    keep = Collector()
    events = [piece("Hel"), text("Hello")]
    for event in events:
        keep(event)
    assert keep.events == list(keep) == events
    assert len(keep) == 2


def test_interruption_is_not_said_to_wait_for_a_tool_when_a_question_stands() -> None:
    """A question makes room at once, beside a tool that runs, too."""
    out, action = Tty(), Action("tool", "bot", "pay")
    printer = Printer(out, colour=False)
    asked = HumanRequest("r:1", "May bot call pay?", "bot", decisions=("approve",), action=action)
    line = "[interrupted; you are asked after copy has ended]"
    printer(ExecuteFunctionEvent(run_id="r", func_name="copy", call_id="a", arguments={}))
    for over in (
        InputReplyEvent(run_id="r", reply=HumanReply("r:1", decision=approve)),
        EscalatedEvent(run_id="r", request=asked, why="time is up", to="it is denied"),
        DecidedEvent(run_id="r", action=action, decision=reject("no")),
    ):
        printer(InputRequestEvent(run_id="r", request=asked))
        printer.interrupted()
        assert line not in out.getvalue()
        printer(over)
        printer.interrupted()
        assert line in out.getvalue()
        out.truncate(out.seek(0))
