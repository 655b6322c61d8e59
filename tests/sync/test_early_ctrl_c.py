"""Ctrl-C in the very moment in which an event loop is made leaves nothing half done, and no noise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("event loops are made otherwise", allow_module_level=True)

from tests.channels.pty_session import FreshSession

ROOT = Path(__file__).resolve().parent.parent.parent

PRESS = """
import signal, socket
real = socket.socketpair
def pressed(*args, **kwargs):  # an event loop makes one pair, its way to be woken
    socket.socketpair = real
    signal.raise_signal(signal.SIGINT)
    return real(*args, **kwargs)
"""
SETUP = """
from convagent import ConversableAgent
from convagent.models.scripted import ScriptedModel
bot = ConversableAgent("bot", llm_config=ScriptedModel(["one"] * 9), human_input_mode="NEVER", silent=True)
user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER", silent=True)
"""
NOISE = ("Exception ignored", "Warning", "never awaited", "Task was destroyed")


@pytest.mark.parametrize(
    "chat",
    [
        "user.initiate_chat(bot, message='go', max_turns=1)",
        "user.run(bot, message='go', max_turns=1)",
        "bot.generate_reply([{'role': 'user', 'content': 'go'}])",
    ],
    ids=["initiate_chat", "run", "generate_reply"],
)
def test_keyboard_interrupt_is_quiet_when_pressed_while_the_loop_is_made(chat: str) -> None:
    """The first chat of a program is cancelled without a word on stderr, and the next one works."""
    program = f"""{PRESS}{SETUP}
socket.socketpair = pressed
try:
    {chat}
except KeyboardInterrupt:
    print("CANCELLED")
print("NEXT", user.initiate_chat(bot, message="go", max_turns=1).summary)
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.startswith("CANCELLED")
    assert done.stdout.endswith("NEXT one\n")


def test_keyboard_interrupt_is_quiet_when_pressed_while_a_question_is_put() -> None:
    """Where the loop of the prompt is made, Ctrl-C is that of the question; the next question works."""
    program = f"""{PRESS}
from convagent.channels.terminal import Terminal
from convagent.human import HumanRequest
terminal = Terminal()
socket.socketpair = pressed
try:
    terminal.ask(HumanRequest("r:1", "first> ", "agent"))
except KeyboardInterrupt:
    print("CANCELLED", flush=True)
print("GOT", terminal.ask(HumanRequest("r:2", "second> ", "agent")).text, flush=True)
"""
    with FreshSession(program) as tty:
        tty.wait_for("CANCELLED")
        tty.wait_for("second>")
        tty.send("fine\r")
        tty.wait_for("GOT fine")
        assert tty.finish() == 0
    assert [word for word in NOISE if word in tty.text] == []
