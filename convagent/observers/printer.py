"""Show events as the classic console does, and text as it streams."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any, cast

from .._screen import Call, TextFile, can_move_cursor, colour_wanted, is_tty, screen
from ..events import (
    ErrorEvent,
    EscalatedEvent,
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    GroupChatRunChatEvent,
    InputReplyEvent,
    InputRequestEvent,
    MessageEvent,
    ModelCallFinished,
    ModelCallStarted,
    ModelFallbackEvent,
    ModelRetryEvent,
    PrintEvent,
    ProgressEvent,
    RunCompletionEvent,
    RunStarted,
    StreamEvent,
    StreamResetEvent,
    ToolNotRunEvent,
)
from ..transcript import hand_over, header, painted, render, visible, write
from ..transcript.decisions import FACTS, subject
from ..transcript.teams import TEAMS
from .facts import Facts
from .hiding import Hiding

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
    shows, on a line that vanishes, that a model is being asked or waited for, and then how long
    a call of a second or more took. A streamed reply appears as it comes and ends looking as the
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
        # Dicts, and no sets: the collector of cycles visits a set, and thousands may wait, each beside its chat.
        self._shown = ""
        self._cut: dict[_Key, None] = {}
        self._calls: dict[tuple[str, str], list[Call]] = {}
        self._note = ""
        self._facts = Facts()
        self._hiding = Hiding()
        self._tools: dict[tuple[str, str], list[Call | None]] = {}
        """The tools that run, each with the line that shows how far it is, if it says so."""
        self._waiting: dict[str, Call] = {}
        """The decisions that people elsewhere are waited for, by their ids."""
        self._headed: dict[str, None] = {}
        """The notes that the header of this run, or of one around it, has said."""
        self._known: _Known | None = None

    def __call__(self, event: Event, /) -> None:
        """Show one event, without what the schemas of tools mark as secret."""
        if isinstance(event, GroupChatRunChatEvent) and event.silent:
            return
        with self._lock:
            event = self._hiding.shown(event)
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
            elif isinstance(event, (ModelRetryEvent, ModelFallbackEvent)):
                self._goes_on(event)
            elif isinstance(event, ProgressEvent):
                self._progress(event)
            else:
                self._other(event)

    @property
    def typed_here(self) -> bool:
        """Whether answers are typed where this printer writes, so that they stand there already."""
        return self._facts.typed_here

    @typed_here.setter
    def typed_here(self, value: bool) -> None:
        self._facts.typed_here = value

    def asked_here(self, request_id: str) -> None:
        """Be told that a question is put to a person where this printer writes."""
        self._facts.asked_here(request_id)
        self._wait_no_more(request_id)

    def interrupted(self) -> None:
        """Say that an interruption is met when the tools that run have ended, if any runs and no question stands."""
        with self._lock:
            if self._facts.asks:
                return  # it makes room at once
            names = list(dict.fromkeys(name for _, name in self._tools))
            if names:
                self._write(self._dim(f"[interrupted; you are asked after {', '.join(names)} has ended]") + "\n")

    def close(self) -> None:
        """Leave the terminal tidy: no spinner, no half line. The printer may be used again."""
        with self._lock:
            self._stop_spinner()
            self._cut_stream("the reply did not come to its end")
            self._tools.clear()
            for request_id in list(self._waiting):
                self._wait_no_more(request_id)

    def __del__(self) -> None:
        # A run that was abandoned in the middle of a call would be shown as running for ever.
        with suppress(Exception):
            self._stop_spinner()

    # -------------------------------------------------------------- messages and streams

    def _message(self, event: MessageEvent) -> None:
        key = (event.run_id, event.sender, event.recipient)
        self._cut.pop(key, None)
        if event.silent:
            self._note = ""
            return
        text = self._render(event)
        if self._open == key:  # what was streamed stands there as it came
            shown = self._shown
            if text.startswith(shown):
                self._open, self._shown = None, ""
                self._write(text[len(shown) :])
            else:
                self._void("the message differs from it")
                self._write(self._hiding.text(event, text))
        else:
            self._cut_stream("another message came first")
            self._write(self._hiding.text(event, text))
        self._show_note()

    def _piece(self, event: StreamEvent) -> None:
        key = (event.run_id, event.sender, event.recipient)
        if event.silent or event.draft or not event.text or key in self._cut:
            return
        text = self._clean(event.text)
        if self._open is None:
            self._show_note()
            self._open = key
            opening = header(event.sender, event.recipient)
            colour = self._colours()
            text = "".join(painted(self._clean(t), c if colour else "") for t, c in opening) + text
        elif self._open != key:  # two at once cannot be read: the second is shown when it is whole
            self._cut[key] = None
            return
        self._shown += text
        self._write(text)

    def _reset(self, event: StreamResetEvent) -> None:
        key = (event.run_id, event.sender, event.recipient)
        self._cut.pop(key, None)
        if self._open == key:
            self._void(event.reason)

    def _void(self, reason: str) -> None:
        self._end_stream(f"[the streamed text above is void: {' '.join(reason.split())}]")

    def _cut_stream(self, reason: str) -> None:
        """End the open stream because something else must be shown; its message comes whole."""
        if self._open is not None:
            self._cut[self._open] = None
            self._end_stream(f"[the streamed text above is unfinished: {reason}]")

    def _end_stream(self, line: str) -> None:
        start = "" if self._shown.endswith("\n") else "\n"
        self._open, self._shown = None, ""
        self._write(start + self._dim(self._clean(line)) + "\n")

    # -------------------------------------------------------------- model calls

    def _started(self, event: ModelCallStarted) -> None:
        out = self._out()
        if out is None:
            return
        if self._look().moves and self._open is None:
            call = screen.show(_asking(event.agent, event.model), out, self._colours())
            # Not by model: the one that answers may call itself otherwise than the one that was asked.
            self._calls.setdefault((event.run_id, event.agent), []).append(call)

    def _goes_on(self, event: ModelRetryEvent | ModelFallbackEvent) -> None:
        """Show whom a call asks now, and until when it waits."""
        for call in self._calls.get((event.run_id, event.agent), ())[-1:]:
            if isinstance(event, ModelRetryEvent):
                screen.change(call, _asking(event.agent, event.model), visible(event.reason), event.seconds)
            else:
                screen.change(call, _asking(event.agent, "the next model"))
        self._other(event)

    def _finished(self, event: ModelCallFinished) -> None:
        calls = self._calls.pop((event.run_id, event.agent), None) if self._calls else None
        if calls:
            screen.hide(calls.pop())
        if calls:
            self._calls[event.run_id, event.agent] = calls
        if event.seconds >= WORTH_A_NOTE and not event.cached and not event.error and is_tty(self._out()):
            self._note = f"[{event.model}: {event.seconds:.1f} s]"

    def _show_note(self) -> None:
        if self._note:
            note, self._note = self._note, ""
            self._write(self._dim(visible(note)) + "\n")

    def _stop_spinner(self, run_id: str | None = None) -> None:
        for key in [k for k in self._calls if run_id in (None, k[0])]:
            for call in self._calls.pop(key):
                screen.hide(call)
        for key in [k for k in self._tools if run_id in (None, k[0])]:
            for shown in self._tools.pop(key):
                if shown is not None:
                    screen.hide(shown)

    # -------------------------------------------------------------- tools

    def _tool(self, event: ExecuteFunctionEvent | ExecutedFunctionEvent) -> None:
        """Keep in mind which tools run."""
        key = (event.run_id, event.func_name)
        if isinstance(event, ExecuteFunctionEvent):
            self._tools.setdefault(key, []).append(None)
        elif key in self._tools:
            shown = self._tools[key].pop()
            if shown is not None:
                screen.hide(shown)
            if not self._tools[key]:
                del self._tools[key]

    def _progress(self, event: ProgressEvent) -> None:
        """Show how far a tool is, on the line that vanishes."""
        out, running = self._out(), self._tools.get((event.run_id, event.tool))
        if out is None or not running or not self._look().moves:
            return
        label = visible(" ".join(_how_far(event).split()))
        if running[0] is None:
            running[0] = screen.show(label, out, self._colours())
        else:
            screen.change(running[0], label)

    # -------------------------------------------------------------- everything else

    def _other(self, event: Event) -> None:
        if isinstance(event, RunStarted) and event.notes:
            event = self._with_new_notes(event)
        elif isinstance(event, (ExecuteFunctionEvent, ExecutedFunctionEvent)):
            self._tool(event)
        elif isinstance(event, InputRequestEvent) and event.request.decisions:
            self._wait_for(event)
        elif isinstance(event, EscalatedEvent):
            self._wait_no_more(event.request.id)
        self._facts.see(event)
        text = self._hiding.text(event, self._answered(event) or self._not_run(event) or self._rendered(event))
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

    def _with_new_notes(self, event: RunStarted) -> RunStarted:
        if not (event.parent or event.follows):
            self._headed.clear()
        new = tuple(note for note in event.notes if note not in self._headed)
        if not event.silent:
            self._headed.update(dict.fromkeys(new))
        return replace(event, notes=new)

    def _not_run(self, event: Event) -> str:
        """Say on a terminal that a call was not run, of which the transcript shows nothing."""
        if not isinstance(event, ToolNotRunEvent) or self._facts.is_silent(event) or not self._look().tty:
            return ""
        line = self._clean(f"[{event.func_name} was not run: {event.reason}]")
        return self._dim(line) + "\n"

    def _answered(self, event: Event) -> str:
        """Return what became of a question where nothing else shows it."""
        if not isinstance(event, InputReplyEvent):
            return ""
        if event.settled:
            self._wait_no_more(event.request_id)
        text = self._clean(self._facts.answered(event))
        return self._dim(text[:-1]) + "\n" if text.startswith("[") else text

    def _wait_for(self, event: InputRequestEvent) -> None:
        """Show on the line that vanishes whom a decision is waited for."""
        out, asked = self._out(), event.request
        self._wait_no_more(asked.id)
        if out is None or event.answered or self._facts.is_silent(event) or not self._look().moves:
            return
        label = f"{subject(asked.action)}: waiting for {' or '.join(asked.to) or 'a decision'}"
        self._waiting[asked.id] = screen.show(visible(label), out, self._colours())

    def _wait_no_more(self, request_id: str) -> None:
        call = self._waiting.pop(request_id, None)
        if call is not None:
            screen.hide(call)

    def _rendered(self, event: Event) -> str:
        if (type(event) in FACTS or type(event) in TEAMS) and self._facts.hides(event):
            return ""
        return self._render(event)

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

    def _dim(self, text: str) -> str:
        return painted(text, "dim" if self._colours() else "")

    def _render(self, event: Event) -> str:
        return render(event, self._colours(), escape=self._look().tty)

    def _write(self, text: str) -> None:
        if self._function is not None:
            hand_over(text, self._function)
        elif text:
            screen.write(self._out(), text)


def _asking(agent: str, model: str) -> str:
    who = f"{agent}: asking {model}" if agent else f"asking {model}"
    return visible(who).replace("\n", " ")


def _how_far(event: ProgressEvent) -> str:
    of = f" of {event.total:g}" if event.total is not None else ""
    return f"{event.tool}: {event.done:g}{of} {event.note}".rstrip()
