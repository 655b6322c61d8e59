"""Tools that were registered the classic way, one agent to propose and another to execute, in teams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convagent import (
    Concurrent,
    ConfigError,
    ConversableAgent,
    Handoff,
    Magentic,
    Nested,
    RoundRobin,
    ScriptedModel,
    Selector,
    Sequential,
    approve,
    ask,
    deny,
    register_function,
    tool,
)
from convagent.errors import BranchError
from convagent.events import DecidedEvent, ExecutedFunctionEvent
from convagent.testing import Fake, capture_events, progress_ledger, task_done, task_ledger
from tests.teams.cast import done, member, said

CALL = [{"name": "look_up", "arguments": {"word": "pen"}}]


def cast(*script: Any, **given: Any) -> list[ConversableAgent]:
    """Return an agent that proposes a call, and one that executes it."""
    ada, bob = member("ada", *(script or (CALL, "It writes.")), **given), member("bob")

    def look_up(word: str) -> str:
        return f"{word}: it writes"

    register_function(look_up, caller=ada, executor=bob, description="Look a word up.")
    return [ada, bob]


def planned(members: list[ConversableAgent]) -> Magentic:
    script = [task_ledger("look"), progress_ledger("ada", "Look."), task_done(), "Done."]
    return Magentic(members, llm_config=ScriptedModel(script))


TEAMS: dict[str, Callable[[list[ConversableAgent]], Any]] = {
    "Sequential": Sequential,
    "RoundRobin": RoundRobin,
    "Handoff": Handoff,
    "Magentic": planned,
    "Concurrent": Concurrent,
    "Selector": lambda members: Selector(members, by=lambda last, group: group.agents[0], turns=3),
}


@pytest.mark.parametrize("make", TEAMS.values(), ids=TEAMS)
def test_call_is_executed_and_its_proposer_goes_on(make: Callable[[list[ConversableAgent]], Any]) -> None:
    """By whoever may; what it proposed and what came of it is in its own history."""
    events = capture_events(ExecutedFunctionEvent)
    members = cast()
    result = done(make(members), observers=[events])
    assert [(e.func_name, e.result, e.agent) for e in events] == [("look_up", "pen: it writes", "bob")]
    assert any("It writes." in line for line in (*said(result), result.summary))


def test_action_is_of_the_proposer_and_names_the_executor() -> None:
    """As where the executor has a turn of its own; both one's rules hold."""
    events = capture_events(DecidedEvent)
    members = cast(oversight=ask("chief"))
    members[1].policies = (ask("guard"),)
    done(Sequential(members), people=Fake(chief=approve, guard=approve), observers=[events])
    [event] = events
    assert (event.action.agent, event.action.executor, event.by) == ("ada", "bob", ("guard", "chief"))


def test_rules_of_the_executor_forbid_it() -> None:
    """The proposer is told."""
    members = cast()
    members[1].policies = (deny("not on Fridays"),)
    events = capture_events(ExecutedFunctionEvent)
    done(Sequential(members), observers=[events])
    assert [e.is_exec_success for e in events] in ([], [False])


def test_call_of_its_own_tool_beside_it_is_executed_too() -> None:
    """Both in one reply."""

    def own() -> str:
        """Say yes."""
        return "yes"

    events = capture_events(ExecutedFunctionEvent)
    done(Sequential(cast([*CALL, {"name": "own"}], "Both.", tools=[tool(own)])), observers=[events])
    assert [e.result for e in events] == ["pen: it writes", "yes"]


@pytest.mark.parametrize("make", [lambda members: Sequential(members), lambda members: Nested(members[0])])
def test_error_says_what_to_do_where_nobody_executes_it(make: Any) -> None:
    """It names the call and both ways."""
    members = cast()
    members[1].executable.clear()
    with pytest.raises(ConfigError, match=r"'ada' calls look_up, and nobody here executes it; .*tools=\[\.\.\.\]"):
        done(make(members))


def test_model_is_told_where_it_calls_what_nobody_knows() -> None:
    """It goes on in the same turn."""
    heard: list[str] = []
    script = [
        [{"name": "find", "arguments": {}}],
        lambda request: heard.append(request.messages[-1]["content"]) or "Ok.",
    ]
    assert said(done(Sequential(cast(*script)))) == ["ada: Ok.", "bob: I am bob."]
    assert heard == ["Error: Function find not found."]


@pytest.mark.parametrize("make", [Sequential, Handoff, Concurrent])
def test_older_form_is_refused(make: Any) -> None:
    """Nobody would answer the call, and the conversation would end without a reply."""
    call = {"role": "assistant", "content": None, "function_call": {"name": "find", "arguments": "{}"}}
    ada, bob = member("ada", call, "Found."), member("bob")

    def find() -> str:
        return "found"

    ada.register_for_llm(description="Find it.", api_style="function")(find)
    bob.register_for_execution()(find)
    with pytest.raises((ConfigError, BranchError), match="in the older form, which nobody executes in a team"):
        done(make([ada, bob]))
