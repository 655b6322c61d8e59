"""The connection to an MCP server: opened when it is needed, opened again when it is lost, and what goes wrong."""

from __future__ import annotations

import gc
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from convagent import ConversableAgent, MCPServer, ScriptedModel
from convagent.errors import MCPError, MCPTimeout, MCPUnavailable, MissingExtra
from tests.tools.mcp.scene import DESK, PROGRAM, agent, alive, call, desk, ill, person, play, until


def test_nothing_is_started_before_a_run_begins(tmp_path: Path) -> None:
    """Neither by making a server, nor by giving it to an agent."""
    server = MCPServer.stdio("/no/such/program", name="desk")
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["x"]), tools=[server.tools(only=["a"])])
    assert bot.tools == []


def test_closed_server_is_started_again() -> None:
    """`close` ends the program; the next use starts another."""
    server = desk("closed")
    with server:
        first = int(play([server], call("process"))[0])
        assert alive(first)
    assert not alive(first)
    second = int(play([server], call("process"))[0])
    server.close()
    assert first != second
    assert not alive(second)


def test_server_that_died_is_started_again_for_the_next_call() -> None:
    """The call in which it died is an error that names it and is not made again; the one after it works."""
    with desk("dies") as server:
        first, died, second = play([server], call("process"), call("die"), call("process"))
    assert died == f"Error: {DESK} went away during 'die': the connection has ended"
    assert first != second


def test_chat_goes_on_without_a_server_that_does_not_come_back(tmp_path: Path) -> None:
    """Its tools stay on offer, each call tells the model what is wrong; the next run does not begin."""
    program = tmp_path / "server.py"
    program.write_text(Path(PROGRAM).read_text(encoding="utf-8"), encoding="utf-8")
    server = MCPServer.stdio(sys.executable, str(program), name="desk", start_timeout=50.0)

    def gone(event: Any) -> None:
        if event.type == "executed_function":
            program.unlink(missing_ok=True)

    told = play([server], call("process"), call("die"), call("process"), observers=[gone])
    assert "went away during 'die'" in told[1]
    assert f"{DESK} did not start" in told[2]
    with pytest.raises(MCPUnavailable):
        play([server], call("process"))


def test_server_that_nobody_has_any_more_ends() -> None:
    """The program of a server that was dropped with its agents ends by itself."""
    process = int(play([desk("dropped")], call("process"))[0])
    gc.collect()
    assert until(lambda: not alive(process))


def test_server_that_does_not_answer_is_an_error_of_the_call() -> None:
    """After `timeout` seconds the model is told, and the connection goes on."""
    with desk(timeout=1.0) as server:
        first, hung, again = play([server], call("process"), call("hang"), call("process"))
    assert hung == f"Error: {DESK} did not answer 'hang' in time"
    assert first == again


def test_call_that_is_broken_off_is_cancelled_at_the_server(tmp_path: Path) -> None:
    """A forced stop tells the server, so that it does not go on working for nobody."""
    begun = tmp_path / "begun"
    with desk("cancels") as server:
        run = person().run(agent([server], call("hang", file=str(begun))), message="go", silent=True)

        def stop() -> None:
            until(begun.exists)
            run.stop("enough", force=True)

        stopping = Thread(target=stop)
        stopping.start()
        run.process()
        stopping.join()
        assert until(lambda: begun.read_text(encoding="utf-8") == "cancelled")


@pytest.mark.parametrize(
    ("server", "kind", "said"),
    [
        (
            ill("complains"),
            MCPUnavailable,
            "did not start: Connection closed; its standard error ends with:\nno licence",
        ),
        (desk("empty"), MCPError, "lists no tools"),
    ],
    ids=["complains", "empty"],
)
def test_server_that_does_not_start_ends_the_run(server: MCPServer, kind: type[MCPError], said: str) -> None:
    """The error names the server and says what it said, before a model is asked."""
    bot = agent([server])
    with pytest.raises(kind, match=r"MCP server 'desk'") as raised:
        person().initiate_chat(bot, message="go", silent=True)
    assert said in str(raised.value)
    assert raised.value.server == "desk"
    assert bot.client.requests == []  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("silent", ""),
        ("babbles", "; what it sent is no message of the protocol (does it print to its standard output?)"),
    ],
)
def test_server_that_says_nothing_sensible_is_given_up(mode: str, said: str, caplog: pytest.LogCaptureFixture) -> None:
    """After `start_timeout` seconds, with what was wrong; what it said is in no log."""
    with caplog.at_level(logging.DEBUG), pytest.raises(MCPTimeout) as raised:
        ill(mode, start_timeout=4.0).list_tools()
    assert str(raised.value) == f"{DESK} did not start in time{said}"
    assert raised.value.retryable
    assert "Welcome" not in caplog.text


def test_program_that_is_not_there_is_named() -> None:
    """The error says which program is missing."""
    with pytest.raises(
        MCPUnavailable, match=r"MCP server 'program' \(program\) did not start: No such file .*'/no/such"
    ):
        MCPServer.stdio("/no/such/program").list_tools()


def test_changed_list_is_followed() -> None:
    """A tool that the server adds in the middle of a turn is offered the next time, and one that it removed is not."""
    model = ScriptedModel([[call("grow")], [call("extra")], [call("shrink")], "done"])
    with desk("changes") as server:
        bot = ConversableAgent("bot", llm_config=model, tools=[server], human_input_mode="NEVER")
        person().initiate_chat(bot, message="go", max_turns=1, silent=True)
    offered = [{t["function"]["name"] for t in request.tools} for request in model.requests]
    assert "extra" in offered[1] - offered[0]
    assert offered[2] - offered[3] == {"add"}


def test_server_can_be_pickled_while_it_is_connected(shared: MCPServer) -> None:
    """The copy has the server's name, tools and rules, and no connection of its own to lose."""
    view = shared.tools(only=["process"], prefix="my_")
    process = play([view], call("my_process"))
    assert play([pickle.loads(pickle.dumps(view))], call("my_process")) == process


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `mcp` is not installed, making a server says how to install it."""
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(MissingExtra, match=r"pip install 'convagent\[mcp\]'"):
        MCPServer.stdio("uvx", "some-server")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: MCPServer.stdio(""), "the command is empty"),
        (lambda: MCPServer.stdio("uvx", 3), "holds a int"),
        (lambda: MCPServer.stdio("uvx", env=["TOKEN"]), "env= is a list; expected a dict"),
        (lambda: MCPServer.stdio("uvx", env={"N": 1}), r"env\['N'\] is a int"),
        (lambda: MCPServer.stdio("uvx", timeout=0), "timeout=0: expected a number of seconds above 0"),
        (lambda: MCPServer.stdio("uvx", timout=3), "did you mean 'timeout'"),
        (lambda: MCPServer.http("ftp://x"), "expected an address such as 'https://"),
        (lambda: MCPServer.http("https://me:secret@x/mcp"), "holds a user or password; give it by headers="),
    ],
    ids=["empty", "no text", "list", "number", "zero", "misspelt", "ftp", "password"],
)
def test_bad_argument_is_refused_at_once(make: Callable[[], MCPServer], said: str) -> None:
    """Where the server is made, with what was expected."""
    with pytest.raises(ValueError, match=said):
        make()


PROGRAMS = {
    "ends": "chat()",
    "is left in a call": "hanging()",
    "raises": "chat()\nraise ValueError('the end')",
    "exits": "chat()\nsys.exit(3)",
    "ran its own loop": "import asyncio\nasyncio.run(a_chat())",
    "is cancelled in its own loop": "import asyncio\nasyncio.run(a_cancelled())",
    "is interrupted": "interrupted()",
    "forks": "forked()",
    "has a stubborn server": "server = desk('stubborn')\nchat()",
}
SETUP = """
import os, sys
from pathlib import Path
from convagent import ConversableAgent, ScriptedModel
from tests.tools.mcp.scene import agent, call, desk, person, play
server = desk()
def note():
    Path("process").write_text(play([server], call("process"))[0])
def chat():
    note()
def hanging():
    note()
    run = person().run(agent([server], call("hang", file="begun")), message="go", silent=True)
    for event in run.events:
        if event.type == "execute_function":
            break
    while not Path("begun").exists():
        __import__("time").sleep(0.01)
def interrupted():
    import signal, threading, time
    note()
    def press():
        while not Path("begun").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=press).start()
    person().initiate_chat(agent([server], call("hang", file="begun")), message="go")
def forked():
    note()
    child = os.fork()
    if not child:
        Path("child").write_text(play([server], call("process"))[0])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert Path("child").read_text() != Path("process").read_text()
    assert play([server], call("process"))[0] == Path("process").read_text()
async def a_chat():
    bot, me = agent([server], call("process")), person()
    await me.a_initiate_chat(bot, message="go", max_turns=1, silent=True)
    Path("process").write_text(bot.chat_messages[me][2]["content"])
async def a_cancelled():
    await a_chat()
    chat = asyncio.ensure_future(person().a_initiate_chat(agent([server], call("hang", file="begun")), message="go"))
    while not Path("begun").exists():
        await asyncio.sleep(0.01)
    chat.cancel()
    await asyncio.gather(chat, return_exceptions=True)
"""


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_server_outlives_its_program(
    program: str, python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, root: Path
) -> None:
    """However a program ends, the processes that it started have ended when it has."""
    done = python("-c", SETUP + PROGRAMS[program], PYTHONPATH=str(root))
    process = int((tmp_path / "process").read_text())
    assert not alive(process)
    if program not in ("raises", "is interrupted"):
        assert done.stderr == ""


def test_no_server_outlives_a_program_that_is_killed(tmp_path: Path, root: Path) -> None:
    """Its input is closed by the system, and it ends by that."""
    killed = "\nchat()\nos.kill(os.getpid(), 9)"
    done = subprocess.run(
        [sys.executable, "-c", SETUP + killed], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)},
        timeout=50, check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode == -9
    process = int((tmp_path / "process").read_text())
    assert until(lambda: not alive(process))


def test_program_is_not_named_by_its_arguments() -> None:
    """They may hold secrets, so no print shows them."""
    server = MCPServer.stdio("/opt/python", PROGRAM, "--token=sk-12345678")
    assert repr(server) == "MCPServer('python', python)"
