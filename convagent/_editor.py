"""The editor of a line at a terminal: prompt-toolkit, and a question that can be taken away."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ._screen import colour_wanted, screen, visible
from ._sync import Watch

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import InMemoryHistory
    from prompt_toolkit.output import Output


class Withdrawn(Exception):
    """A question that stood at the terminal was taken away before it was answered."""

    def __init__(self, typed: str = "") -> None:
        super().__init__(typed)
        self.typed = typed
        """What stood in the line."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a question is put that is taken away, and put again, while others come and go."""

    prompt: Callable[[], str]
    """What stands before the line, on an editing terminal."""
    ticks: bool = False
    """Whether the prompt is shown anew each second."""
    typed: str = ""
    """What stands in the line already."""
    fresh: bool = True
    """Whether what was typed before it stood is dropped: nobody decides on what they had not read."""


class LineEditor:
    """Edits one line after the other, and remembers them for the arrow keys, in memory only."""

    def __init__(self) -> None:
        self._history: InMemoryHistory | None = None

    def remember(self, text: str) -> None:
        """Keep a text for the arrow keys."""
        self._earlier().append_string(text)

    async def edit(self, prompt: str, choices: Sequence[str], watch: Watch | None, standing: Standing | None) -> str:
        """Ask for one line, on the loop of this thread; arguments and errors are those of `LineReader.read`."""
        sigint = _in_main_thread()
        if standing is None:
            session, line = self._session((*choices, "exit")), _last_line(prompt)
            if set(choices) - {"exit"}:
                _discard_typed_ahead(session)
            ask, taken_away = session.prompt_async(line, handle_sigint=sigint), _leave
        else:
            session = self._session(choices)
            _last_line(prompt)  # what stands above it
            if standing.fresh:
                _discard_typed_ahead(session)
            every = 1.0 if standing.ticks else 0.0
            ask = session.prompt_async(
                standing.prompt, default=standing.typed, refresh_interval=every, handle_sigint=sigint
            )
            taken_away = partial(_take_away, session)
        with _sigint_kept():
            return await _watched(ask, watch, taken_away)

    def _earlier(self) -> InMemoryHistory:
        from prompt_toolkit.history import InMemoryHistory

        if self._history is None:
            self._history = InMemoryHistory()
        return self._history

    def _session(self, choices: Sequence[str]) -> PromptSession[str]:
        """Make a session for one question: it binds the standard streams of this moment."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.output import ColorDepth
        from prompt_toolkit.shortcuts import CompleteStyle
        from prompt_toolkit.styles import Style

        return PromptSession(
            history=self._earlier(),
            completer=WordCompleter(list(dict.fromkeys(choices)), sentence=True),
            complete_while_typing=False,
            # At once: a menu would come after the Enter of somebody who types fast.
            complete_style=CompleteStyle.READLINE_LIKE,
            enable_suspend=sys.platform != "win32",
            # The question stays as it was read; the default turns it grey at Ctrl-D and Ctrl-C.
            style=Style([("aborting", "noinherit"), ("exiting", "noinherit")]),
            color_depth=None if colour_wanted(sys.stdout) else ColorDepth.DEPTH_1_BIT,
            output=_output(),
        )


def _leave() -> str:
    """Leave a question on the screen as it stands."""
    return ""


def _take_away(session: PromptSession[str]) -> str:
    """Let a question vanish from the screen; return what was typed."""
    session.app.erase_when_done = True
    return session.default_buffer.text


async def _watched(ask: Coroutine[Any, Any, str], watch: Watch | None, taken_away: Callable[[], str]) -> str:
    """Await an answer until it is not needed any more; then raise `Withdrawn`."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if watch is None or task is None:
        return await ask
    before, cut, over, typed = task.cancelling(), False, False, ""

    def cancel() -> None:
        nonlocal cut, typed
        if not over and not cut:
            cut, typed = True, taken_away()
            task.cancel()

    def withdraw() -> None:
        with suppress(RuntimeError):  # the loop is closed: the question is gone
            loop.call_soon_threadsafe(cancel)

    watch(withdraw)
    try:
        return await ask
    except asyncio.CancelledError:
        if cut and task.uncancel() <= before:
            raise Withdrawn(typed) from None
        raise
    finally:
        over = True


def _last_line(prompt: str) -> str:
    """Write the lines of a question but the last, and return that one.

    The editor cuts off what does not fit on the screen, and nobody may approve what they were
    not shown. Control characters are spelled out: a question may quote a model or a stranger.
    """
    above, line_end, line = visible(prompt).rpartition("\n")
    screen.write(sys.stdout, above + line_end)
    return line


def _discard_typed_ahead(session: PromptSession[str]) -> None:
    """Drop what was typed before a question with choices stood: nobody decides on what they had not read."""
    from prompt_toolkit.input.typeahead import clear_typeahead

    clear_typeahead(session.app.input)
    drop_typed_ahead()


def drop_typed_ahead() -> None:
    """Drop what was typed already at a terminal; a pipe keeps its lines."""
    if sys.platform != "win32":
        import termios

        with suppress(termios.error, OSError, ValueError, AttributeError):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _output() -> Output | None:
    """Return the terminal for prompt-toolkit, or None to let it choose.

    Cursor position requests are off: a terminal that does not answer them gets a warning
    in the middle of the transcript, and a late answer is read as if it were typed.
    """
    if sys.platform == "win32":
        return None
    from prompt_toolkit.data_structures import Size
    from prompt_toolkit.output.vt100 import Vt100_Output

    def size() -> Size:
        columns, rows = shutil.get_terminal_size()
        return Size(rows=rows, columns=columns)

    return Vt100_Output(sys.stdout, size, term=os.environ.get("TERM"), enable_cpr=False)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _sigint_kept() -> Generator[None]:
    """Put back what Ctrl-C did before: prompt-toolkit leaves the default behind."""
    if not _in_main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if before is not None and signal.getsignal(signal.SIGINT) is not before:
            signal.signal(signal.SIGINT, before)
