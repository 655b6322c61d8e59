"""What stays of runs when a program ends, forks or forgets them: nothing, and not a word on stderr."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
Python = Callable[..., "subprocess.CompletedProcess[str]"]

SETUP = """
import asyncio, gc, logging, os, sys, threading
logging.getLogger("asyncio").addFilter(lambda record: " took " not in record.getMessage())  # a busy machine
from convagent import ConversableAgent, tool
from convagent.models.scripted import ScriptedModel
bot = ConversableAgent("bot", llm_config=ScriptedModel(["one", "two", "three"]), human_input_mode="NEVER", silent=True)
quiet = ConversableAgent("quiet", llm_config=False, human_input_mode="NEVER", silent=True)
user = ConversableAgent("user", llm_config=False, human_input_mode="ALWAYS", silent=True)
def until(response, kind):
    for event in response.events:
        if event.type == kind:
            return event
"""
SERVED = """
from convagent.testing.openai_server import OpenAIServer, hang
server = OpenAIServer(["one", "two", "three"], repeat_last=True)
server.__enter__()
bot = ConversableAgent("bot", llm_config=server.llm_config(), human_input_mode="NEVER", silent=True)
"""
HUNG = SERVED.replace('["one", "two", "three"], repeat_last=True', "[hang()]")
STOP = "\nserver.__exit__(None, None, None)\n"

PROGRAMS = {
    "never consumed": "r = quiet.run(bot, message='go', max_turns=1)",
    "never consumed, waits": "r = user.run(bot, message='go')",
    "never consumed, forgotten": "user.run(bot, message='go')\ngc.collect()",
    "never consumed, in a tool": """
def work():
    user.run(bot, message='inner')
    return 'x'
from convagent import register_function
caller = ConversableAgent("caller", llm_config=ScriptedModel([[{"name": "work", "arguments": {}}], "end"]),
    human_input_mode="NEVER", silent=True)
register_function(work, caller=caller, executor=quiet, description="Work.")
quiet.initiate_chat(caller, message="go", max_turns=2)
""",
    "left in the middle": "r = user.run(bot, message='go')\nuntil(r, 'text')",
    "left at a question": "r = user.run(bot, message='go')\nuntil(r, 'input_request')",
    "left and forgotten": "until(user.run(bot, message='go'), 'input_request')\ngc.collect()",
    "left in an override": """
class Mine(ConversableAgent):
    def get_human_input(self, prompt, **more):
        return super().get_human_input(prompt)
r = Mine("mine", llm_config=False, human_input_mode="ALWAYS", silent=True).run(bot, message="go")
until(r, 'input_request')
""",
    "cancelled": """
from convagent.errors import RunCancelled
r = user.run(bot, message='go')
until(r, 'input_request')
r.cancel()
try:
    r.process()
except RunCancelled:
    pass
""",
    "failed and not consumed": """
bot = ConversableAgent("bot", llm_config=ScriptedModel([ValueError("no")]), human_input_mode="NEVER", silent=True)
failed = threading.Event()
r = quiet.run(bot, message='go', observers=[lambda e: failed.set() if e.type == 'error' else None])
assert failed.wait(20)
""",
    "consumed": "r = quiet.run(bot, message='go', max_turns=1)\nr.process()",
    "refused in an async tool": """
@tool
async def work() -> str:
    "Work."
    return quiet.initiate_chat(bot, message="inner").summary
caller = ConversableAgent("caller", llm_config=ScriptedModel([[{"name": "work", "arguments": {}}], "end"]),
    human_input_mode="NEVER", silent=True, tools=[work])
quiet.initiate_chat(caller, message="go", max_turns=1)
""",
    "a real client": SERVED + "quiet.initiate_chat(bot, message='go', max_turns=2)" + STOP,
    "a real client, async": SERVED + "asyncio.run(quiet.a_initiate_chat(bot, message='go', max_turns=2))\n" * 2 + STOP,
    "a real client that waits": HUNG + "r = quiet.run(bot, message='go')\nuntil(r, 'model_call_started')",
    "async, never consumed": """
async def main():
    await quiet.a_run(bot, message='go', max_turns=1)
asyncio.run(main())
""",
    "async, never started": """
async def main():
    r = await user.a_run(bot, message='go')
    r.cancel()
asyncio.run(main())
""",
    "async, left at a question": """
async def main():
    r = await user.a_run(bot, message='go')
    async for event in r:
        if event.type == 'input_request':
            break
asyncio.run(main())
""",
    "async, cancelled by a time limit": """
async def main():
    r = await user.a_run(bot, message='go')
    async def forever():
        async for event in r:
            pass
    try:
        await asyncio.wait_for(forever(), 0.05)
    except TimeoutError:
        pass
asyncio.run(main())
""",
    "async, looked at": """
async def main():
    r = await quiet.a_run(bot, message='go', max_turns=1)
    r.result, r.messages, r.summary, r.cost
asyncio.run(main())
""",
    "two loops, one agent": """
async def main():
    r = await quiet.a_run(bot, message='go', max_turns=1)
    async for event in r:
        pass
asyncio.run(main())
asyncio.run(main())
quiet.initiate_chat(bot, message='go', max_turns=1)
""",
    "system exit in a tool": """
@tool
def work() -> str:
    "Work."
    raise SystemExit(0)
caller = ConversableAgent("caller", llm_config=ScriptedModel([[{"name": "work", "arguments": {}}], "end"]),
    human_input_mode="NEVER", silent=True, tools=[work])
quiet.initiate_chat(caller, message="go", max_turns=1)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_ends_at_once_and_says_nothing_when_a_run_was(name: str, python: Python) -> None:
    """The program ends by itself, with warnings as errors and in development mode, and stderr is empty."""
    done = python("-W", "error", "-X", "dev", "-c", SETUP + PROGRAMS[name] + "\n")
    assert done.stderr == ""
    assert done.returncode == 0


def test_program_ends_when_its_input_is_open_and_a_run_waits_for_it() -> None:
    """A run that waits at an open pipe, in another thread, does not keep the program."""
    program = SETUP + (
        "import signal\n"
        "asked = threading.Event()\n"
        "signal.signal(signal.SIGUSR1, lambda *_: asked.set())\n"
        "threading.Thread(target=user.run(bot, message='go').process, daemon=True).start()\n"
        "assert asked.wait(20)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program], cwd=ROOT, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    text = ""
    try:
        while not text.endswith("to end the conversation: "):
            piece = process.stdout.read(1)
            assert piece, text
            text += piece
        process.send_signal(signal.SIGUSR1)
        code = process.wait(timeout=30)
    finally:
        process.kill()
        err = process.communicate()[1]
    assert (code, err) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("where", ["after a chat", "in a tool", "while a run waits"])
def test_forked_child_can_chat_when_forked(where: str, python: Python) -> None:
    """A child forked after, or inside, a chat holds chats of its own, and so does the parent afterwards."""
    child = """
def fork():
    pid = os.fork()
    if pid == 0:
        try:
            result = quiet.initiate_chat(bot, message="child", max_turns=1)
            os.write(1, ("CHILD " + result.summary + "\\n").encode())
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""
    chat = 'quiet.initiate_chat(caller, message="go", max_turns=2)\n'
    work = "def work():\n    fork()\n    return 'x'\n"
    register = """
from convagent import register_function
caller = ConversableAgent("caller", llm_config=ScriptedModel([[{"name": "work", "arguments": {}}], "end"]),
    human_input_mode="NEVER", silent=True)
register_function(work, caller=caller, executor=quiet, description="Work.")
"""
    programs = {
        "after a chat": work + register + chat + "fork()\n",
        "in a tool": work + register + chat,
        "while a run waits": work + register + "r = user.run(bot, message='go')\nuntil(r, 'input_request')\nfork()\n",
    }
    after = "print('PARENT', quiet.initiate_chat(bot, message='parent', max_turns=1).summary)\n"
    done = python("-c", SETUP + child + programs[where] + after)
    assert done.stderr == ""
    assert "CHILD one" in done.stdout
    assert "PARENT one" in done.stdout
    assert done.returncode == 0


def test_no_thread_is_left_when_many_runs_were_held() -> None:
    """Consumed, left and cancelled runs leave the one loop thread, and workers that are used again."""
    from convagent import ConversableAgent
    from convagent.models.scripted import ScriptedModel

    quiet = {"human_input_mode": "NEVER", "silent": True}
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["one"]), **quiet)
    other = ConversableAgent("other", llm_config=False, **quiet)
    user = ConversableAgent("user", llm_config=False, human_input_mode="ALWAYS", silent=True)
    other.initiate_chat(bot, message="go", max_turns=1)
    before = threading.active_count()
    for _ in range(20):
        other.run(bot, message="go", max_turns=1).process()
        response = user.run(bot, message="go")
        for event in response.events:
            if event.type == "input_request":
                break
        response.cancel()
    assert threading.active_count() <= before
