"""Agents with a server for runs in a journal, and processes that move such runs on."""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from convagent import ConversableAgent, MCPServer, ScriptedModel, ask
from convagent.journal import SQLiteJournal
from tests.durable.mortal import wait_for
from tests.durable.teams import work
from tests.tools.mcp.scene import call, desk, ill


def writing(file: str) -> list[ConversableAgent]:
    """Return an agent that adds, and writes to a file if a clerk says so."""
    rules = {"approval": {"write": ask("clerk")}}
    return _team(desk(), call("add", a=1), call("write", file=file, text="milk"), **rules)


def hanging(file: str) -> list[ConversableAgent]:
    """Return an agent whose call makes a file and never ends."""
    return _team(desk(), call("hang", file=file))


def absent() -> list[ConversableAgent]:
    """Return an agent whose server does not start."""
    return _team(ill("complains"), call("add", a=1))


def _team(server: MCPServer, *calls: Any, **rules: Any) -> list[ConversableAgent]:
    model = ScriptedModel([*([one] for one in calls), "done"])
    bot = ConversableAgent("bot", llm_config=model, tools=[server.tools(**rules)], human_input_mode="NEVER")
    return [bot, ConversableAgent("me", llm_config=False, human_input_mode="NEVER")]


def noting() -> list[ConversableAgent]:
    """Return an agent that asks its server for its process."""
    return _team(desk(), call("process"))


def work_in(target: str, team: str, file: str) -> None:
    """Move the runs of a journal on, in a process of its own."""
    with closing(SQLiteJournal(target)) as journal:
        work(journal, partial(globals()[team], file))


def die_in(target: str, team: str, file: str) -> None:
    """Move the runs of a journal on, and die as soon as a file is there."""

    def die() -> None:
        wait_for(Path(file).exists)
        os._exit(9)

    Thread(target=die, daemon=True).start()
    work_in(target, team, file)
