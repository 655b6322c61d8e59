"""How far a run may go: what counts, when it is looked at, and what the run says of its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from convagent import (
    ConfigError,
    ConversableAgent,
    GroupChat,
    GroupChatManager,
    Limit,
    LLMConfig,
    MaxCost,
    MaxMessages,
    MaxRounds,
    MaxTime,
    MaxTokens,
    MaxTurns,
    ModelReply,
    ModelRequest,
    ScriptedModel,
    TextSaid,
    Until,
    Usage,
    initiate_chats,
    tool,
)
from convagent.events import Event, ModelCallFinished, RunCompletionEvent, RunStarted, TerminationEvent
from convagent.testing import Fake, after


class Counting:
    """A model whose replies cost what it says, and which notes how often it was asked."""

    label, offline_note = "counting", ""

    def __init__(self, say: Sequence[Any] = ("on",), usage: Usage | None = None) -> None:
        self.say, self.usage, self.asked = say, usage or Usage(60, 40, 0.25), 0

    async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
        self.asked += 1
        said = self.say[min(request.turn, len(self.say) - 1)]
        message: Any = {"role": "assistant", "content": said} if isinstance(said, str) else said
        return ModelReply(message, self.usage, "counting")


def talker(name: str, model: Any = False, **given: Any) -> ConversableAgent:
    given = {"default_auto_reply": f"{name} speaks", **given}
    return ConversableAgent(name, llm_config=model, human_input_mode="NEVER", **given)


def said(history: Sequence[Any]) -> list[Any]:
    return [message["content"] for message in history]


def calls(name: str, **arguments: Any) -> Any:
    import json

    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": "c", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def long(messages: Sequence[Any]) -> bool:
    return len(messages) >= 5


# ---------------------------------------------------------------- each of them


@pytest.mark.parametrize(
    ("limit", "messages", "amount"),
    [
        (MaxTurns(2), 4, "2 turns"),
        (MaxTurns(1), 2, "1 turn"),
        (MaxRounds(3), 3, "3 rounds"),
        (MaxMessages(3), 3, "3 messages"),
        (MaxTokens(200), 4, "200 tokens"),
        (MaxTokens(prompt=120), 4, "120 prompt tokens"),
        (MaxTokens(10_000, completion=80), 4, "80 completion tokens"),
        (MaxCost(0.5), 4, "$0.5000"),
        (TextSaid("on"), 2, "by bob"),
        (TextSaid("speaks", by="ada"), 3, ""),
        (Until(long), 5, ""),
        (MaxMessages(3) | MaxTurns(5), 3, "3 messages"),
        (MaxMessages(3) & MaxTokens(300), 6, "6 messages, 300 tokens"),
    ],
    ids=str,
)
def test_limit_ends_the_chat_and_is_named(limit: Limit, messages: int, amount: str) -> None:
    """The result, the termination and the completion name the limit that was reached, and how far the run had come."""
    seen: list[Event] = []
    ada, bob = talker("ada"), talker("bob", Counting())
    result = ada.initiate_chat(bob, message="on with it", limits=limit, silent=True, observers=[seen.append])
    which = "MaxMessages(3)" if "|" in str(limit) else str(limit)
    reason = f"Limit reached: {which}" + (f" ({amount})" if amount else "")
    assert (result.reason, len(result.chat_history)) == (reason, messages)
    assert [e.termination_reason for e in seen if isinstance(e, TerminationEvent)] == [reason]
    assert [e.reason for e in seen if isinstance(e, RunCompletionEvent)] == [reason]


def test_amounts_are_written_to_be_read() -> None:
    """Thousands are set apart."""
    bob = talker("bob", Counting(usage=Usage(5_000, 120)))
    result = talker("ada").initiate_chat(bob, message="hi", limits=MaxTokens(5_000), silent=True)
    assert result.reason == "Limit reached: MaxTokens(5000) (5,120 tokens)"


def test_text_of_the_opening_does_not_count() -> None:
    """The task may name the word that ends the chat."""
    ada, bob = talker("ada"), talker("bob", Counting(["working", "still", "DONE"]))
    result = ada.initiate_chat(bob, message="Say DONE at the end", limits=TextSaid("DONE", by=bob), silent=True)
    assert said(result.chat_history)[-1] == "DONE"
    assert len(result.chat_history) == 6


def test_until_reads_the_messages_of_the_initiator() -> None:
    """Its function gets what `chat_history` will be."""
    seen: list[int] = []

    def enough(messages: Sequence[Any]) -> bool:
        seen.append(len(messages))
        return messages[-1]["content"] == "bob speaks" and len(messages) > 2

    result = talker("ada").initiate_chat(talker("bob"), message="hi", limits=Until(enough), silent=True)
    assert (seen, len(result.chat_history)) == ([1, 2, 3, 4], 4)


def test_async_function_is_refused() -> None:
    """A coroutine would always be true."""

    async def enough(messages: Sequence[Any]) -> bool:
        return False

    with pytest.raises(ConfigError, match="is async"):
        talker("ada").initiate_chat(talker("bob"), message="hi", limits=Until(enough), silent=True)


def test_time_runs_while_people_think() -> None:
    """It is measured from the start of the run, whoever it waited for; what a person said in time still counts."""
    people = Fake(clerk=after("4m", "go on"))
    asking = ConversableAgent("bob", human_input_mode="ALWAYS")
    result = talker("ada").initiate_chat(asking, message="hi", limits=MaxTime("10m"), people=people, silent=True)
    assert result.reason == "Limit reached: MaxTime('10m') (12m)"
    assert said(result.chat_history).count("go on") == 3


def test_reply_from_the_cache_costs_nothing() -> None:
    """It was paid for earlier."""

    class Cached(Counting):
        async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
            reply = await super().complete(request)
            return ModelReply(reply.message, reply.usage, "counting", cached=True)

    result = talker("ada").initiate_chat(
        talker("bob", Cached()), message="hi", limits=MaxTokens(100) | MaxMessages(6), silent=True
    )
    assert result.reason == "Limit reached: MaxMessages(6) (6 messages)"


# ---------------------------------------------------------------- where it is looked at


def test_long_loop_of_tools_is_stopped_before_its_next_model_call() -> None:
    """A turn that never ends by itself ends by the limit, with the results of its calls in the history."""
    done: list[int] = []

    @tool
    def look(page: int) -> str:
        """Look at a page."""
        done.append(page)
        return f"page {page}"

    model = Counting([calls("look", page=1)])
    bob = talker("bob", model, tools=[look])
    ada = talker("ada")
    result = ada.initiate_chat(bob, message="read", limits=MaxTokens(300), silent=True)
    assert (model.asked, len(done)) == (3, 3)
    assert result.reason == "Limit reached: MaxTokens(300) (300 tokens)"
    assert [m["role"] for m in bob.chat_messages[ada]] == ["user", *["assistant", "tool"] * 3]


def chat_inside(limits: Limit | None) -> Callable[[], Any]:
    async def research(topic: str) -> str:
        """Find out."""
        worker = talker("worker", Counting())
        found = await talker("lead").a_initiate_chat(worker, message=topic, limits=limits, silent=True)
        return found.reason

    return research


def test_runs_inside_spend_the_budget_of_the_outer_one() -> None:
    """A chat that a tool opens is stopped by the outer limit, and then so is the outer run."""
    model = Counting([calls("research", topic="pens"), "done"])
    bob, ada = talker("bob", model, tools=[chat_inside(None)]), talker("ada")
    result = ada.initiate_chat(bob, message="go", limits=MaxTokens(500), silent=True)
    assert result.reason == "Limit reached: MaxTokens(500) (500 tokens)"
    assert model.asked == 1
    assert said(bob.chat_messages[ada])[-1] == "Limit reached: MaxTokens(500) (500 tokens), of the run around this one"


def test_limit_of_a_run_inside_ends_that_run_alone() -> None:
    """The outer run goes on with what it returned, and has its tokens on its own count."""
    model = Counting([calls("research", topic="pens"), "done", "done"])
    bob, ada = talker("bob", model, tools=[chat_inside(MaxTokens(200))]), talker("ada")
    result = ada.initiate_chat(bob, message="go", limits=MaxTokens(401) | MaxTurns(9), silent=True)
    assert result.reason == "Limit reached: MaxTokens(401) (500 tokens)"
    assert model.asked == 3
    assert "Limit reached: MaxTokens(200) (200 tokens)" in said(bob.chat_messages[ada])


def test_reply_made_inside_a_tool_counts_too() -> None:
    """`generate_reply` in a tool is a run inside."""
    helper = talker("helper", Counting(usage=Usage(900, 100)))

    async def consult() -> Any:
        """Ask somebody else."""
        return await helper.a_generate_reply(messages=[{"role": "user", "content": "well?"}])

    model = Counting([calls("consult"), "never said"])
    result = talker("ada").initiate_chat(
        talker("bob", model, tools=[consult]), message="go", limits=MaxTokens(1_000), silent=True
    )
    assert (result.reason, model.asked) == ("Limit reached: MaxTokens(1000) (1,100 tokens)", 1)


def test_stop_is_met_again_where_a_tool_swallowed_it() -> None:
    """A tool that catches everything does not get past the limit."""
    worker = talker("worker", Counting())

    async def stubborn() -> str:
        """Try, whatever happens."""
        for _ in range(3):
            try:
                await worker.a_generate_reply(messages=[{"role": "user", "content": "well?"}])
            except Exception:
                pass
        return "tried"

    result = talker("ada").initiate_chat(
        talker("bob", Counting([calls("stubborn"), "never said"]), tools=[stubborn]), message="go",
        limits=MaxTokens(200), silent=True,
    )  # fmt: skip
    assert result.reason == "Limit reached: MaxTokens(200) (200 tokens)"


@pytest.mark.parametrize(("limit", "summary"), [(MaxTurns(1), "in short"), (MaxTokens(100), "")], ids=str)
def test_summary_is_made_unless_the_budget_is_spent(limit: Limit, summary: str) -> None:
    """A summary by a model is no turn, and costs tokens."""
    bob = talker("bob", Counting(["on", "in short"]))
    result = talker("ada").initiate_chat(
        bob, message="hi", limits=limit, summary_method="reflection_with_llm", silent=True
    )
    assert result.summary == summary


def test_groups_are_limited_by_rounds() -> None:
    """Each time that somebody is given the word is a round; whoever opens has the first."""
    members = [talker(name) for name in ("ada", "bob", "cy")]
    group = GroupChat(members, max_round=50, speaker_selection_method="round_robin")
    result = members[0].initiate_chat(
        GroupChatManager(group, silent=True), message="hi", limits=MaxRounds(5), silent=True
    )
    assert result.reason == "Limit reached: MaxRounds(5) (5 rounds)"
    assert [m.get("name") for m in group.messages] == ["ada", "bob", "cy", "ada", "bob"]


def test_round_trips_of_a_group_end_before_the_next_one_begins() -> None:
    """The initiator does not open a round trip that the limit forbids."""
    members = [talker(name) for name in ("ada", "bob")]
    group = GroupChat(members, max_round=2, speaker_selection_method="round_robin")
    result = members[0].initiate_chat(
        GroupChatManager(group, silent=True), message="hi", max_turns=9, limits=MaxTurns(2), silent=True
    )
    assert result.reason == "Limit reached: MaxTurns(2) (2 turns)"
    assert len(group.messages) == 4


def test_selection_by_a_model_counts() -> None:
    """Who chooses the speakers spends the same budget."""
    members = [talker(name) for name in ("ada", "bob", "cy")]
    chooser = Counting(["bob", "cy", "bob"])
    group = GroupChat(members, max_round=50)
    manager = GroupChatManager(group, llm_config=chooser, silent=True)
    result = members[0].initiate_chat(manager, message="hi", limits=MaxTokens(200), silent=True)
    assert (result.reason, chooser.asked) == ("Limit reached: MaxTokens(200) (200 tokens)", 2)


def test_each_chat_of_a_queue_has_its_own() -> None:
    """`limits` stands beside the other arguments of a chat."""
    ada, bob, cy = talker("ada"), talker("bob"), talker("cy")
    queue = [
        {"sender": ada, "recipient": bob, "message": "one", "limits": MaxMessages(2), "silent": True},
        {"sender": ada, "recipient": cy, "message": "two", "limits": MaxMessages(4), "silent": True},
    ]
    assert [len(result.chat_history) for result in initiate_chats(queue)] == [2, 4]


def test_runs_take_limits_too() -> None:
    """`run`, `a_run` and `a_initiate_chat` end by the same reason."""
    model: Any = {"message": "hi", "limits": MaxMessages(3), "silent": True}
    ada, bob = talker("ada"), talker("bob")
    assert ada.run(bob, **model).result.reason == "Limit reached: MaxMessages(3) (3 messages)"

    async def others() -> list[str]:
        response = await ada.a_run(bob, **model)
        await response.process()
        done = [e async for e in ada.a_run_iter(bob, yield_on=[RunCompletionEvent], **model)]
        result = await ada.a_initiate_chat(bob, **model)
        return [(await response.result).reason, done[0].reason, result.reason]

    assert asyncio.run(others()) == ["Limit reached: MaxMessages(3) (3 messages)"] * 3


def test_agents_hold_nothing_of_a_limit() -> None:
    """The next chat of the same agents begins to count anew; two at once have one count each."""
    ada, bob = talker("ada"), talker("bob", Counting())

    async def both() -> list[int]:
        chats = [ada.a_initiate_chat(bob, message=t, limits=MaxTokens(300), silent=True) for t in "ab"]
        return [len(result.chat_history) for result in await asyncio.gather(*chats)]

    assert asyncio.run(both()) == [6, 6]
    assert asyncio.run(both()) == [6, 6]


def test_model_without_a_price_is_named_at_the_start() -> None:
    """A limit of cost that cannot see what a model costs says so in the header of the run."""
    from convagent.agents.usage import unpriced

    def agent(**entry: Any) -> ConversableAgent:
        return talker("bob", LLMConfig({"api_key": "k", **entry}))

    known, unknown = agent(model="gpt-4o"), agent(model="mine", base_url="http://127.0.0.1:9/v1")
    assert unpriced(MaxCost(1) | MaxTurns(3), [known]) == []
    assert unpriced(MaxTurns(3), [unknown]) == []
    assert unpriced(MaxCost(1), [agent(model="mine", price=[0.1, 0.2])]) == []
    (note,) = unpriced(MaxCost(1) | MaxTurns(3), [known, unknown])
    assert note.startswith("MaxCost(1) does not see what mine of bob costs; give the entry a price=")
    seen: list[Event] = []
    response = talker("ada").run(unknown, message="hi", limits=MaxCost(1), observers=[seen.append], silent=True)
    with pytest.raises(Exception, match=r"Connection|refused|failed"):
        response.process()
    assert note in next(e for e in seen if isinstance(e, RunStarted)).notes


def test_no_limit_counts_nothing() -> None:
    """A run without limits keeps no tally: the plain turn pays nothing for it."""
    from convagent.conversation.context import current_run

    tallies: list[Any] = []

    def look(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
        run = current_run.get()
        assert run is not None
        tallies.append(run.tally)
        return True, "seen"

    bob = talker("bob")
    bob.register_reply(ConversableAgent, look)
    talker("ada").initiate_chat(bob, message="hi", max_turns=1, silent=True)
    assert tallies == [None]


def test_calls_that_fail_cost_nothing() -> None:
    """A model that could not be reached was not paid for."""
    seen: list[Event] = []
    bob = talker("bob", ScriptedModel([ConnectionError("gone")]))
    with pytest.raises(ConnectionError):
        talker("ada").initiate_chat(bob, message="hi", limits=MaxTokens(1), silent=True, observers=[seen.append])
    assert any(isinstance(e, ModelCallFinished) and e.error for e in seen)


# ---------------------------------------------------------------- the values themselves


def test_limits_print_as_they_are_written() -> None:
    """Joined, with brackets where they are needed, and flat where they are not."""
    limit = MaxTurns(3) | MaxTokens(5_000, prompt=9) & MaxTime(600) | TextSaid("DONE", by="bob") | Until(long)
    assert str(limit) == (
        "MaxTurns(3) | (MaxTokens(5000, prompt=9) & MaxTime('10m')) | TextSaid('DONE', by='bob') | Until(long)"
    )


def test_limits_are_equal_by_value() -> None:
    """However a time was written, and an agent named."""
    assert MaxTime("10m") == MaxTime(600)
    assert TextSaid("DONE", by=talker("bob")) == TextSaid("DONE", by="bob")
    assert hash(MaxTurns(3) | MaxCost(1)) == hash(MaxTurns(3) | MaxCost(1))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: MaxTokens(0), r"MaxTokens\(0\): expected a whole number of tokens, 1 or more"),
        (lambda: MaxTokens(), r"MaxTokens\(\) limits nothing"),
        (lambda: MaxTurns(True), r"MaxTurns\(True\)"),
        (lambda: MaxRounds(2.5), r"MaxRounds\(2.5\)"),  # type: ignore[arg-type]
        (lambda: MaxMessages("4"), r"MaxMessages\('4'\)"),  # type: ignore[arg-type]
        (lambda: MaxCost(0), r"MaxCost\(0\): expected US dollars"),
        (lambda: MaxCost(float("inf")), r"MaxCost\(inf\)"),
        (lambda: MaxTime("soon"), "MaxTime='soon' is not a length of time"),
        (lambda: TextSaid(""), r"TextSaid\(''\): expected a text"),
        (lambda: TextSaid("DONE", by=3), r"expected an agent, or its name"),
        (lambda: Until("never"), r"Until\('never'\): expected a function"),  # type: ignore[arg-type]
        (lambda: MaxTurns(3) or MaxTurns(4), r"MaxTurns\(3\) has no truth value"),
        (lambda: MaxTurns(3) | 5, "limits=5 is a int; expected a limit such as"),
        (lambda: [MaxTurns(3)] & MaxTurns(4), r"is a list; expected a limit"),
    ],
)
def test_what_cannot_be_a_limit_is_refused(wrong: Callable[[], Any], text: str) -> None:
    """At once, and by name."""
    with pytest.raises(ConfigError, match=text):
        wrong()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("10", "limits='10' is a str; expected a limit such as"),
        (10, "limits=10 is a int"),
        ([MaxTurns(1), MaxCost(1)], "is a list; expected a limit such as .* joined by"),
        (MaxTurns, r"MaxTurns alone is no limit; call it, as in MaxTurns\(10\)"),
        (long, r"is a function; write Until\(...\)"),
        (False, "limits=False is a bool"),
    ],
    ids=["text", "number", "list", "class", "function", "bool"],
)
def test_chat_refuses_what_is_no_limit(given: Any, text: str) -> None:
    """Before anything is said."""
    with pytest.raises(ConfigError, match=text):
        talker("ada").initiate_chat(talker("bob"), message="hi", limits=given)
