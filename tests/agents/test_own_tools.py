"""Tools of the agent that calls them: executed inside its turn, seen by it alone, judged first."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from convagent import Action, ConversableAgent, Deny, ScriptedModel, tool
from convagent.events import (
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    MessageEvent,
    RunCompletionEvent,
    TextEvent,
)


def call(name: str, id: str = "c1", **arguments: Any) -> dict[str, Any]:
    return {"id": id, "name": name, "arguments": arguments}


def agent(*replies: Any, **given: Any) -> ConversableAgent:
    return ConversableAgent("bot", llm_config=ScriptedModel(list(replies)), human_input_mode="NEVER", **given)


def user() -> ConversableAgent:
    return ConversableAgent("user", human_input_mode="NEVER", llm_config=False)


@tool
def double(n: int) -> int:
    """Double a number."""
    return 2 * n


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_caller_executes_when_the_tool_is_its_own(asynchronous: bool) -> None:
    """The call and its result are in the caller's history only; the other agent sees the answer."""
    bot, me = agent([call("double", n=4)], "it is 8", tools=[double]), user()
    chat = {"message": "double 4", "max_turns": 1, "silent": True}
    result = asyncio.run(me.a_initiate_chat(bot, **chat)) if asynchronous else me.initiate_chat(bot, **chat)
    assert [(m["role"], m["content"]) for m in result.chat_history] == [("assistant", "double 4"), ("user", "it is 8")]
    mine = bot.chat_messages[me]
    assert [m["role"] for m in mine] == ["user", "assistant", "tool", "assistant"]
    assert mine[1]["tool_calls"][0]["function"] == {"name": "double", "arguments": '{"n": 4}'}
    assert mine[2]["tool_responses"] == [{"tool_call_id": "c1", "role": "tool", "content": "8"}]


def test_the_model_sees_its_call_and_the_result_when_it_goes_on() -> None:
    """The second request continues the first one with the call and its result in wire form."""
    model = ScriptedModel([[call("double", n=4)], "it is 8"])
    bot = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER", tools=[double])
    user().initiate_chat(bot, message="double 4", max_turns=1, silent=True)
    assert [m["role"] for m in model.requests[1].messages] == ["system", "user", "assistant", "tool"]
    assert model.requests[1].messages[-1] == {"tool_call_id": "c1", "role": "tool", "content": "8"}
    assert [t["function"]["name"] for t in model.requests[0].tools] == ["double"]


def test_events_are_in_order_when_a_tool_runs() -> None:
    """Opening, call, execution, result, answer: in this order, inner steps marked as such."""
    seen: list[Event] = []
    bot, me = agent([call("double", n=4)], "it is 8", tools=[double]), user()
    me.initiate_chat(bot, message="double 4", max_turns=1, silent=True, observers=[seen.append])
    kinds = (MessageEvent, ExecuteFunctionEvent, ExecutedFunctionEvent)
    story = [(e.type, e.inner if isinstance(e, MessageEvent) else None) for e in seen if isinstance(e, kinds)]
    assert story == [
        ("text", False),
        ("tool_call", True),
        ("execute_function", None),
        ("executed_function", None),
        ("tool_response", True),
        ("text", False),
    ]
    assert isinstance(seen[-1], RunCompletionEvent)
    assert [e.seq for e in seen if not e.transient] == list(range(1, 1 + len([e for e in seen if not e.transient])))


def test_calls_run_together_when_several_are_in_one_reply() -> None:
    """Blocking tools of one reply overlap, and their results are reported in the order of the calls."""
    together = threading.Barrier(3, timeout=20)

    @tool
    def meet(n: int) -> str:
        """Wait for the others."""
        together.wait()
        return f"met {n}"

    bot, me = agent([call("meet", f"c{i}", n=i) for i in range(3)], "done", tools=[meet]), user()
    me.initiate_chat(bot, message="go", max_turns=1, silent=True)
    responses = bot.chat_messages[me][2]["tool_responses"]
    assert [(r["tool_call_id"], r["content"]) for r in responses] == [(f"c{i}", f"met {i}") for i in range(3)]


def test_calls_run_one_by_one_when_the_tool_opts_out() -> None:
    """`@tool(parallel=False)` is never entered twice at once."""
    inside: list[int] = []
    most: list[int] = []

    @tool(parallel=False)
    async def alone(n: int) -> int:
        """Count who is inside."""
        inside.append(n)
        most.append(len(inside))
        await asyncio.sleep(0)
        inside.remove(n)
        return n

    bot, me = agent([call("alone", f"c{i}", n=i) for i in range(4)], "done", tools=[alone]), user()
    asyncio.run(me.a_initiate_chat(bot, message="go", max_turns=1, silent=True))
    assert most == [1, 1, 1, 1]


def test_the_chat_ends_when_a_model_calls_its_tools_for_ever() -> None:
    """Rounds of tools in one turn are limited by max_consecutive_auto_reply, and the reason says so."""
    model = ScriptedModel([[call("double", n=1)]], repeat_last=True)
    bot = ConversableAgent(
        "bot", llm_config=model, human_input_mode="NEVER", tools=[double], max_consecutive_auto_reply=3
    )
    result = user().initiate_chat(bot, message="go", silent=True)
    assert result.reason == "Maximum number of consecutive tool rounds reached"
    assert len(model.requests) == 4


def test_the_other_agent_executes_when_a_call_is_not_the_callers_own() -> None:
    """A reply that calls a tool known to the other agent only is handed over, as in the classic."""
    bot, me = agent([call("look")], "seen", tools=[double]), user()
    me.register_function({"look": lambda: "a cat"})
    result = me.initiate_chat(bot, message="go", max_turns=2, silent=True)
    assert [m["role"] for m in result.chat_history] == ["assistant", "assistant", "tool", "user"]


# ---------------------------------------------------------------- oversight


def no_big_numbers(action: Action) -> Deny | None:
    return Deny("too big") if action.arguments.get("n", 0) > 100 else None


@pytest.mark.parametrize("place", ["agent", "chat", "executor"])
def test_a_denied_call_is_not_made_wherever_the_policy_stands(place: str) -> None:
    """The tool does not run; the model is told why; other calls of the reply run."""
    ran: list[int] = []

    def double_it(n: int) -> int:
        """Double a number."""
        ran.append(n)
        return 2 * n

    calls = [call("double_it", "c1", n=101), call("double_it", "c2", n=5)]
    own = place != "executor"
    bot = agent(
        calls, "done", tools=[tool(double_it)] if own else (), oversight=no_big_numbers if place == "agent" else ()
    )
    me = user()
    if not own:
        me = ConversableAgent("user", human_input_mode="NEVER", llm_config=False, oversight=[no_big_numbers])
        me.register_function({"double_it": double_it})
    chat = {"oversight": no_big_numbers} if place == "chat" else {}
    me.initiate_chat(bot, message="go", max_turns=1 if own else 2, silent=True, **chat)
    told = next(m["tool_responses"] for m in bot.chat_messages[me] if "tool_responses" in m)
    assert ran == [5]
    assert [r["content"] for r in told] == ["Error: double_it was not allowed: too big", "10"]


def test_the_proposers_policy_counts_when_another_agent_executes() -> None:
    """An action belongs to the agent that proposed it; its policies are asked and see who would execute."""
    seen: list[tuple[str, str, str]] = []

    def look(action: Action) -> None:
        seen.append((action.agent, action.executor, action.name))

    bot, me = agent([call("now")], "done", oversight=look), user()
    me.register_function({"now": lambda: "noon"})
    me.initiate_chat(bot, message="go", max_turns=2, silent=True)
    assert seen == [("bot", "user", "now")]


def test_a_policy_that_raises_denies() -> None:
    """A rule that cannot be evaluated opens no door."""

    def broken(action: Action) -> None:
        raise KeyError("amount")

    bot, me = agent([call("double", n=1)], "done", tools=[double], oversight=broken), user()
    me.initiate_chat(bot, message="go", max_turns=1, silent=True)
    told = bot.chat_messages[me][2]["tool_responses"][0]["content"]
    assert told == "Error: double was not allowed: a policy could not be evaluated: KeyError: 'amount'"


# ---------------------------------------------------------------- observers and reasons


def test_observers_see_every_event_first_and_in_order() -> None:
    """Observers of a chat are told each event, in the order of registration."""
    told: list[tuple[str, str]] = []
    bot = agent("hi")
    user().initiate_chat(
        bot,
        message="hello",
        max_turns=1,
        silent=True,
        observers=[lambda e: told.append(("a", e.type)), lambda e: told.append(("b", e.type))],
    )
    assert [who for who, _ in told] == ["a", "b"] * (len(told) // 2)
    assert [kind for who, kind in told if who == "a" and kind == "text"] == ["text", "text"]


def test_a_chat_fails_when_its_observer_raises() -> None:
    """An observer that cannot do its work is not ignored."""

    def broken(event: Event) -> None:
        if isinstance(event, TextEvent):
            raise ZeroDivisionError("on purpose")

    with pytest.raises(ZeroDivisionError, match="on purpose"):
        user().initiate_chat(agent("hi"), message="hello", max_turns=1, silent=True, observers=[broken])


@pytest.mark.parametrize(
    ("replies", "given", "chat", "reason"),
    [
        (["hi"], {}, {"max_turns": 1}, "Maximum turns (1) reached"),
        (["TERMINATE"], {}, {}, "Termination message condition on agent 'user' met"),
        (
            ["a", "b"],
            {"max_consecutive_auto_reply": 1, "default_auto_reply": "more"},
            {},
            "Maximum number of consecutive auto-replies reached",
        ),
        (["", "x"], {}, {}, "No reply generated"),
    ],
)
def test_the_result_says_why_the_chat_ended(
    replies: list[str], given: dict[str, Any], chat: dict[str, Any], reason: str
) -> None:
    """ChatResult.reason is the reason of the termination."""
    me = ConversableAgent("user", human_input_mode="NEVER", llm_config=False, **given)
    assert me.initiate_chat(agent(*replies), message="hello", silent=True, **chat).reason == reason
