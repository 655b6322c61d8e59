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
from contextlib import asynccontextmanager, contextmanager, suppress
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from ._screen import can_move_cursor, colour_wanted, is_tty, screen, visible

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import InMemoryHistory
    from prompt_toolkit.output import Output

T = TypeVar("T")
Watch = Callable[[Callable[[], None]], None]
"""Takes a function and calls it once a question needs no answer any more."""


class Withdrawn(Exception):
    """A question that stood at the terminal was taken away before it was answered."""


class LineReader:
    """Reads answers where a person types, and remembers them for the arrow keys, in memory only.

    On a terminal an answer can be edited and recalled, pasted lines stay one answer, and Tab
    completes. Where `builtins.input` was replaced, or input or output is no terminal, the
    `input` of this moment is called with the prompt, exactly as a script would.
    """

    def __init__(self) -> None:
        self._history: InMemoryHistory | None = None

    def read(
        self, prompt: str = "", *, password: bool = False, choices: Sequence[str] = (), watch: Watch | None = None
    ) -> str:
        """Read one answer, blocking this thread; any thread will do.

        Args:
            prompt: what the person reads.
            password: whether what is typed is hidden.
            choices: words for Tab.
            watch: tells when the question needs no answer any more; `input` cannot be taken away.

        Raises:
            Withdrawn: it needs none, and the question was taken off the terminal.
            EOFError: Ctrl-D, the end of a pipe, no standard input.
            KeyboardInterrupt: Ctrl-C.
        """
        with _turn(password):
            if password or not _editing():
                return _plain(prompt, password)
            session, line = self._session(choices), _last_line(prompt)
            if set(choices) - {"exit"}:
                _discard_typed_ahead(session)
            try:
                with _sigint_kept():
                    return _run(lambda: _watched(session.prompt_async(line, handle_sigint=_in_main_thread()), watch))
            except KeyboardInterrupt:  # without the dozen frames of the editor
                raise KeyboardInterrupt from None

    async def a_read(
        self, prompt: str = "", *, password: bool = False, choices: Sequence[str] = (), watch: Watch | None = None
    ) -> str:
        """Read one answer while the event loop goes on; raises as `read` does."""
        async with _a_turn(password):
            if password or not _editing():
                return await in_thread(_plain, prompt, password)
            session, line = self._session(choices), _last_line(prompt)
            if set(choices) - {"exit"}:
                _discard_typed_ahead(session)
            with _sigint_kept():
                return await _watched(session.prompt_async(line, handle_sigint=_in_main_thread()), watch)

    def _session(self, choices: Sequence[str]) -> PromptSession[str]:
        """Make a session for one question: it binds the standard streams of this moment."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import InMemoryHistory
        from prompt_toolkit.output import ColorDepth
        from prompt_toolkit.styles import Style

        if self._history is None:
            self._history = InMemoryHistory()
        words = list(dict.fromkeys((*choices, "exit")))
        return PromptSession(
            history=self._history,
            completer=WordCompleter(words, sentence=True),
            complete_while_typing=False,
            enable_suspend=sys.platform != "win32",
            # The question stays as it was read; the default turns it grey at Ctrl-D and Ctrl-C.
            style=Style([("aborting", "noinherit"), ("exiting", "noinherit")]),
            color_depth=None if colour_wanted(sys.stdout) else ColorDepth.DEPTH_1_BIT,
            output=_output(),
        )


async def _watched(ask: Coroutine[Any, Any, str], watch: Watch | None) -> str:
    """Await an answer until it is not needed any more; then raise `Withdrawn`."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if watch is None or task is None:
        return await ask
    before, cut, over = task.cancelling(), False, False

    def cancel() -> None:
        nonlocal cut
        if not over:
            cut = True
            task.cancel()

    def withdraw() -> None:
        with suppress(RuntimeError):  # the loop is closed: the question is gone
            loop.call_soon_threadsafe(cancel)

    watch(withdraw)
    try:
        return await ask
    except asyncio.CancelledError:
        if cut and task.uncancel() <= before:
            raise Withdrawn from None
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
    if sys.platform != "win32":
        import termios

        with suppress(termios.error, OSError, ValueError):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _is_original(function: object) -> bool:
    return isinstance(function, BuiltinFunctionType) and function.__module__ == "builtins"


def _plain(prompt: str, password: bool) -> str:
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
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(ask())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


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
