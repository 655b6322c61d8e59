"""The terminal that a process has one of: what may be shown on it, and the line that says a model is running."""

from __future__ import annotations

import atexit
import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from math import ceil
from threading import Condition, RLock, Thread
from time import monotonic
from typing import Protocol

DELAY = 0.4
"""Seconds a call may run before it is shown: a quick answer does not flicker."""
TICK = 0.12
"""Seconds between two pictures of the spinner."""


class TextFile(Protocol):
    """What is needed of a file to write text to it."""

    def write(self, text: str, /) -> object:
        """Write text."""
        ...

    def flush(self) -> object:
        """Hand on what was written."""
        ...


def is_tty(file: object) -> bool:
    """Say whether a file is a terminal; closed, missing and odd files are not."""
    try:
        return bool(file.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError, OSError):
        return False


def can_move_cursor(file: object) -> bool:
    """Say whether a file is a terminal on which a line can be erased."""
    return is_tty(file) and os.environ.get("TERM") != "dumb"


def colour_wanted(file: object) -> bool:
    """Decide on colours: off by NO_COLOR, on by FORCE_COLOR, else as the file is a capable terminal."""
    env = os.environ
    if env.get("ANSI_COLORS_DISABLED") or env.get("NO_COLOR"):
        return False
    return bool(env.get("FORCE_COLOR")) or can_move_cursor(file)


def visible(text: str) -> str:
    """Return text with its control characters spelled out; line ends and tabs stay."""
    return _CONTROL.sub(_spell, text) if _CONTROL.search(text) else text


# C0 and C1 without tab and line feed, and the characters that reverse the direction of a line.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == 13:  # dropped, not spelled: text with Windows line ends is common and harmless
        return ""
    if code < 32 or code == 127:
        return "^" + chr(code ^ 64)
    return f"<U+{code:04X}>"


def put(file: TextFile | None, text: str) -> None:
    """Write text at once; what the file's encoding lacks is written as an escape, not raised."""
    if file is None or not text:  # no standard output, as under pythonw
        return
    try:
        file.write(text)
    except UnicodeEncodeError:
        encoding = getattr(file, "encoding", None) or "ascii"
        file.write(text.encode(encoding, "backslashreplace").decode(encoding))
    file.flush()


class Call:
    """One running model call, as shown."""

    __slots__ = ("colour", "file", "label", "started", "waits", "why")

    def __init__(self, label: str, file: TextFile, colour: bool) -> None:
        self.label = label
        self.file = file
        self.colour = colour
        self.started = monotonic()
        self.waits = 0.0
        """Until when the next attempt is waited for."""
        self.why = ""


class Screen:
    """The last line of the terminal.

    Everything of ours that goes to a terminal passes here, so that the spinner is erased
    before other text and is not drawn into a question. It is drawn by a thread that lives
    only while calls run, and only where the file is a terminal.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._changed = Condition(self._lock)
        self._calls: list[Call] = []
        self._thread: Thread | None = None
        self._drawn: TextFile | None = None
        self._held = 0
        self._mid_line: TextFile | None = None
        self._frame = 0

    def write(self, file: TextFile | None, text: str) -> None:
        """Write text to a file; if that is a terminal, without the spinner."""
        if not is_tty(file):
            put(file, text)
            return
        with self._lock:
            self._erase()
            put(file, text)
            if text:
                self._mid_line = None if text.endswith("\n") else file

    def show(self, label: str, file: TextFile, colour: bool) -> Call:
        """Show from now on that a call runs."""
        call = Call(label, file, colour)
        with self._lock:
            self._calls.append(call)
            if self._thread is None:
                self._thread = Thread(target=self._draw_until_done, name="convagent-spinner", daemon=True)
                self._thread.start()
        return call

    def hide(self, call: Call) -> None:
        """Show a call no longer; unknown ones are ignored."""
        with self._lock:
            if call not in self._calls:
                return
            self._calls.remove(call)
            if not self._calls:
                self._erase()
            self._changed.notify_all()

    def change(self, call: Call, label: str, why: str = "", seconds: float = 0.0) -> None:
        """Show another label of a call, and for some seconds why its next attempt is waited for."""
        with self._lock:
            call.label, call.why, call.waits = label, why, monotonic() + seconds

    @contextmanager
    def held(self) -> Generator[None]:
        """Draw nothing while a person is asked."""
        with self._lock:
            self._erase()
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1
                self._mid_line = None

    def erase(self) -> None:
        """Take the spinner off the screen until it is next drawn."""
        with self._lock:
            self._erase()

    def _erase(self) -> None:
        if self._drawn is not None:
            with suppress(ValueError, OSError):  # closed meanwhile: nothing to erase
                put(self._drawn, "\r\x1b[K")
            self._drawn = None

    def _draw_until_done(self) -> None:
        with self._lock:
            while self._calls:
                if not self._held and self._calls[0].file is not self._mid_line:
                    self._draw()
                self._changed.wait(TICK)
            self._thread = None

    def _draw(self) -> None:
        oldest = self._calls[0]
        now = monotonic()
        if now - oldest.started < DELAY:
            return
        more = f" and {len(self._calls) - 1} more" if len(self._calls) > 1 else ""
        doing = f"{now - oldest.started:.0f} s"
        if now < oldest.waits:
            doing = f"{oldest.why}, waiting {ceil(oldest.waits - now)} s"
        self._frame += 1
        line = f"{_frame(oldest.file, self._frame)} {oldest.label}{more}: {doing}"
        from shutil import get_terminal_size  # with five modules for archives, for one call

        line = line[: max(get_terminal_size().columns - 1, 10)]
        if oldest.colour:
            line = f"\x1b[2m{line}\x1b[0m"
        try:
            # The cursor goes back to the start, so that text of others overwrites the line.
            put(oldest.file, f"\r\x1b[K{line}\r")
            self._drawn = oldest.file
        except (ValueError, OSError):  # the terminal is gone
            self._calls.clear()


def _frame(file: object, number: int) -> str:
    utf8 = "utf" in str(getattr(file, "encoding", "") or "").lower()
    frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if utf8 else "|/-\\"
    return frames[number % len(frames)]


screen = Screen()
"""The one screen. Module level, because a process has one terminal whoever writes to it."""

atexit.register(screen.erase)
if sys.platform != "win32":
    # The drawing thread does not exist in a forked child, and its lock may have been held.
    os.register_at_fork(after_in_child=screen.__init__)
