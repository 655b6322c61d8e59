"""Show events as the classic console does, and text as it streams."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from typing import Any, cast

from .._screen import Call, TextFile, can_move_cursor, colour_wanted, is_tty, screen
from ..events import (
    ErrorEvent,
    Event,
    InputReplyEvent,
    InputRequestEvent,
    MessageEvent,
    ModelCallFinished,
    ModelCallStarted,
    PrintEvent,
    RunCompletionEvent,
    StreamEvent,
    StreamResetEvent,
)
from ..transcript import hand_over, header, painted, render, visible, write

WORTH_A_NOTE = 1.0
"""Seconds a model call must take for its time to be shown."""

_Key = tuple[str, str, str]
"""Which reply a piece of a stream belongs to: run, sender, recipient."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the file that is written to."""

    out: TextFile | None
    tty: bool
    moves: bool
    """Whether a line can be erased."""
    colours: bool


class Printer:
    """Writes the transcript of the events it is told of.

    To a file or a pipe it writes the transcript and nothing else. On a terminal it also
    shows, on a line that vanishes, that a model is being asked, and then how long a call
    of a second or more took. A streamed reply appears as it comes and ends looking as the
    whole message would; if it turns out otherwise, that is said and the message repeated.
    """

    def __init__(self, file: TextFile | Callable[..., Any] | None = None, colour: bool | None = None) -> None:
        """Make a printer.

        Args:
            file: an open text file, or a function that is called as `print` is; None: what
                `sys.stdout` is at each write.
            colour: None: as the environment and the terminal say.
        """
        self._function: Callable[..., Any] | None = None
        self._file: TextFile | None = None
        if hasattr(file, "write"):
            self._file = cast(TextFile, file)
        elif file is not None and file is not print:
            self._function = cast(Callable[..., Any], file)
        self._colour = colour
        self._lock = RLock()
        self._open: _Key | None = None
        self._shown: list[str] = []
        self._cut: set[_Key] = set()
        self._calls: dict[tuple[str, str, str], list[Call]] = {}
        self._note = ""
        self._answered: dict[str, str] = {}
        self._known: _Known | None = None

    def __call__(self, event: Event, /) -> None:
        """Show one event."""
        with self._lock:
            if isinstance(event, MessageEvent):
                self._message(event)
            elif isinstance(event, StreamEvent):
                self._piece(event)
            elif isinstance(event, StreamResetEvent):
                self._reset(event)
            elif isinstance(event, ModelCallStarted):
                self._started(event)
            elif isinstance(event, ModelCallFinished):
                self._finished(event)
            else:
                self._other(event)

    def close(self) -> None:
        """Leave the terminal tidy: no spinner, no half line. The printer may be used again."""
        with self._lock:
            self._stop_spinner()
            self._cut_stream("the reply did not come to its end")

    def __del__(self) -> None:
        # A run that was abandoned in the middle of a call would be shown as running for ever.
        with suppress(Exception):
            self._stop_spinner()

    # -------------------------------------------------------------- messages and streams

    def _message(self, event: MessageEvent) -> None:
        key = (event.run_id, event.sender, event.recipient)
        if self._cut:
            self._cut.discard(key)
        if event.silent:
            self._note = ""
            return
        text = self._render(event)
        if self._open == key:
            shown = "".join(self._shown)
            if text.startswith(shown):
                self._open, self._shown = None, []
                self._write(text[len(shown) :])
            else:
                self._void("the message differs from it")
                self._write(text)
        else:
            self._cut_stream("another message came first")
            self._write(text)
        self._show_note()

    def _piece(self, event: StreamEvent) -> None:
        key = (event.run_id, event.sender, event.recipient)
        if event.silent or not event.text or key in self._cut:
            return
        text = self._clean(event.text)
        if self._open is None:
            self._show_note()
            self._open = key
            opening = header(event.sender, event.recipient)
            colour = self._colours()
            text = "".join(painted(self._clean(t), c if colour else "") for t, c in opening) + text
        elif self._open != key:  # two at once cannot be read: the second is shown when it is whole
            self._cut.add(key)
            return
        self._shown.append(text)
        self._write(text)

    def _reset(self, event: StreamResetEvent) -> None:
        key = (event.run_id, event.sender, event.recipient)
        self._cut.discard(key)
        if self._open == key:
            self._void(event.reason)

    def _void(self, reason: str) -> None:
        self._end_stream(f"[the streamed text above is void: {' '.join(reason.split())}]")

    def _cut_stream(self, reason: str) -> None:
        """End the open stream because something else must be shown; its message comes whole."""
        if self._open is not None:
            self._cut.add(self._open)
            self._end_stream(f"[the streamed text above is unfinished: {reason}]")

    def _end_stream(self, line: str) -> None:
        start = "" if self._shown[-1].endswith("\n") else "\n"
        self._open, self._shown = None, []
        self._write(start + painted(self._clean(line), "dim" if self._colours() else "") + "\n")

    # -------------------------------------------------------------- model calls

    def _started(self, event: ModelCallStarted) -> None:
        out = self._out()
        if out is None:
            return
        if self._look().moves and self._open is None:
            who = f"{event.agent}: asking {event.model}" if event.agent else f"asking {event.model}"
            call = screen.show(visible(who).replace("\n", " "), out, self._colours())
            self._calls.setdefault((event.run_id, event.agent, event.model), []).append(call)

    def _finished(self, event: ModelCallFinished) -> None:
        calls = self._calls.pop((event.run_id, event.agent, event.model), None) if self._calls else None
        if calls:
            screen.hide(calls.pop())
        if calls:
            self._calls[event.run_id, event.agent, event.model] = calls
        if event.seconds >= WORTH_A_NOTE and not event.cached and is_tty(self._out()):
            self._note = f"[{event.model}: {event.seconds:.1f} s]"

    def _show_note(self) -> None:
        if self._note:
            note, self._note = self._note, ""
            self._write(painted(visible(note), "dim" if self._colours() else "") + "\n")

    def _stop_spinner(self, run_id: str | None = None) -> None:
        for key in [k for k in self._calls if run_id in (None, k[0])]:
            for call in self._calls.pop(key):
                screen.hide(call)

    # -------------------------------------------------------------- everything else

    def _other(self, event: Event) -> None:
        text = self._elsewhere(event) or self._render(event)
        over = isinstance(event, (RunCompletionEvent, ErrorEvent))
        asks = isinstance(event, InputRequestEvent)
        if over or (asks and event.request.moment == "interrupt"):
            self._stop_spinner(event.run_id)  # a cancelled call is not reported as finished
        if text or over or asks:
            self._cut_stream("the reply did not come to its end" if over else "something else came first")
            self._show_note()
        if self._function is not None and isinstance(event, PrintEvent):
            write(event, self._function)
        else:
            self._write(text)

    def _elsewhere(self, event: Event) -> str:
        """Return question and answer where a person did not type the answer here: nothing else shows them."""
        if isinstance(event, InputRequestEvent):
            if event.answered:
                self._answered[event.request.id] = event.prompt
            else:  # it stands again, here: an interruption had taken it away
                self._answered.pop(event.request.id, None)
        elif isinstance(event, InputReplyEvent):
            prompt = self._answered.pop(event.reply.request_id, None)
            if prompt is not None:
                said = "end of input" if event.reply.end_of_input else event.reply.text
                return self._clean(f"{prompt}{said} [{event.reply.channel}]\n")
        return ""

    # -------------------------------------------------------------- where to

    def _out(self) -> TextFile | None:
        """Return the file to write to now, or None for a function."""
        if self._function is not None:
            return None
        return self._file if self._file is not None else sys.stdout

    def _look(self) -> _Known:
        """Return what the file of the moment can show: asked once, for it takes system calls."""
        out, known = self._out(), self._known
        if known is None or known.out is not out:
            colours = self._function is None and colour_wanted(out)
            known = self._known = _Known(out, is_tty(out), can_move_cursor(out), colours)
        return known

    def _colours(self) -> bool:
        return self._colour if self._colour is not None else self._look().colours

    def _clean(self, text: str) -> str:
        return visible(text) if self._look().tty else text

    def _render(self, event: Event) -> str:
        return render(event, self._colours(), escape=self._look().tty)

    def _write(self, text: str) -> None:
        if self._function is not None:
            hand_over(text, self._function)
        elif text:
            screen.write(self._out(), text)
