"""Read what a person types: with prompt-toolkit on a terminal, else by `input` and `getpass`."""

from __future__ import annotations

import asyncio
import builtins
import contextvars
import errno
import getpass
import os
import shutil
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from ._screen import can_move_cursor, colour_wanted, is_tty, screen, visible
from ._sync import Watch, ctrl_c

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import InMemoryHistory
    from prompt_toolkit.output import Output

T = TypeVar("T")


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


class LineReader:
    """Reads answers where a person types, and remembers them for the arrow keys, in memory only.

    On a terminal an answer can be edited and recalled, pasted lines stay one answer, and Tab
    completes. Where `builtins.input` was replaced, or input or output is no terminal, the
    `input` of this moment is called with the prompt, exactly as a script would.
    """

    def __init__(self) -> None:
        self._history: InMemoryHistory | None = None

    def remember(self, text: str) -> None:
        """Keep a text for the arrow keys."""
        self._earlier().append_string(text)

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
                return _run(lambda: self._edited(prompt, choices, watch, standing))
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
            return await self._edited(prompt, choices, watch, standing)

    async def _edited(self, prompt: str, choices: Sequence[str], watch: Watch | None, standing: Standing | None) -> str:
        sigint = _in_main_thread()
        if standing is None:
            session, line = self._session((*choices, "exit")), _last_line(prompt)
            if set(choices) - {"exit"}:
                _discard_typed_ahead(session)
            ask, taken_away = session.prompt_async(line, handle_sigint=sigint), _leave
        else:
            session = self._session(choices)
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
    _flush()


def _flush() -> None:
    if sys.platform != "win32":
        import termios

        with suppress(termios.error, OSError, ValueError, AttributeError):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _is_original(function: object) -> bool:
    return isinstance(function, BuiltinFunctionType) and function.__module__ == "builtins"


def _plain(prompt: str, password: bool, decision: bool = False) -> str:
    if decision:
        _flush()  # of a terminal; a pipe keeps its lines
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


# ---------------------------------------------------------------- loops, threads, signals


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


def join_thread(fn: Callable[..., T], *args: Any) -> T:
    """Call a function in a thread of its own and wait for it; what it raises is raised here."""
    box: list[Callable[[], T]] = []
    call = _in_this_context(fn, *args)
    thread = threading.Thread(target=lambda: box.append(_outcome(call)), daemon=True)
    thread.start()
    thread.join()
    return box[0]()


async def in_thread(fn: Callable[..., T], *args: Any) -> T:
    """Call a blocking function in a daemon thread.

    Not the loop's executor: that waits at exit for a person who never types.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Callable[[], T]] = loop.create_future()
    call = _in_this_context(fn, *args)

    def deliver(outcome: Callable[[], T]) -> None:
        if not done.done():
            done.set_result(outcome)

    def work() -> None:
        outcome = _outcome(call)
        with suppress(RuntimeError):  # the loop ended meanwhile: nobody waits
            loop.call_soon_threadsafe(deliver, outcome)

    threading.Thread(target=work, name="convagent-question", daemon=True).start()
    return (await done)()


def _in_this_context(fn: Callable[..., T], *args: Any) -> Callable[[], T]:
    context = contextvars.copy_context()
    return lambda: context.run(fn, *args)


def _outcome(fn: Callable[[], T]) -> Callable[[], T]:
    """Call a function and return another that gives back what it returned or raised."""
    try:
        value = fn()
    except BaseException as error:  # noqa: BLE001 - Ctrl-C too is carried to whoever waits
        return lambda error=error: _raise(error)
    return lambda: value


def _raise(error: BaseException) -> Any:
    raise error


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
