"""Read what a person types: with prompt-toolkit on a terminal, else by `input` and `getpass`."""

from __future__ import annotations

import asyncio
import builtins
import errno
import getpass
import os
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from types import BuiltinFunctionType
from typing import Any

from ._editor import LineEditor, Standing, drop_typed_ahead
from ._screen import can_move_cursor, is_tty, screen, visible
from ._sync import Watch, ctrl_c, in_thread, join_thread


class LineReader:
    """Reads answers where a person types, and remembers them for the arrow keys, in memory only.

    On a terminal an answer can be edited and recalled, pasted lines stay one answer, and Tab
    completes. Where `builtins.input` was replaced, or input or output is no terminal, the
    `input` of this moment is called with the prompt, exactly as a script would.
    """

    def __init__(self) -> None:
        self._editor = LineEditor()

    def remember(self, text: str) -> None:
        """Keep a text for the arrow keys."""
        self._editor.remember(text)

    def read(
        self,
        prompt: str = "",
        *,
        password: bool = False,
        choices: Sequence[str] = (),
        watch: Watch | None = None,
        standing: Standing | None = None,
    ) -> str:
        """Read one answer, blocking this thread; any thread will do.

        Args:
            prompt: what the person reads.
            password: whether what is typed is hidden.
            choices: words for Tab; `exit` is one of them, unless the question is a standing one.
            watch: tells when the question needs no answer any more; `input` cannot be taken away.
            standing: how a decision is put.

        Raises:
            Withdrawn: it needs none, and the question was taken off the terminal.
            EOFError: Ctrl-D, the end of a pipe, no standard input.
            KeyboardInterrupt: Ctrl-C.
        """
        with _turn(password):
            if password or not _editing():
                return _plain(prompt, password, standing is not None)
            try:
                return _run(lambda: self._editor.edit(prompt, choices, watch, standing))
            except KeyboardInterrupt:  # without the dozen frames of the editor
                raise KeyboardInterrupt from None

    async def a_read(
        self,
        prompt: str = "",
        *,
        password: bool = False,
        choices: Sequence[str] = (),
        watch: Watch | None = None,
        standing: Standing | None = None,
    ) -> str:
        """Read one answer while the event loop goes on; raises as `read` does."""
        async with _a_turn(password):
            if password or not _editing():
                return await in_thread(_plain, prompt, password, standing is not None)
            return await self._editor.edit(prompt, choices, watch, standing)


def os_user() -> str:
    """Return the name of the operating-system user, or empty where there is none."""
    with suppress(ImportError, KeyError, AttributeError, OSError):
        import pwd  # asked first: getpass believes LOGNAME, which anyone can set

        return pwd.getpwuid(os.getuid()).pw_name
    with suppress(ImportError, KeyError, OSError):
        return getpass.getuser()
    return ""


def _editing() -> bool:
    """Say whether a person types at a terminal of ours, which can do more than `input`."""
    return _is_original(builtins.input) and can_move_cursor(sys.stdin) and can_move_cursor(sys.stdout)


def _is_original(function: object) -> bool:
    return isinstance(function, BuiltinFunctionType) and function.__module__ == "builtins"


def _plain(prompt: str, password: bool, decision: bool = False) -> str:
    if decision:
        drop_typed_ahead()
    try:
        # A real getpass opens the controlling terminal even where answers are piped in.
        if password and (is_tty(sys.stdin) or getpass.getpass.__module__ != "getpass"):
            return getpass.getpass(prompt or "Password: ")
        if _is_original(builtins.input) and getattr(sys.stdin, "closed", True):
            raise EOFError("standard input is closed")
        # Kept by this frame: should the program end while a daemon thread stands here, Python would
        # close the stream, find its lock taken, and abort.
        _kept = sys.stdin
        # A replaced `input` gets the prompt to the character; a terminal nothing that moves its cursor.
        return builtins.input(visible(prompt) if is_tty(sys.stdout) and _is_original(builtins.input) else prompt)
    except OSError as error:
        # The descriptor was closed, or the terminal hung up.
        if error.errno in (errno.EBADF, errno.EIO):
            raise EOFError(str(error)) from error
        raise


# ---------------------------------------------------------------- one question at a time

_asking = threading.Lock()
"""Held while a question stands at the standard input, of which a process has one."""


def _release_in_child() -> None:
    global _asking
    _asking = threading.Lock()  # the thread that held it is not in a forked child


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_in_child)


@contextmanager
def _turn(password: bool) -> Generator[None]:
    if _is_replaced(password):
        screen.erase()
        yield
        return
    with _asking, screen.held():
        yield


@asynccontextmanager
async def _a_turn(password: bool) -> AsyncGenerator[None]:
    if _is_replaced(password):
        yield
        return
    # Other threads ask too, so it is a thread's lock; a loop must not block on one.
    while not _asking.acquire(blocking=False):  # noqa: ASYNC110 - no event to wait for
        await asyncio.sleep(0.02)
    try:
        with screen.held():
            yield
    finally:
        _asking.release()


def _is_replaced(password: bool) -> bool:
    """Say whether answers come from a function of the user, which may serve many at once."""
    return getpass.getpass.__module__ != "getpass" if password else not _is_original(builtins.input)


# ---------------------------------------------------------------- the loop of a question


def _run(ask: Callable[[], Coroutine[Any, Any, str]]) -> str:
    """Run a coroutine to its end on a loop of its own, here or, if a loop runs here, in a thread.

    Not `asyncio.run`: it leaves the main thread without a current loop, and a script that
    asks for one after the first question would fail.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(ask)
    return join_thread(_run_here, ask)


def _run_here(ask: Callable[[], Coroutine[Any, Any, str]]) -> str:
    # Raised while a loop is made or closed, Ctrl-C would leave it half done and noisy: it cancels the task instead.
    running: list[asyncio.Task[str]] = []
    pressed = False

    def cancel() -> bool:
        nonlocal pressed
        pressed = True
        for task in running:
            task.get_loop().call_soon_threadsafe(task.cancel)
        return True

    with ctrl_c(cancel), closing(asyncio.new_event_loop()) as loop:
        task = loop.create_task(ask())
        running.append(task)
        if pressed:
            task.cancel()
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            if not pressed:
                raise
        finally:
            running.clear()
            loop.run_until_complete(loop.shutdown_asyncgens())
    if pressed:
        raise KeyboardInterrupt
    return task.result()
