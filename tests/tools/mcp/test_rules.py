"""Which tools of a server an agent has, and who decides about their calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convagent import ConversableAgent, MCPServer, ScriptedModel, arg, ask, deny, policy_table, tool, when
from convagent.errors import ConfigError, MCPError
from convagent.events import DecidedEvent, ToolNotRunEvent
from convagent.testing import Fake
from tests.tools.mcp.scene import agent, call, desk, person, play


def names(tools: Any) -> list[str]:
    return [t.name for t in tools.list_tools()]


def test_only_and_exclude_choose_by_the_servers_names(shared: MCPServer) -> None:
    """A prefix is what models see; the server is called by its own names."""
    assert names(shared.tools(only=["add", "process"], prefix="desk_")) == ["desk_add", "desk_process"]
    assert "die" not in names(shared.tools(exclude=["die", "hang"]))
    assert play([shared.tools(only=["add"], prefix="desk_")], call("desk_add", a=1)) == ["2"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"only": ["ad"]}, "only= names 'ad', which MCP server 'desk' does not have; did you mean 'add'"),
        ({"exclude": ["dye"]}, "exclude= names 'dye', which MCP server 'desk' does not have; did you mean 'die'"),
        ({"approval": {"wirte": deny("no")}}, "approval= names 'wirte', .*did you mean 'write'"),
        ({"effect": {"nothing": "read"}}, "effect= names 'nothing', which MCP server 'desk' does not have"),
        ({"approval": {"write": when(arg.fiel == "x", deny("no"))}}, "looks at arg.fiel.*did you mean 'file'"),
    ],
    ids=["only", "exclude", "approval", "effect", "argument"],
)
def test_misspelt_name_is_an_error_when_the_tools_are_listed(shared: MCPServer, given: Any, said: str) -> None:
    """A rule for a tool that there is not protects nobody, so no run begins with one."""
    bot = agent([shared.tools(**given)])
    with pytest.raises(ConfigError, match=said):
        person().initiate_chat(bot, message="go", silent=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"only": "add"}, "only='add': expected a list of names"),
        ({"prefix": "my.tools"}, "prefix name 'my.tools' is not 1 to 64"),
        ({"approval": "clerk"}, "approval='clerk' is not a policy"),
        ({"effect": "sometimes"}, "effect='sometimes' is not one of read, idempotent, unsafe"),
        ({"approvals": deny("no")}, "did you mean 'approval'"),
    ],
    ids=["text", "prefix", "policy", "effect", "keyword"],
)
def test_bad_rule_is_refused_where_it_is_written(shared: MCPServer, given: Any, said: str) -> None:
    """Before anything is started."""
    with pytest.raises(ConfigError, match=said):
        shared.tools(**given)


def test_approval_by_tool_gates_that_tool(shared: MCPServer, tmp_path: Any) -> None:
    """The person sees the call as any other; an edit is what the server is sent, and the model is told."""
    file = tmp_path / "notes"
    seen: list[Any] = []
    people = Fake(clerk="edit text=bread")
    tools = shared.tools(only=["write", "add"], approval={"write": ask("clerk")})
    told = play(
        [tools], call("add", a=1), call("write", file=str(file), text="milk"), people=people, observers=[seen.append]
    )
    assert told[0] == "2"
    assert told[1].startswith("written: bread\n\n[clerk changed the arguments of this call")
    assert file.read_text() == "bread\n"
    assert [e.decision.verb for e in seen if isinstance(e, DecidedEvent) and e.decision] == ["edit", "approve"]
    assert people.asked[0].preview == f"file  {file}\ntext  milk"


def test_star_is_the_rule_for_all_others(shared: MCPServer) -> None:
    """So that a tool which the server adds later has a rule, too."""
    tools = shared.tools(only=["add", "process"], approval={"add": (), "*": deny("only sums here")})
    seen: list[Any] = []
    told = play([tools], call("add", a=1), call("process"), observers=[seen.append])
    assert told[0] == "2"
    assert told[1] == "Error: process was not allowed: only sums here"
    assert [e.func_name for e in seen if isinstance(e, ToolNotRunEvent)] == ["process"]


def test_rules_of_agent_and_chat_hold_for_servers_tools(shared: MCPServer) -> None:
    """A server's tool is a tool."""
    assert "was not allowed" in play([shared], call("add", a=1), given={"oversight": deny("no")})[0]
    assert "was not allowed" in play([shared], call("add", a=1), oversight=deny("no"))[0]


def test_annotations_are_believed_only_if_the_user_says_so(shared: MCPServer) -> None:
    """They are hints of whoever wrote the server: by default every tool is unsafe, and of no known risk."""
    chosen = ["add", "write", "process"]
    believed = shared.tools(only=chosen, trust_annotations=True).list_tools()
    told = shared.tools(only=chosen, effect={"process": "read"}, risk={"write": "medium"}).list_tools()
    assert [(t.effect, t.rules.risk) for t in shared.tools(only=chosen).list_tools()] == [("unsafe", "")] * 3
    assert [(t.effect, t.rules.risk) for t in believed] == [("read", "low"), ("idempotent", "high"), ("unsafe", "")]
    assert [(t.effect, t.rules.risk) for t in told] == [("unsafe", ""), ("unsafe", "medium"), ("read", "")]


def test_description_can_be_replaced(shared: MCPServer) -> None:
    """What a model reads need not be what the server wrote."""
    (add,) = shared.tools(only=["add"], descriptions={"add": "Sum."}).list_tools()
    assert add.schema["function"]["description"] == "Sum."


def test_words_that_nobody_sees_reach_no_model() -> None:
    """Characters without a width can tell a model what no person who reads the list would find."""
    argument = {"type": "string", "description": "A\u2060 name.\U000e0041"}
    with desk("schema", json.dumps({"type": "object", "properties": {"name": argument}})) as server:
        (odd,) = server.list_tools()
    assert odd.description == "Look here."
    assert odd.parameters["properties"]["name"]["description"] == "A name."


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "object", "properties": {"a": {"type": "nothing"}}}, "is not a valid JSON Schema at properties/a"),
        ({"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/x"}}}, "refers to 'http://127.0.0.1:9/x'"),
    ],
    ids=["invalid", "elsewhere"],
)
def test_schema_that_cannot_be_used_is_refused_when_listed(schema: Any, said: str) -> None:
    """The error names server and tool, and how to do without it; nothing is fetched."""
    with desk("schema", json.dumps(schema)) as server, pytest.raises(MCPError) as raised:
        server.list_tools()
    assert str(raised.value).startswith("MCP server 'desk' ")
    assert said in str(raised.value)


def test_tool_of_a_server_never_shadows_another(shared: MCPServer) -> None:
    """Two tools of one name are an error that says how to tell them apart, whichever came first."""

    @tool
    def add(a: int) -> int:
        """Add one."""
        return a + 1

    for tools in ([add, shared], [shared, shared.tools(only=["add"])]):
        with pytest.raises(ConfigError, match=r"agent 'bot' has a tool 'add' already, and MCPServer.*prefix="):
            person().initiate_chat(agent(tools), message="go", silent=True)
    assert play([add, shared.tools(only=["add"], prefix="desk_")], call("add", a=1), call("desk_add", a=1, b=5)) == [
        "2",
        "6",
    ]


def test_table_of_rules_names_servers_tools(shared: MCPServer) -> None:
    """Once they are listed, those without a rule can be seen."""
    bot = agent([shared.tools(only=["add", "write"], approval={"write": ask("clerk")})])
    person().initiate_chat(bot, message="go", max_turns=1, silent=True)
    table = policy_table(bot)
    assert [row.tool for row in table] == ["add", "write"]
    assert table.without_rule == ("add",)


def test_none_of_the_wanted_tools_left_is_an_error(shared: MCPServer) -> None:
    """An agent without any tool of its server is a mistake."""
    with pytest.raises(MCPError, match=r"MCP server 'desk' lists none of the tools that are wanted"):
        shared.tools(only=["add"], exclude=["add"]).list_tools()


def test_server_is_shared_by_the_members_of_a_team(shared: MCPServer) -> None:
    """Each member has its own choice of the one server."""
    from convagent import Sequential

    first = ConversableAgent(
        "first", llm_config=ScriptedModel([[call("add", a=1)], "two"]), tools=[shared.tools(only=["add"])]
    )
    second = ConversableAgent(
        "second", llm_config=ScriptedModel([[call("numbers")], "both"]), tools=[shared.tools(only=["numbers"])]
    )
    team = Sequential([first, second])
    result = person().initiate_chat(team, message="go", silent=True, max_turns=1)
    assert result.chat_history[-1]["content"] == "both"
    assert ([t.name for t in first.tools], [t.name for t in second.tools]) == (["add"], ["numbers"])
