"""The terminal channel and the printer at a real pseudo-terminal."""

from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from tests.channels.pty_session import FreshSession, Session

ASK = """
import asyncio, signal, threading
from convagent.channels.terminal import Terminal
from convagent.human import HumanRequest
terminal = Terminal()
def request(number=1, **more):
    return HumanRequest(f"r:{number}", f"question {number}> ", "user", **more)
def show(reply):
    print("ANSWER", [reply.text, reply.end_of_input], flush=True)
"""
SYNC = "show(terminal.ask(request(choices=('approve', 'reject'))))\n"
ASYNC = "show(asyncio.run(terminal.a_ask(request(choices=('approve', 'reject')))))\n"
IN_THREAD = "t = threading.Thread(target=lambda: show(terminal.ask(request()))); t.start(); t.join()\n"
IN_LOOP = "async def main(): show(terminal.ask(request()))\nasyncio.run(main())\n"

everywhere = pytest.mark.parametrize(
    "where", [SYNC, ASYNC, IN_THREAD, IN_LOOP], ids=["sync", "async", "thread", "loop"]
)


@everywhere
def test_answer_is_the_typed_line_when_enter_is_pressed(where: str) -> None:
    """A question is answered from the main thread, another thread, a loop and inside a running loop."""
    with Session(ASK + where) as tty:
        tty.wait_for("question 1>")
        tty.send("hello\r")
        tty.wait_for("ANSWER ['hello', False]")
        assert tty.finish() == 0
        assert "question 1> hello\n" in tty.text, "the question and the answer stay on the screen"


@everywhere
def test_reply_says_end_of_input_when_ctrl_d_is_pressed(where: str) -> None:
    """Ctrl-D ends the input; it is no empty answer."""
    with Session(ASK + where) as tty:
        tty.wait_for("question 1>")
        tty.send("\x04")
        tty.wait_for("ANSWER ['', True]")
        assert tty.finish() == 0


@pytest.mark.parametrize("where", [SYNC, ASYNC, IN_LOOP], ids=["sync", "async", "loop"])
def test_ctrl_c_is_raised_when_pressed_at_the_prompt(where: str) -> None:
    """Ctrl-C at the prompt is a KeyboardInterrupt for the caller, and the terminal is usable after it."""
    indented = where.replace("\n", "\n ")
    again = "\nexcept KeyboardInterrupt:\n print('INTERRUPTED', input('again? '))\n"
    with Session(f"{ASK}\ntry:\n {indented}{again}") as tty:
        tty.wait_for("question 1>")
        tty.send("half\x03")
        tty.wait_for("again? ")
        tty.send("yes\r")
        tty.wait_for("INTERRUPTED yes")
        assert tty.finish() == 0


def test_ctrl_c_does_what_it_did_before_when_the_question_is_over() -> None:
    """The handler of Ctrl-C that a program had installed is there again after a question."""
    handler = "mine = lambda *_: print('MINE', flush=True)\nsignal.signal(signal.SIGINT, mine)\n"
    check = "print('KEPT', signal.getsignal(signal.SIGINT) is mine)\n"
    with Session(ASK + handler + SYNC + check) as tty:
        tty.wait_for("question 1>")
        tty.send("x\r")
        tty.wait_for("KEPT True")
        assert tty.finish() == 0


def test_current_loop_is_left_alone_when_asking() -> None:
    """A script that asks for the current event loop still gets it after a question."""
    check = "loop = asyncio.get_event_loop_policy().get_event_loop(); loop.close(); print('LOOP')\n"
    with Session(ASK + "import warnings; warnings.simplefilter('ignore')\n" + SYNC + check) as tty:
        tty.wait_for("question 1>")
        tty.send("x\r")
        tty.wait_for("LOOP")
        assert tty.finish() == 0


def test_pasted_lines_are_one_answer_when_pasted() -> None:
    """Three pasted lines answer one question, and Enter sends them."""
    with Session(ASK + SYNC) as tty:
        tty.wait_for("question 1>")
        tty.send("\x1b[200~one\ntwo\nthree\x1b[201~")
        tty.wait_for("three")
        tty.send("\r")
        tty.wait_for(r"ANSWER ['one\ntwo\nthree', False]")
        assert tty.finish() == 0


@pytest.mark.parametrize(("typed", "word"), [("ex", "exit"), ("app", "approve"), ("rej", "reject")])
def test_word_is_completed_when_tab_is_pressed(typed: str, word: str) -> None:
    """`exit` and the offered choices are completed by Tab; nothing is offered unasked."""
    with Session(ASK + SYNC) as tty:
        tty.wait_for("question 1>")
        tty.send(typed + "\t")
        tty.wait_for(word[len(typed) :])
        tty.send("\r")
        tty.wait_for(f"ANSWER ['{word}', False]")


def test_earlier_answer_is_offered_when_up_is_pressed() -> None:
    """A terminal remembers its answers, across the synchronous and the async call."""
    again = "show(asyncio.run(terminal.a_ask(request(2))))\n"
    with Session(ASK + SYNC + again) as tty:
        tty.wait_for("question 1>")
        tty.send("remember me\r")
        tty.wait_for("question 2>")
        tty.send("\x1b[A")
        tty.wait_for("remember me")
        tty.send("\r")
        tty.wait_for("ANSWER ['remember me', False]")


def test_nothing_typed_is_shown_when_the_answer_is_hidden() -> None:
    """A password is not echoed and is not in the history."""
    again = "show(terminal.ask(request(2)))\n"
    with Session(ASK + "print(len(terminal.ask(request(password=True)).text))\n" + again) as tty:
        tty.wait_for("question 1>")
        tty.send("geheim\r")
        tty.wait_for("question 2>")
        tty.send("\x1b[Ax\r")
        tty.wait_for("ANSWER ['x', False]")
        assert "geheim" not in tty.raw


def test_plain_input_asks_when_the_terminal_is_dumb() -> None:
    """Where the cursor cannot be moved the question is asked by `input`."""
    with FreshSession(ASK + SYNC + "import sys; print('prompt_toolkit' in sys.modules)", TERM="dumb") as tty:
        tty.wait_for("question 1>")
        tty.send("plain\r")
        tty.wait_for("ANSWER ['plain', False]\nFalse")


def test_questions_take_turns_when_two_threads_ask() -> None:
    """One terminal shows one question at a time; each answer reaches its own question."""
    two = """
threads = [threading.Thread(target=lambda n=n: show(terminal.ask(request(n)))) for n in (1, 2)]
for t in threads: t.start()
for t in threads: t.join()
"""
    with Session(ASK + two) as tty:
        tty.wait_for(">")
        first, second = ("1", "2") if "question 1" in tty.text else ("2", "1")
        assert f"question {second}" not in tty.text
        tty.send("first\r")
        tty.wait_for(f"question {second}>")  # before or after the first answer is shown: threads race there
        tty.send("second\r")
        assert tty.finish() == 0
        assert f"question {first}> first" in tty.text
        assert "ANSWER ['first', False]" in tty.text
        assert "ANSWER ['second', False]" in tty.text


SPIN = """
import sys
from convagent.events import *
from convagent.observers.console import ConsoleEventProcessor
from convagent.human import HumanRequest
def events():
    yield ModelCallStarted(run_id="r", agent="bot", model="gpt-4o")
    sys.stdin.readline()  # until the test has seen the spinner
    yield ModelCallFinished(run_id="r", agent="bot", model="gpt-4o", seconds=1.5)
    yield TextEvent(run_id="r", message={"content": "done"}, sender="bot", recipient="user")
class Response:
    events = property(lambda self: events())
ConsoleEventProcessor().process(Response())
"""


def test_spinner_comes_and_goes_when_a_model_is_asked() -> None:
    """At a terminal a running call is shown and leaves nothing behind but how long it took."""
    with Session(SPIN) as tty:
        tty.wait_for("bot: asking gpt-4o: ")
        tty.send("\r")
        tty.wait_for("[gpt-4o: 1.5 s]\n")
        assert tty.finish() == 0
        assert "\r\x1b[K\x1b[33mbot\x1b[0m (to user):" in tty.raw
        assert "\x1b[2m[gpt-4o: 1.5 s]\x1b[0m" in tty.raw


def test_no_colours_are_used_when_the_environment_says_so() -> None:
    """NO_COLOR takes the colours, also those of the editor; the spinner stays."""
    with Session(SPIN + ASK + SYNC, NO_COLOR="1") as tty:
        tty.wait_for("bot: asking gpt-4o: ")
        tty.send("\r")
        tty.wait_for("question 1>")
        tty.send("\x04")
        tty.wait_for("ANSWER")
        assert tty.finish() == 0
        assert "\x1b[33m" not in tty.raw
        assert "\x1b[38" not in tty.raw
        assert "\x1b[2m" not in tty.raw


def test_whole_question_is_shown_when_it_is_taller_than_the_screen() -> None:
    """Nobody can approve what they were not shown: every line of a long question is written."""
    many = "long = HumanRequest('r:9', '\\n'.join(f'case {n}.' for n in range(60)) + '\\nall? ', 'agent')\n"
    with Session(ASK + many + "show(terminal.ask(long))\n") as tty:
        tty.wait_for("all?")
        tty.send("no\r")
        tty.finish()
    assert [f"case {n}." in tty.text for n in range(60)] == [True] * 60


def test_question_cannot_move_the_cursor_when_it_quotes_a_stranger() -> None:
    """Control characters in a question are spelled out, in its last line and above it."""
    evil = "evil = HumanRequest('r:9', 'memo \\x1b[2J\\x1b[1A gone\\nlast \\x1b[1A ok? ', 'agent')\n"
    with Session(ASK + evil + "show(terminal.ask(evil))\n") as tty:
        tty.wait_for("memo ^[[2J^[[1A gone")
        tty.wait_for("ok?")
        tty.send("no\r")
        tty.finish()
    assert "last ^[[1A ok?" in tty.text
