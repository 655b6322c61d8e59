"""A tool that forks: the parent's conversation goes on, and its child neither hangs nor repeats it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there is no fork", allow_module_level=True)

ROOT = Path(__file__).resolve().parent.parent.parent

SETUP = """
import asyncio, os, sys
from convagent import ConversableAgent, tool
from convagent.models.scripted import ScriptedModel
def pair(*items, **more):
    model = ScriptedModel(list(items), repeat_last=True)
    bot = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER", silent=True, **more)
    return ConversableAgent("user", llm_config=False, human_input_mode="NEVER", silent=True), bot
def inner():
    user, bot = pair("inner")
    return user.initiate_chat(bot, message="x", max_turns=1, silent=True).summary
def fork(end):
    pid = os.fork()
    if pid == 0:
        return end()
    return f"child ended with {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}"
call = [{"name": "work", "arguments": {}}]
"""
PLAIN = """
def work() -> str:
    return fork(END)
user, bot = pair(call, "fin")
bot.register_for_llm(name="work", description="Work.")(work)
user.register_for_execution(name="work")(work)
"""
ASYNC = PLAIN.replace("def work", "async def work")
WORKER = """
@tool
def work() -> str:
    "Work."
    return fork(END)
user, bot = pair(call, "fin", tools=[work])
"""
CHAT = """
result = user.initiate_chat(bot, message="go", max_turns=2, silent=True)
print("AFTER", [m["content"] for m in bot.chat_messages[user]], flush=True)
"""


def run(tool: str, end: str) -> subprocess.CompletedProcess[str]:
    program = SETUP + tool.replace("END", f"lambda: {end}") + CHAT
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )


tools = pytest.mark.parametrize("tool", [PLAIN, ASYNC, WORKER], ids=["plain", "async", "worker"])


@tools
@pytest.mark.parametrize("end", ["'back'", "sys.exit(0)", "1 / 0"], ids=["return", "exit", "raise"])
def test_child_ends_with_a_sentence_when_it_goes_back_into_the_conversation(tool: str, end: str) -> None:
    """The child says why it ends, with an exit code of its own; the parent's chat comes to its end, once."""
    done = run(tool, end)
    assert "child ended with 70" in done.stdout
    assert done.stdout.count("AFTER") == 1
    assert done.returncode == 0
    assert done.stderr.count("convagent: process") == 1
    assert "os._exit()" in done.stderr


@tools
def test_child_holds_a_chat_of_its_own_when_it_ends_by_itself(tool: str) -> None:
    """A child that leaves by os._exit() may use convagent meanwhile."""
    done = run(tool, "(print('CHILD', inner(), flush=True), os._exit(7))")
    assert "CHILD inner" in done.stdout
    assert "child ended with 7" in done.stdout
    assert done.stderr == ""
