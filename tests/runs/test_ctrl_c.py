"""Ctrl-C and Ctrl-D at a real terminal, and Ctrl-C where there is none."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from tests.channels.pty_session import Session

ROOT = Path(__file__).resolve().parent.parent.parent

SETUP = """
import asyncio, sys
from convagent import ConversableAgent, UserProxyAgent, tool
from convagent.models.scripted import ScriptedModel
bot = ConversableAgent("bot", llm_config=ScriptedModel(["one", "two", "TERMINATE", "four"]), human_input_mode="NEVER")
user = ConversableAgent("user", llm_config=False, human_input_mode="ALWAYS")
def show(result):
    print("REASON", result.reason, [m["content"] for m in result.chat_history], flush=True)
"""
SYNC = "show(user.initiate_chat(bot, message='go'))\n"
PROCESS = "r = user.run(bot, message='go'); r.process(); show(r.result)\n"
ASYNC = "show(asyncio.run(user.a_initiate_chat(bot, message='go')))\n"
ASYNC_PROCESS = """
async def main():
    r = await user.a_run(bot, message='go')
    await r.process()
    show(await r.result)
asyncio.run(main())
"""
OVERRIDE = """
class Mine(ConversableAgent):
    def get_human_input(self, prompt, **more):
        return super().get_human_input(prompt, **more)
user = Mine("user", llm_config=False, human_input_mode="ALWAYS")
"""
NOTEBOOK = """
async def main():
    show(user.initiate_chat(bot, message='go'))
asyncio.run(main())
"""
everywhere = pytest.mark.parametrize(
    "chat",
    [SYNC, PROCESS, ASYNC, ASYNC_PROCESS, OVERRIDE + SYNC, OVERRIDE + ASYNC, NOTEBOOK],
    ids=["sync", "process", "async", "async-process", "override", "async-override", "notebook"],
)
PROMPT = "or type 'exit' to end the conversation:"
INTERRUPTED = "Interrupted. Press enter to resume"


def clean(tty: Session) -> None:
    """Check that nothing broke: no traceback, no warning."""
    assert "Traceback" not in tty.text
    assert "Warning" not in tty.text
    assert "never retrieved" not in tty.text


@everywhere
def test_question_stands_again_when_ctrl_c_then_enter(chat: str) -> None:
    """The first Ctrl-C at a question asks how to go on; after Enter the question stands again and counts."""
    with Session(SETUP + chat) as tty:
        tty.wait_for(PROMPT)
        tty.send("half\x03")
        tty.wait_for(INTERRUPTED)
        tty.send("\r")
        tty.wait_for(PROMPT)
        tty.send("hello\r")
        tty.wait_for(PROMPT)
        tty.send("exit\r")
        tty.wait_for("REASON User requested to end the conversation ['go', 'one', 'hello', 'two']")
        assert tty.finish() == 0
        clean(tty)


@everywhere
def test_text_is_added_when_typed_after_ctrl_c(chat: str) -> None:
    """Text typed after Ctrl-C at a classic prompt is the person's message, and the chat goes on with it.

    An override that calls super() gets it as the answer that it asked for.
    """
    with Session(SETUP + chat) as tty:
        tty.wait_for(PROMPT)
        tty.send("\x03")
        tty.wait_for(INTERRUPTED)
        tty.send("mind the budget\r")
        tty.wait_for(PROMPT)
        tty.send("exit\r")
        tty.wait_for("REASON User requested to end the conversation ['go', 'one', 'mind the budget', 'two']")
        assert tty.finish() == 0
        clean(tty)


@everywhere
def test_chat_ends_with_the_reason_when_stop_is_typed_after_ctrl_c(chat: str) -> None:
    """The word stop ends the chat, with that reason and its result."""
    with Session(SETUP + chat) as tty:
        tty.wait_for(PROMPT)
        tty.send("\x03")
        tty.wait_for(INTERRUPTED)
        tty.send("stop\r")
        tty.wait_for("TERMINATING RUN")
        tty.wait_for("Stopped by a person")
        tty.wait_for("REASON Stopped by a person ['go', 'one']")
        assert tty.finish() == 0
        clean(tty)


def test_text_that_begins_with_stop_is_asked_about_again_after_ctrl_c() -> None:
    """It neither ends the chat nor is said in it, until that is clear."""
    with Session(SETUP + SYNC) as tty:
        tty.wait_for(PROMPT)
        tty.send("\x03")
        tty.wait_for(INTERRUPTED)
        tty.send("stop now please\r")
        tty.wait_for("nothing was done: stop alone ends the conversation")
        tty.wait_for(INTERRUPTED)
        tty.send("say stop now please\r")
        tty.wait_for(PROMPT)
        tty.send("exit\r")
        tty.wait_for("REASON User requested to end the conversation ['go', 'one', 'stop now please', 'two']")
        assert tty.finish() == 0
        clean(tty)


@everywhere
def test_keyboard_interrupt_is_raised_when_ctrl_c_is_pressed_twice(chat: str) -> None:
    """The second Ctrl-C cancels with KeyboardInterrupt, and the next chat works."""
    indented = "\n".join("    " + line for line in chat.splitlines())
    again = "\nexcept KeyboardInterrupt:\n    print('CANCELLED', flush=True)\n" + SYNC
    with Session(SETUP + "try:\n" + indented + again) as tty:
        tty.wait_for(PROMPT)
        tty.send("\x03")
        tty.wait_for(INTERRUPTED)
        tty.send("\x03")
        tty.wait_for("CANCELLED")
        tty.wait_for(PROMPT)
        tty.send("exit\r")
        tty.wait_for("REASON User requested to end the conversation ['go', 'one']")
        assert tty.finish() == 0
        clean(tty)


@everywhere
def test_chat_ends_when_ctrl_d_is_pressed_at_a_question(chat: str) -> None:
    """Ctrl-D at a question ends the chat with "End of input"."""
    with Session(SETUP + chat) as tty:
        tty.wait_for(PROMPT)
        tty.send("\x04")
        tty.wait_for("REASON End of input ['go', 'one']")
        assert tty.finish() == 0
        clean(tty)


@everywhere
def test_chat_ends_when_ctrl_d_is_pressed_at_an_interruption(chat: str) -> None:
    """Ctrl-D at the question how to go on ends the chat, too."""
    with Session(SETUP + chat) as tty:
        tty.wait_for(PROMPT)
        tty.send("\x03")
        tty.wait_for(INTERRUPTED)
        tty.send("\x04")
        tty.wait_for("REASON End of input")
        assert tty.finish() == 0
        clean(tty)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_chat_ends_when_ctrl_d_is_pressed_at_the_opening(asynchronous: bool) -> None:
    """Ctrl-D where the opening message is asked for ends the chat before it began."""
    chat = (ASYNC if asynchronous else SYNC).replace(", message='go'", "")
    with Session(SETUP + chat) as tty:
        tty.wait_for(">")
        tty.send("\x04")
        tty.wait_for("REASON End of input []")
        assert tty.finish() == 0
        clean(tty)


@pytest.mark.parametrize("mode", ["termination", "limit"])
def test_chat_ends_when_ctrl_d_is_pressed_at_the_classic_ends(mode: str) -> None:
    """Ctrl-D ends the chat at the prompt for a termination message and at the one for the limit."""
    limit = 0 if mode == "limit" else 5
    text = "one" if mode == "limit" else "TERMINATE"
    setup = f"""
bot = ConversableAgent("bot", llm_config=ScriptedModel([{text!r}]), human_input_mode="NEVER")
user = ConversableAgent("user", llm_config=False, human_input_mode="TERMINATE", max_consecutive_auto_reply={limit})
"""
    with Session(SETUP + setup + SYNC) as tty:
        tty.wait_for("Please give feedback to bot.")
        tty.send("\x04")
        tty.wait_for("REASON End of input")
        assert tty.finish() == 0
        clean(tty)


# ---------------------------------------------------------------- while nothing is asked

SLOW = """
from convagent.testing.openai_server import OpenAIServer, hang
def asked(body):
    print("ASKED", flush=True)
    return hang()
server = OpenAIServer([asked, "answer"])
server.__enter__()
bot = ConversableAgent("bot", llm_config=server.llm_config(), human_input_mode="NEVER")
user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
"""
ONE = "show(user.initiate_chat(bot, message='go', max_turns=1))\n"
END = "server.__exit__(None, None, None)\n"


@pytest.mark.parametrize("place", ["script", "override", "notebook"])
def test_model_is_asked_again_when_its_call_was_interrupted_by_ctrl_c(place: str) -> None:
    """Ctrl-C during a model call cancels it and asks at once; Enter asks the model again."""
    chat = ONE
    if place == "override":
        chat = (
            """
class Mine(ConversableAgent):
    def generate_reply(self, messages=None, sender=None, exclude=()):
        return super().generate_reply(messages, sender)
bot = Mine("bot", llm_config=server.llm_config(), human_input_mode="NEVER")
"""
            + ONE
        )
    if place == "notebook":
        chat = f"async def main():\n    {ONE}\nasyncio.run(main())\n"
    with Session(SETUP + SLOW + chat + END) as tty:
        tty.wait_for("ASKED")
        tty.send("\x03")
        tty.wait_for(INTERRUPTED)
        tty.send("\r")
        tty.wait_for("REASON Maximum turns (1) reached ['go', 'answer']")
        assert tty.finish() == 0
        clean(tty)


def test_keyboard_interrupt_is_raised_when_ctrl_c_is_pressed_twice_in_a_model_call() -> None:
    """Two Ctrl-C during a model call end the chat with KeyboardInterrupt."""
    chat = "try:\n    " + ONE + "except KeyboardInterrupt:\n    print('CANCELLED', flush=True)\n"
    with Session(SETUP + SLOW + chat + END) as tty:
        tty.wait_for("ASKED")
        tty.send("\x03")
        tty.wait_for(INTERRUPTED)
        tty.send("\x03")
        tty.wait_for("CANCELLED")
        assert tty.finish() == 0
        clean(tty)


@pytest.mark.parametrize("consumed", ["initiate_chat(bot, message='go')", "run(bot, message='go').process()"])
def test_keyboard_interrupt_is_raised_when_ctrl_c_is_pressed_in_user_code(consumed: str) -> None:
    """Ctrl-C reaches plain user code, which runs in the caller's thread, at once, and then the caller."""
    chat = f"""
class Mine(ConversableAgent):
    def get_human_input(self, prompt, **more):
        try:
            print("MY OWN>", flush=True)
            while True:
                pass
        finally:
            print("LEFT", flush=True)
user = Mine("user", llm_config=False, human_input_mode="ALWAYS")
try:
    user.{consumed}
except KeyboardInterrupt:
    print("CANCELLED", flush=True)
"""
    with Session(SETUP + chat) as tty:
        tty.wait_for("MY OWN>")
        tty.send("\x03")
        tty.wait_for("LEFT")
        tty.wait_for("CANCELLED")
        assert tty.finish() == 0
        clean(tty)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_question_is_taken_off_the_terminal_when_the_run_is_stopped(asynchronous: bool) -> None:
    """stop() from another thread ends a run that asks at the terminal; nobody has to press Enter."""
    watch = """
import signal, threading
go = threading.Event()
def stopper(response):
    go.wait()
    response.stop("enough")
signal.signal(signal.SIGUSR1, lambda *_: go.set())
"""
    sync = """
r = user.run(bot, message="go")
threading.Thread(target=stopper, args=(r,)).start()
r.process()
show(r.result)
"""
    async_ = """
async def main():
    r = await user.a_run(bot, message="go")
    threading.Thread(target=stopper, args=(r,)).start()
    await r.process()
    show(await r.result)
asyncio.run(main())
"""
    with Session(SETUP + watch + (async_ if asynchronous else sync)) as tty:
        tty.wait_for(PROMPT)
        tty.nudge()
        tty.wait_for("REASON enough ['go', 'one']")
        assert tty.finish() == 0
        clean(tty)


@pytest.mark.parametrize("what", ["question", "call"])
def test_keyboard_interrupt_is_raised_at_once_when_there_is_no_terminal(what: str) -> None:
    """Without a terminal nobody can be asked how to go on: the first Ctrl-C is a KeyboardInterrupt."""
    chat = SYNC if what == "question" else SLOW + ONE
    wrapped = "\n".join("    " + line for line in chat.splitlines())
    program = f"{SETUP}\ntry:\n{wrapped}\nexcept KeyboardInterrupt:\n    print('CANCELLED', flush=True)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    text = ""
    while not text.endswith("conversation: " if what == "question" else "ASKED\n"):
        piece = process.stdout.read(1)
        assert piece, text
        text += piece
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert out.endswith("CANCELLED\n")
    assert err == ""
    assert process.returncode == 0
