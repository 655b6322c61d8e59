"""Calls of tools that an MCP server has: what goes there, and what a model is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convagent import ConversableAgent, MCPServer, ScriptedModel, register_function
from convagent.events import ProgressEvent
from tests.tools.mcp.scene import agent, call, person, play


def test_model_is_offered_what_the_server_lists(shared: MCPServer) -> None:
    """Its description and its schema as they are, under a name that endpoints take."""
    bot = agent([shared])
    person().initiate_chat(bot, message="go", max_turns=1, silent=True)
    (request,) = bot.client.requests  # type: ignore[union-attr]
    offered = {t["function"]["name"]: t["function"] for t in request.tools}
    assert offered["add"]["description"] == "Add two numbers."
    assert offered["add"]["parameters"]["required"] == ["a"]
    assert "files_read_all" in offered
    assert [t.name for t in bot.tools] == list(offered)


@pytest.mark.parametrize(
    ("called", "told"),
    [
        (call("add", a=2, b=3), "5"),
        (call("add", a=2), "3"),
        (call("files_read_all"), "read"),
        (call("numbers"), "1\n2"),
        (call("picture"), "[image, image/png, 4 bytes: it cannot be shown here]"),
        (
            call("report"),
            "See:\n[resource 'log' at file:///log.txt: all of it]\n[resource file:///notes.txt, text/plain]\nbuy milk\n"
            '{"lines":2}',
        ),
        (call("fail", why="no such file"), "Error: Error executing tool fail: no such file"),
        (
            call("add", a="two"),
            "Error: add was not called, its arguments do not fit: argument 'a': expected an integer, got \"two\".\n"
            "Correct the arguments and call it again.",
        ),
    ],
    ids=["result", "default", "odd name", "several texts", "image", "resources", "error", "misfit"],
)
def test_result_is_text_for_the_model(shared: MCPServer, called: dict[str, Any], told: str) -> None:
    """Texts as they are, what is structured once, everything else in words, an error as the classic says it."""
    assert play([shared], called) == [told]


def test_calls_of_one_reply_share_a_process(shared: MCPServer) -> None:
    """There is one connection in a process, however many agents, calls and equal values use it."""
    model = ScriptedModel([[call("process"), call("process")], [call("process")], "done"])
    bot = ConversableAgent("bot", llm_config=model, tools=shared, human_input_mode="NEVER")
    me = person()
    me.initiate_chat(bot, message="go", max_turns=1, silent=True)
    told = [r["content"] for m in bot.chat_messages[me] for r in m.get("tool_responses", ())]
    assert len(told) == 3
    assert set(told) == {told[0]} == set(play([shared.tools(only=["process"])], call("process")))


def test_progress_is_an_event(shared: MCPServer) -> None:
    """What the server says of how far it is reaches whoever watches the run."""
    seen: list[Any] = []
    assert play([shared], call("count", to=2), observers=[seen.append]) == ["counted"]
    told = [e for e in seen if isinstance(e, ProgressEvent)]
    assert [(e.tool, e.done, e.total, e.note) for e in told] == [("count", 1, 2, "at 1"), ("count", 2, 2, "at 2")]


def test_server_serves_a_chat_in_the_callers_loop(shared: MCPServer) -> None:
    """The same connection serves chats on any loop, and outlives each."""

    async def chat() -> str:
        bot, me = agent([shared], call("process")), person()
        await me.a_initiate_chat(bot, message="go", max_turns=1, silent=True)
        return str(bot.chat_messages[me][2]["content"])

    assert [asyncio.run(chat()), asyncio.run(chat())] == 2 * play([shared], call("process"))


def test_listed_tools_can_be_registered_the_classic_way(shared: MCPServer) -> None:
    """One agent proposes a call of a server's tool, another one makes it."""
    model = ScriptedModel([[call("add", a=1, b=1)], "TERMINATE"])
    assistant = ConversableAgent("assistant", llm_config=model, human_input_mode="NEVER")
    executor = ConversableAgent("executor", llm_config=False, human_input_mode="NEVER")
    for tool in shared.tools(only=["add"]).list_tools():
        register_function(tool, caller=assistant, executor=executor, description=tool.description)
    result = executor.initiate_chat(assistant, message="1 + 1?", max_turns=2, silent=True)
    assert result.chat_history[2]["tool_responses"][0]["content"] == "2"


def test_server_is_no_function_to_register() -> None:
    """Registered as if it were one tool it says how it is done."""
    from tests.tools.mcp.scene import desk

    bot = ConversableAgent("bot", llm_config=ScriptedModel(["x"]), human_input_mode="NEVER")
    with pytest.raises(
        ValueError, match=r"has many tools: give it by tools=\[...\], or register each of its list_tools"
    ):
        bot.register_for_llm()(desk())  # type: ignore[arg-type]


def test_generate_reply_by_itself_uses_the_server(shared: MCPServer) -> None:
    """Outside of a chat, too, an agent has the tools of its server."""
    bot = agent([shared], call("add", a=20, b=22))
    assert bot.generate_reply([{"role": "user", "content": "20 + 22?"}]) == "done"
    assert "add" in [t.name for t in bot.tools]
