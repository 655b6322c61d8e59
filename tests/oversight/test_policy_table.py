"""Who decides what about each tool of an agent."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import (
    ConfigError,
    ConversableAgent,
    Oversight,
    allow,
    arg,
    ask,
    ask_human,
    at,
    deny,
    failing,
    its,
    policy_table,
    register_function,
    retry,
    tool,
    when,
)


@tool(approval=when(arg.amount > 100, ask("clerk")), risk="high")
def refund(amount: int) -> str:
    """Refund."""
    return "done"


@tool(approval=retry(3) | failing(3, ask("oncall")))
def flaky(x: int) -> str:
    """Call a service that fails."""
    return "done"


@tool
def lookup(x: int) -> str:
    """Look up."""
    return "found"


def _agent(name: str = "bot", tools: Any = (refund, flaky, lookup), oversight: Any = ()) -> ConversableAgent:
    return ConversableAgent(name, llm_config=False, human_input_mode="NEVER", tools=tools, oversight=oversight)


def test_table_lists_every_tool_with_who_decides() -> None:
    """By name, with its risk; rules about failures are shown, and are no rule about calls."""
    table = policy_table(_agent())
    assert [(row.tool, row.risk, row.has_rule) for row in table] == [
        ("flaky", "", False), ("lookup", "", False), ("refund", "high", True),
    ]  # fmt: skip
    assert table.without_rule == ("flaky", "lookup")
    assert len(table) == 3


def test_table_prints_as_a_table() -> None:
    """One line a tool, several where a rule has several parts, and the tools without a rule below."""
    assert str(policy_table(_agent(oversight=when(its.risk == "high", deny("never"))))) == (
        "tool    role                risk  who decides\n"
        "------  ------------------  ----  -----------\n"
        "flaky   calls and executes  -     nobody: no rule is about its calls\n"
        "                                  tool: The first of these that applies:\n"
        "                                    1. Try again, 3 attempts in all, waiting 1s, then 2 times as long each "
        "time, 1m at most.\n"
        "                                    2. If it has failed 3 times, or in a way that must not be tried again: "
        "ask oncall.\n"
        "lookup  calls and executes  -     nobody: no rule is about its calls\n"
        "refund  calls and executes  high  tool: If amount > 100: ask clerk.\n"
        "                                  agent: Deny: never.\n"
        "\n"
        "Without a rule: flaky, lookup"
    )


def test_rule_of_the_agent_counts_where_it_can_be_about_the_tool() -> None:
    """A rule on one tool, or on replies, is none for the others; one on arguments may be for all."""

    def ruled(oversight: Any) -> list[str]:
        return [row.tool for row in policy_table(_agent(tools=(flaky, lookup), oversight=oversight)) if row.has_rule]

    assert ruled(ask("boss")) == ["flaky", "lookup"]
    assert ruled(when(its.name == "lookup", ask("boss"))) == ["lookup"]
    assert ruled(when(~(its.name == "lookup") & (arg.x > 5), ask("boss"))) == ["flaky"]
    assert ruled(when((its.name == "lookup") | (its.risk == "high"), ask("boss"))) == ["lookup"]
    assert ruled(when(arg.x > 5, ask("boss"))) == ["flaky", "lookup"]
    assert ruled(when(its.agent == "other", ask("boss"))) == []
    assert ruled(at("reply", ask("boss"))) == []
    assert ruled([at("tool", ask("boss")), at("reply", ask())]) == ["flaky", "lookup"]
    assert ruled(lambda action: None) == ["flaky", "lookup"]


def test_router_is_shown_as_what_it_may_choose_for_each_tool() -> None:
    """Rules on arguments stay, what is known of the tool is chosen."""
    router = Oversight({"low": allow, "high": ask("clerk")}, rules=[(arg.x > 9, "high"), (its.name == "lookup", "low")])
    rows = {row.tool: row.decides for row in policy_table(_agent(tools=(lookup, flaky), oversight=router))}
    assert rows["lookup"].splitlines() == [
        "agent: The first of these that applies:",
        "  1. If x > 9: ask clerk.",
        "  2. Allow.",
    ]
    assert "2. All of these, of which the strictest counts:" in rows["flaky"]


def test_tools_of_a_pair_stand_in_both_tables_with_their_roles() -> None:
    """The one agent calls, the other executes; each table shows its own agent's part."""
    caller = ConversableAgent("caller", llm_config={"model": "m", "api_key": "k"}, human_input_mode="NEVER")
    runner = _agent("runner", tools=(), oversight=ask("boss"))

    def add(a: int) -> int:
        """Add."""
        return a

    register_function(add, caller=caller, executor=runner, description="Add.")
    assert [(r.tool, r.role, r.has_rule) for r in policy_table(caller)] == [("add", "calls", False)]
    assert [(r.tool, r.role, r.has_rule) for r in policy_table(runner)] == [("add", "executes", True)]


def test_agent_without_tools_says_so() -> None:
    """Nothing to oversee is said, not printed as an empty table."""
    assert str(policy_table(_agent(tools=()))) == "bot has no tools."
    assert str(policy_table(_agent(oversight=ask()))).endswith("\n\nEvery tool has a rule.")


def test_tools_that_only_ask_a_person_are_under_no_rule() -> None:
    """No approval is needed for asking, so no rule is shown where none counts; and none is missing."""
    table = policy_table(_agent(tools=(ask_human(to="support"), lookup), oversight=ask("boss")))
    assert [(row.tool, row.has_rule, row.decides) for row in table] == [
        ("ask_human", False, "nobody: all it does is ask a person"),
        ("lookup", True, "agent: Ask boss."),
    ]
    assert table.without_rule == ()


def test_table_of_something_else_than_an_agent_is_refused() -> None:
    """A tool is no agent."""
    with pytest.raises(ConfigError, match=r"policy_table\(Tool\('lookup'\)\): expected an agent"):
        policy_table(lookup)  # type: ignore[arg-type]
