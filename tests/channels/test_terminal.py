"""The terminal channel where there is no terminal: replaced functions, pipes, nothing at all."""

from __future__ import annotations

import asyncio
import builtins
import getpass
import io
import sys
import threading
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from convagent.channels.terminal import Terminal
from convagent.events import InputRequestEvent, TextEvent
from convagent.human import HumanReply, HumanRequest

ASK = HumanRequest("r:1", "Your turn: ", "user", choices=("approve",))

twins = pytest.mark.parametrize("twin", ["sync", "async"])


def ask(request: HumanRequest, twin: str) -> HumanReply:
    return Terminal().ask(request) if twin == "sync" else asyncio.run(Terminal().a_ask(request))


@twins
def test_replaced_input_is_called_with_the_prompt_when_asked(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that replaced `input` is asked through it, at every question."""
    for text in ("yes", "", "exit"):
        monkeypatch.setattr(builtins, "input", lambda prompt, text=text: prompt + text)
        reply = ask(ASK, twin)
        assert (reply.request_id, reply.text) == ("r:1", f"Your turn: {text}")
        assert (reply.channel, reply.end_of_input) == ("terminal", False)
        assert reply.by


@twins
@pytest.mark.parametrize("stdin", [io.StringIO(""), None], ids=["empty", "none"])
def test_reply_says_end_of_input_when_there_is_none(
    twin: str, stdin: io.StringIO | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ended or missing standard input is an answer of its own kind, not an error and not an approval."""
    monkeypatch.setattr(sys, "stdin", stdin)
    reply = ask(ASK, twin)
    assert (reply.text, reply.end_of_input, reply.channel) == ("", True, "terminal")


@twins
def test_reply_says_end_of_input_when_it_was_closed(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed standard input is the end of the input too."""
    closed = io.StringIO("never read\n")
    closed.close()
    monkeypatch.setattr(sys, "stdin", closed)
    assert ask(ASK, twin).end_of_input


@twins
def test_ctrl_c_is_raised_when_pressed_at_the_question(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is not an answer."""

    def interrupted(prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(builtins, "input", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask(ASK, twin)


@twins
def test_password_is_asked_by_getpass_when_hidden(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hidden question goes to getpass; without a prompt it says what it wants."""
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"typed at {prompt!r}")
    assert ask(HumanRequest("r:1", "PIN: ", "user", password=True), twin).text == "typed at 'PIN: '"
    assert ask(HumanRequest("r:1", "", "user", password=True), twin).text == "typed at 'Password: '"


def test_replaced_inputs_answer_side_by_side_when_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that ask a function do not queue up behind each other: all are in it at once."""
    together = threading.Barrier(8)

    def answer(prompt: str) -> str:
        together.wait(20)
        return "ok"

    monkeypatch.setattr(builtins, "input", answer)

    async def main() -> list[HumanReply]:
        return await asyncio.gather(*(Terminal().a_ask(ASK) for _ in range(8)))

    assert [reply.text for reply in asyncio.run(main())] == ["ok"] * 8


def test_waiting_ends_when_the_asking_task_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancelled question lets go at once, although its thread still waits for a person."""
    asked, release = threading.Event(), threading.Event()

    def never(prompt: str) -> str:
        asked.set()
        release.wait(20)
        return "too late"

    monkeypatch.setattr(builtins, "input", never)

    async def main() -> None:
        task = asyncio.create_task(Terminal().a_ask(ASK))
        while not asked.is_set():  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not release.is_set()
    release.set()


def test_event_is_answered_when_the_terminal_is_a_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told of a question the terminal replies to it; other events are nothing to it."""
    monkeypatch.setattr(builtins, "input", lambda prompt: "yes")
    replies: list[HumanReply] = []
    terminal = Terminal()
    terminal(TextEvent(message={"content": "hi"}, sender="bot", recipient="user"))
    terminal(InputRequestEvent(request=ASK, _answer=replies.append))
    assert [(reply.request_id, reply.text) for reply in replies] == [("r:1", "yes")]


PIPED = """
from convagent.channels.terminal import Terminal
from convagent.human import HumanRequest
terminal = Terminal()
for number in range(3):
    reply = terminal.ask(HumanRequest(f"r:{number}", "> ", "user", password=number == 1))
    print([reply.text, reply.end_of_input])
"""


def test_answers_are_lines_when_piped(python: Callable[..., CompletedProcess[str]]) -> None:
    """Piped answers are read line by line, hidden ones too, and prompts are written as `input` does."""
    done = python("-c", PIPED, input="first\nsecond")
    assert done.stderr == ""
    assert done.stdout == "> ['first', False]\n> ['second', False]\n> ['', True]\n"


def test_no_editor_is_loaded_when_piped(python: Callable[..., CompletedProcess[str]]) -> None:
    """prompt-toolkit is imported only where somebody types."""
    done = python("-c", PIPED + "import sys; print('prompt_toolkit' in sys.modules)")
    assert done.stdout.endswith("False\n")
