"""A server that is started, an agent that has it, and one chat."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convagent import ConversableAgent, MCPServer, ScriptedModel

PROGRAM = str(Path(__file__).with_name("server.py"))
DESK = f"MCP server 'desk' ({Path(sys.executable).name})"
"""How errors call the server of these tests."""


ILL = {
    "complains": "import os, sys; sys.exit(f'no licence; my token is {os.environ.get(\"TOKEN\")}')",
    "babbles": "import sys; print('Welcome!', flush=True); sys.stdin.read()",
    "silent": "import sys; sys.stdin.read()",
}
"""Programs that are no servers, by what they do instead."""


def desk(*args: str, **given: Any) -> MCPServer:
    """Return the server of these tests as a program, called `desk`; of a busy machine it may take long to start."""
    return MCPServer.stdio(sys.executable, PROGRAM, *args, **{"name": "desk", "start_timeout": 50.0, **given})


def ill(how: str, **given: Any) -> MCPServer:
    """Return a program that is no server, called `desk`, too."""
    return MCPServer.stdio(sys.executable, "-c", ILL[how], **{"name": "desk", "start_timeout": 50.0, **given})


def call(name: str, /, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def agent(tools: Any, *calls: Any, **given: Any) -> ConversableAgent:
    """Return an agent whose model makes these calls, one after another, and is done."""
    model = ScriptedModel([*([one] for one in calls), "done"])
    return ConversableAgent("bot", llm_config=model, tools=tools, human_input_mode="NEVER", **given)


def person() -> ConversableAgent:
    return ConversableAgent("me", llm_config=False, human_input_mode="NEVER")


def play(tools: Any, *calls: Any, given: Any = None, **chat: Any) -> list[str]:
    """Let a model make these calls, and return what it was told of each."""
    bot, me = agent(tools, *calls, **(given or {})), person()
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, **chat)
    return [str(m["content"]) for m in bot.chat_messages[me] if m.get("role") == "tool"]


def alive(process: int) -> bool:
    """Return whether a process runs; one that has ended, and that nobody has asked about yet, does not."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def until(condition: Callable[[], bool], seconds: float = 40) -> bool:
    """Wait until something is so; False: it has not become so in a time that only a fault takes."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()
