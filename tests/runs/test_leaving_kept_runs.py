"""Leaving a run that is kept in a journal: where its question stands is said, and the program's own lines are shown."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from convagent import ConversableAgent, RunCancelled, ScriptedModel, ask, resume, tool
from convagent.journal import Inbox, SQLiteJournal
from tests.channels.pty_session import Session

SETUP = """
import asyncio, os
from convagent import ConversableAgent, ScriptedModel, ask, tool
@tool(approval=ask("clerk"))
def pay(amount: float) -> str:
    "Pay."
    return f"paid {amount}"
calls = [{"name": "pay", "arguments": {"amount": 5.0}}]
bot = ConversableAgent("bot", llm_config=ScriptedModel([calls, "done"]), tools=[pay], human_input_mode="NEVER")
user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
given = {"message": "pay", "max_turns": 1, "journal": os.environ["KEPT"]}
"""
SYNC = "def begin(): user.initiate_chat(bot, **given)\nbegin()\n"
QUEUE = "def begin(): user.initiate_chats([{'recipient': bot, **given}])\nbegin()\n"
PROCESS = "def begin(): user.run(bot, **given).process()\nbegin()\n"
ASYNC = "async def begin(): await user.a_initiate_chat(bot, **given)\nasyncio.run(begin())\n"
ASYNC_PROCESS = "async def begin(): await (await user.a_run(bot, **given)).process()\nasyncio.run(begin())\n"
everywhere = pytest.mark.parametrize(
    "chat", [SYNC, QUEUE, PROCESS, ASYNC, ASYNC_PROCESS], ids=["sync", "queue", "process", "async", "async-process"]
)


def bot() -> ConversableAgent:
    @tool(approval=ask("clerk"))
    def pay(amount: float) -> str:
        """Pay."""
        return f"paid {amount}"

    call = [{"name": "pay", "arguments": {"amount": 5.0}}]
    return ConversableAgent("bot", llm_config=ScriptedModel([call]), tools=[pay], human_input_mode="NEVER")


OURS = re.compile(r'File "[^"]*[/\\]convagent[/\\]')
"""A line of a traceback that is none of the program's."""


@everywhere
def test_command_to_answer_is_shown_when_the_input_ends(chat: str, tmp_path: Path) -> None:
    """After Ctrl-D the terminal says where the question stands and how it is answered; the answer is waited for."""
    path = tmp_path / "runs with a space.db"
    with Session(SETUP + chat, KEPT=str(path)) as tty:
        tty.wait_for("\n>")
        tty.send("\x04")
        tty.wait_for(f"[the question stands in {path}, and this program waits; Ctrl-C ends it, and nothing is lost]\n")
        with SQLiteJournal(path) as journal:
            (asked,) = Inbox(journal).pending()
            tty.wait_for(f"[to answer it: convagent inbox answer {asked.id} approve --by NAME --journal '{path}']\n")
            assert Inbox(journal).decide(asked.id, "approve", by="ada").status == "accepted"
        tty.wait_for("done")
        assert tty.finish() == 0
    assert "terminal failed" not in tty.text


@everywhere
@pytest.mark.parametrize("keys", ["\x03", "\x04\x03"], ids=["at-the-question", "after-the-end-of-input"])
def test_ctrl_c_shows_only_lines_of_the_program_when_a_kept_run_waits(chat: str, keys: str, tmp_path: Path) -> None:
    """Ctrl-C ends the program by KeyboardInterrupt in its own line, after it was told how to go on with the run."""
    path = tmp_path / "runs.db"
    with Session(SETUP + chat, KEPT=str(path)) as tty:
        tty.wait_for("\n>")
        tty.send(keys[0])
        if len(keys) > 1:
            tty.wait_for("[to answer it: ")
            tty.send(keys[1])
        tty.wait_for("nothing of it is lost]")
        with SQLiteJournal(path) as journal:
            (kept,) = journal.runs()
            assert kept.status == "waiting"
        tty.wait_for(f"[to go on with it: convagent resume {kept.id} MODULE:AGENTS --journal {path}]")
        tty.wait_for("in begin\n")
        tty.wait_for("KeyboardInterrupt")
        tty.finish()
    assert not OURS.search(tty.text), tty.text


def test_nothing_is_said_of_a_journal_when_there_is_none() -> None:
    """In memory the end of the input leaves nothing to be answered from elsewhere."""
    chat = "from convagent import NobodyReachable\ngiven.pop('journal')\ntry: user.initiate_chat(bot, **given)\n"
    with Session(SETUP + chat + "except NobodyReachable: print('NOBODY')\n", KEPT="") as tty:
        tty.wait_for("\n>")
        tty.send("\x04")
        tty.wait_for("NOBODY")
        assert tty.finish() == 0
    assert "convagent inbox" not in tty.text


@pytest.mark.parametrize("chat", [SYNC, ASYNC, ASYNC_PROCESS], ids=["sync", "async", "async-process"])
def test_run_waits_for_its_person_when_an_interruption_is_left_by_ctrl_c(chat: str, tmp_path: Path) -> None:
    """At a classic question the first Ctrl-C asks how to go on; the second leaves the run to be gone on with there."""
    path, asked = tmp_path / "runs.db", "user.human_input_mode, given['max_turns'] = 'ALWAYS', 2\n"
    with Session(SETUP + asked + chat, KEPT=str(path)) as tty:
        tty.wait_for("\n>")
        tty.send("approve\r")
        tty.wait_for("end the conversation:")
        tty.send("\x03")
        tty.wait_for("'stop' to end:")
        tty.send("\x03")
        tty.wait_for("KeyboardInterrupt")
        tty.finish()
    with SQLiteJournal(path) as journal:
        (kept,) = journal.runs()
        assert (kept.status, kept.reason) == ("waiting", "its program was interrupted")


@pytest.mark.parametrize("chat", [SYNC, ASYNC_PROCESS], ids=["sync", "async-process"])
def test_run_is_left_and_not_blocked_when_code_of_the_program_is_interrupted(chat: str, tmp_path: Path) -> None:
    """What raises KeyboardInterrupt in a plain function ends the program, and is no failure of the run."""
    path = tmp_path / "runs.db"
    broken = "def press(*args, **given): raise KeyboardInterrupt\nbot.register_reply([ConversableAgent, None], press)\n"
    with Session(SETUP + broken + chat, KEPT=str(path)) as tty:
        tty.wait_for("[to go on with it: convagent resume")
        tty.wait_for("KeyboardInterrupt")
        tty.finish()
    assert not OURS.search(tty.text), tty.text
    with SQLiteJournal(path) as journal:
        (kept,) = journal.runs()
        assert (kept.status, kept.reason) == ("left", "its program was interrupted")


def test_no_model_is_said_to_be_asked_when_its_reply_is_kept(tmp_path: Path) -> None:
    """A run that is gone on with shows the question that stands, and not for ever a call that was made long ago."""
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    asked: list[list[str]] = []
    with SQLiteJournal(tmp_path / "runs.db") as journal:
        for _ in range(2):
            agents = [user, bot()]
            kept = journal.runs()
            run = resume(journal, kept[0].id, agents) if kept else user.run(agents[1], message="pay", journal=journal)
            asked.append([])
            for event in run:
                asked[-1].append(event.type)
                if event.type == "input_request":
                    run.cancel()
                    break
            with pytest.raises(RunCancelled):
                run.process()
    assert ["model_call_started" in types for types in asked] == [True, False]
    assert ["input_request" in types for types in asked] == [True, True]
