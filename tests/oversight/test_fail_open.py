"""What released frameworks were seen to let through, and we must not.

Each of these ran an action that nobody had approved, or ran one twice, somewhere. Here nothing
runs without a recorded, valid approval of exactly that action.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convagent import ConfigError, ConversableAgent, NobodyReachable, ScriptedModel, tool
from convagent.action import Action
from convagent.events import (
    ChannelFailedEvent,
    DecidedEvent,
    EscalatedEvent,
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    InputRequestEvent,
)
from convagent.human import Decision, HumanReply, HumanRequest, Receipt, Seat, approve, edit, reject
from convagent.oversight.predicate import arg
from convagent.oversight.words import ask, at, deny, when
from convagent.testing import Fake, after, silent
from tests.oversight.till import Till, bot_for, pay, told, user

# ---------------------------------------------------------------- what counts as a yes


@pytest.mark.parametrize(
    "typed",
    ["", " ", "\n", "yes please", "not approved", "disapproved", "approve!", "approved", "ok", "y", "approve it"],
)
def test_blank_or_unparsed_input_is_never_consent(typed: str) -> None:
    """Rule 2 and 3: Enter, a sentence with "approve" in it, and any word not on the list approve nothing."""
    till = Till(ask("clerk", within="1h"))
    people, me = Fake(clerk=typed), user()
    me.initiate_chat(bot_for([till.pay], [[pay(5)], "done"]), message="pay", max_turns=1, silent=True, people=people)
    assert till.paid == []
    assert [r.status for r in people.receipts] == ["invalid"]
    assert "approve" in people.receipts[0].problem


def test_answer_after_the_deadline_counts_for_nothing() -> None:
    """A late approval is told so; the stated default, deny, stands."""
    till = Till(ask("clerk", within="10m") >> ask("manager", within="1h"))
    people, me = Fake(clerk=after("30m", approve), manager=silent), user()
    me.initiate_chat(bot_for([till.pay], [[pay(5)], "done"]), message="pay", max_turns=1, silent=True, people=people)
    assert till.paid == []
    assert [r.status for r in people.receipts] == ["late"]


def test_end_of_input_is_no_approval() -> None:
    """Rule 12: a channel that ends is one channel less; where none is left, nobody can be reached."""

    class Ended:
        name = "ended"

        def __call__(self, event: Event) -> None:
            if isinstance(event, InputRequestEvent):
                event.reply(HumanReply(event.request.id, channel=self.name, end_of_input=True))

    till, me = Till(ask("clerk")), user()
    with pytest.raises(NobodyReachable, match="needs clerk") as caught:
        me.initiate_chat(bot_for([till.pay], [[pay(5)]]), message="pay", max_turns=1, silent=True, channels=[Ended()])
    assert till.paid == []
    assert [m["content"] for m in caught.value.result.chat_history] == ["pay"]  # type: ignore[attr-defined]


# ---------------------------------------------------------------- of what


def test_predicate_that_changed_meanwhile_does_not_undo_a_decision() -> None:
    """Rule 1: a settled answer outranks the policy evaluated again; a rejected payment stays rejected."""
    strict = [True]

    def condition(action: Action) -> bool:
        return strict[0]

    def refuse(request: HumanRequest) -> Decision:
        strict[0] = False  # the rule is loosened while the question stands
        return reject("no")

    till, me = Till(when(condition, ask("clerk"))), user()
    bot = bot_for([till.pay], [[pay(500)], "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=Fake(clerk=refuse))
    assert till.paid == []
    assert told(bot, me) == "Error: pay was not allowed by clerk: no"


def test_changed_argument_is_another_action() -> None:
    """Rule 5: an approval of one amount is none of another."""
    assert Action("tool", "a", "pay", {"amount": 1}).digest != Action("tool", "a", "pay", {"amount": 1.0}).digest
    assert Action("tool", "a", "pay", {"amount": 1}).digest != Action("tool", "a", "pay", {"amount": True}).digest
    till, me = Till(ask("clerk", within="1h")), user()
    people = Fake(clerk=[approve, silent])
    bot = bot_for([till.pay], [[pay(5)], [pay(6)], "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people)
    assert till.paid == [5.0]
    assert [r.action.arguments for r in people.asked if r.action] == [{"amount": 5.0}, {"amount": 6.0}]


def test_calls_with_equal_ids_are_told_apart() -> None:
    """Servers repeat and omit call ids: each call is its own question."""
    till, me = Till(ask("clerk", within="1h")), user()
    people = Fake(clerk=[approve, reject("once is enough")])
    bot = bot_for([till.pay], [[pay(5, id=""), pay(5, id="")], "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people)
    assert till.paid == [5.0]
    assert len({r.id for r in people.asked}) == len({r.action.digest for r in people.asked if r.action}) == 2


def test_edited_action_is_judged_anew_by_the_whole_policy() -> None:
    """Rule 1: an editor who may change 50 to 5,000 cannot get past the rule on large amounts."""
    policy = when(arg.amount > 1000, deny("above the limit")) | ask("clerk")
    till, me = Till(policy), user()
    bot = bot_for([till.pay], [[pay(50)], "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=Fake(clerk=edit(amount=5000)))
    assert till.paid == []
    assert told(bot, me) == "Error: pay was not allowed: above the limit"


def test_model_is_told_of_an_edit() -> None:
    """Rule 14: so that it does not repeat its own call."""
    till, me = Till(ask("clerk")), user()
    bot = bot_for([till.pay], [[pay(50)], "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=Fake(clerk=edit(amount=5)))
    assert till.paid == [5.0]
    assert told(bot, me).startswith("paid 5.0\n\n[clerk changed the arguments of this call")


@pytest.mark.parametrize("change", ["edit amount=tomorrow", "edit", "edit total=5", edit(amount=[1]), edit()])
def test_edited_arguments_that_break_the_schema_are_refused(change: Any) -> None:
    """The person is told what is wrong, and the question stands."""
    till, me = Till(ask("clerk", within="1h")), user()
    people = Fake(clerk=change)
    bot = bot_for([till.pay], [[pay(50)], "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people)
    assert till.paid == []
    assert [r.status for r in people.receipts] == ["invalid"]


@pytest.mark.parametrize("bad", ["nan", float("nan"), float("inf")])
def test_amount_that_is_not_a_number_passes_no_comparison(bad: Any) -> None:
    """`NaN > 100` is false everywhere; here the rule cannot be evaluated, and denies."""
    till, me = Till(when(arg.amount > 100, ask("clerk"))), user()
    me.initiate_chat(
        bot_for([till.pay], [[pay(bad)], "done"]), message="pay", max_turns=1, silent=True, people=Fake(clerk=approve)
    )
    assert till.paid == []


@pytest.mark.parametrize("where", ["tool", "agent", "chat"])
def test_predicate_that_raises_denies(where: str) -> None:
    """Rule 9, wherever the policy is attached."""

    def broken(action: Action) -> bool:
        raise KeyError("no such thing")

    policy = when(broken, ask("clerk"))
    till, me = Till(policy if where == "tool" else None), user()
    bot = bot_for([till.pay], [[pay(5)], "done"], oversight=policy if where == "agent" else ())
    me.initiate_chat(
        bot, message="pay", max_turns=1, silent=True, people=Fake(clerk=approve),
        oversight=policy if where == "chat" else (),
    )  # fmt: skip
    assert till.paid == []
    assert "a policy could not be evaluated: KeyError" in told(bot, me)


# ---------------------------------------------------------------- by whom


def test_answer_for_another_runs_request_is_unknown() -> None:
    """Rule 4: an answer names one request of one run by its id."""
    till, me, other = Till(ask("clerk")), user(), Till(ask("clerk"))
    foreign: list[str] = []
    first = me.run(bot_for([other.pay], [[pay(1)], "done"]), message="pay", max_turns=1, silent=True)
    second = user().run(bot_for([till.pay], [[pay(2)], "done"]), message="pay", max_turns=1, silent=True)
    for event in first:
        if isinstance(event, InputRequestEvent):
            foreign.append(event.request.id)
            for waiting in second:
                if isinstance(waiting, InputRequestEvent):
                    assert second.answer(foreign[0], approve).status == "unknown"
                    assert waiting.respond(reject("no")).status == "accepted"
            event.respond(reject("no"))
    assert till.paid == other.paid == []


def test_answer_by_the_maker_is_refused() -> None:
    """Rule 10: who changed an action counts once, and cannot approve it as the second person."""
    till, me = Till(ask("finance", need=2, within="1h")), user()
    people = Fake(roles={"ada": ["finance"], "bob": ["finance"]}, ada=[edit(amount=5), approve], bob=silent)
    bot = bot_for([till.pay], [[pay(50)], "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people)
    assert till.paid == []
    assert [r.problem.partition(",")[0] for r in people.receipts] == ["", "ada asked for this"]


def test_agent_cannot_answer_for_its_own_action() -> None:
    """Rule 10: an answer in the name of the agent that proposed the action is refused."""
    till, me = Till(ask("clerk", within="1h")), user()
    people = Fake(roles={"bot": ["clerk"]}, bot=approve, ada=silent)
    with pytest.raises(NobodyReachable):
        me.initiate_chat(
            bot_for([till.pay], [[pay(5)]]), message="pay", max_turns=1, silent=True, people=people,
            oversight=ask("clerk"),
        )  # fmt: skip
    assert till.paid == []


def test_one_person_is_not_two() -> None:
    """Four eyes are two people: the same one twice is told so."""
    till, me = Till(ask("finance", need=2, within="1h")), user()
    receipts: list[Receipt] = []

    class Twice(Fake):
        def __call__(self, event: Event) -> None:
            if isinstance(event, InputRequestEvent):
                for _ in range(2):
                    receipts.append(event.reply(HumanReply(event.request.id, "approve", by="ada", roles=("finance",))))

    people = Twice(roles={"ada": ["finance"], "bob": ["finance"]}, ada=silent, bob=silent)
    me.initiate_chat(bot_for([till.pay], [[pay(5)], "done"]), message="pay", max_turns=1, silent=True, people=people)
    assert till.paid == []
    assert [r.status for r in receipts] == ["accepted", "invalid"]


def test_person_without_the_role_cannot_answer() -> None:
    """A channel's word about roles does not outrank the directory of the run."""
    till, me = Till(ask("clerk", within="1h")), user()
    receipts: list[Receipt] = []

    class Claims:
        name = "claims"
        seats = (Seat("eve", ("clerk",)),)

        def __call__(self, event: Event) -> None:
            if isinstance(event, InputRequestEvent):
                receipts.append(event.reply(HumanReply(event.request.id, "approve", by="eve", roles=("clerk", "*"))))

    with pytest.raises(NobodyReachable):
        me.initiate_chat(
            bot_for([till.pay], [[pay(5)], "done"]), message="pay", max_turns=1, silent=True, channels=[Claims()],
            people={"eve": ["guest"]},
        )  # fmt: skip
    assert (till.paid, receipts) == ([], [])


# ---------------------------------------------------------------- how often


def test_same_approval_delivered_twice_runs_once() -> None:
    """Rule 6: a duplicate is told so, in the same moment, in parallel, and after the run has ended."""
    till, me = Till(ask("clerk")), user()
    receipts: list[Receipt] = []
    kept: list[InputRequestEvent] = []
    run = me.run(bot_for([till.pay], [[pay(5)], "done"]), message="pay", max_turns=1, silent=True)
    for event in run:
        if isinstance(event, InputRequestEvent):
            kept.append(event)
            start = threading.Barrier(8)

            def answer(event: InputRequestEvent = event, start: threading.Barrier = start) -> None:
                start.wait()
                receipts.append(event.respond(approve))

            threads = [threading.Thread(target=answer) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert till.paid == [5.0]
    assert sorted(r.status for r in receipts) == ["accepted"] + ["duplicate"] * 7
    assert kept[0].respond(approve).status == "duplicate"
    assert kept[0].respond(reject("changed my mind")).status == "conflict"
    assert run.answer(kept[0].request.id, approve).status == "duplicate"
    assert till.paid == [5.0]


def test_three_questions_after_a_side_effect_run_it_once() -> None:
    """Rule 7: a question does not send the turn back to its beginning."""
    effects: list[str] = []

    @tool
    def note(text: str) -> str:
        """Write it down."""
        effects.append(text)
        return "noted"

    till, me = Till(ask("clerk")), user()
    calls = [{"name": "note", "arguments": {"text": "begun"}}, pay(1), pay(2), pay(3)]
    bot = bot_for([note, till.pay], [calls, "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=Fake(clerk=[approve, reject("no"), approve]))
    assert effects == ["begun"]
    assert sorted(till.paid) == [1.0, 3.0]


def test_ungated_siblings_run_and_keep_their_results_while_one_waits() -> None:
    """Rule 8: who needs nobody does not wait for a person, and reports in its place."""
    seen: list[str] = []

    @tool(effect="read")
    async def look(what: str) -> str:
        """Look."""
        seen.append(what)
        return f"saw {what}"

    def clerk(request: HumanRequest) -> Decision:
        assert seen == ["a", "b"]
        return approve

    till, me = Till(ask("clerk")), user()
    calls = [{"name": "look", "arguments": {"what": "a"}}, pay(1), {"name": "look", "arguments": {"what": "b"}}]
    bot = bot_for([look, till.pay], [calls, "done"])
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=Fake(clerk=after("1h", clerk)))
    assert told(bot, me) == "saw a\n\npaid 1.0\n\nsaw b"


# ---------------------------------------------------------------- how far


def test_always_on_small_arguments_does_not_cover_large_ones() -> None:
    """Rule 11: an "always" on 5 ran 5,000,000 elsewhere; here it covers those very arguments."""
    till, me = Till(ask("clerk", within="1h")), user()
    people = Fake(clerk=[approve.always_for("exact"), silent])
    bot = bot_for([till.pay], [[pay(5)], [pay(5)], [pay(5_000_000)], "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people)
    assert till.paid == [5.0, 5.0]
    assert [r.action.arguments["amount"] for r in people.asked if r.action] == [5.0, 5_000_000.0]


def test_always_ends_when_it_is_revoked() -> None:
    """A grant holds until it is revoked, from outside."""
    till, me = Till(ask("clerk")), user()

    def revoked(request: Any) -> list[Any]:
        run.revoke()  # after the first call, and before the second one
        return [pay(5)]

    run = me.run(bot_for([till.pay], [[pay(5)], revoked, "done"]), message="pay", max_turns=1, silent=True)
    answers = [approve.always_for("exact"), reject("not again")]
    for event in run:
        if isinstance(event, InputRequestEvent):
            event.respond(answers.pop(0))
    assert answers == []
    assert till.paid == [5.0]


def test_always_is_not_offered_where_two_must_agree() -> None:
    """One person cannot wave through what needs two."""
    till, me = Till(ask("finance", need=2, within="1h")), user()
    people = Fake(
        roles={"ada": ["finance"], "bob": ["finance"]}, ada=approve.always_for("exact"), bob=approve.always_for("exact")
    )
    me.initiate_chat(bot_for([till.pay], [[pay(5)], "done"]), message="pay", max_turns=1, silent=True, people=people)
    assert till.paid == []
    assert people.asked[0].offers == ()


def test_gated_tool_inside_a_nested_agent_asks_through_the_outer_run() -> None:
    """Rule 16 and the outer rule: a chat begun inside a tool is under the same policies and asks the same people."""
    till, me = Till(), user()

    @tool
    async def delegate(task: str) -> str:
        """Let another agent do it."""
        inner = ConversableAgent(
            "inner", llm_config=ScriptedModel([[pay(7)], "paid it"]), tools=[till.pay], human_input_mode="NEVER"
        )
        result = await user().a_initiate_chat(inner, message=task, max_turns=1)
        return result.summary

    people = Fake(clerk=reject("not by delegation"))
    bot = bot_for([delegate], [[{"name": "delegate", "arguments": {"task": "pay 7"}}], "done"])
    me.initiate_chat(
        bot, message="go", max_turns=1, silent=True, people=people, oversight=when(_pays, ask("clerk")),
    )  # fmt: skip
    assert till.paid == []
    assert [r.agent for r in people.asked] == ["inner"]


def _pays(action: Action) -> bool:
    return action.name == "pay"


def test_tool_that_swallows_that_nobody_was_reachable_ends_the_run_all_the_same() -> None:
    """Rule 12: not reaching a person is its own outcome, and a tool cannot swallow it."""
    till, me = Till(ask("clerk")), user()

    @tool
    async def careful(task: str) -> str:
        """Let another agent do it, whatever happens."""
        inner = ConversableAgent(
            "inner", llm_config=ScriptedModel([[pay(7)], "paid it"]), tools=[till.pay], human_input_mode="NEVER"
        )
        try:
            await user().a_initiate_chat(inner, message=task, max_turns=1)
        except Exception:
            return "all is well"
        return "done"

    bot = bot_for([careful], [[{"name": "careful", "arguments": {"task": "pay 7"}}], "done", "more"])
    with pytest.raises(NobodyReachable):
        me.initiate_chat(bot, message="go", max_turns=2, silent=True, people=Fake(manager=approve))
    assert till.paid == []


# ---------------------------------------------------------------- channels


def test_channel_that_raises_keeps_the_request_on_the_others() -> None:
    """It is an event, and the question stands where it can be answered."""

    class Broken:
        name = "broken"

        def __call__(self, event: Event) -> None:
            if isinstance(event, InputRequestEvent):
                raise OSError("no route")

    class Works:
        name = "works"

        def __call__(self, event: Event) -> None:
            if isinstance(event, InputRequestEvent):
                event.reply(HumanReply(event.request.id, "approve", by="ada", channel=self.name))

    till, me, events = Till(ask("clerk")), user(), list[Event]()
    me.initiate_chat(
        bot_for([till.pay], [[pay(5)], "done"]), message="pay", max_turns=1, silent=True, channels=[Broken(), Works()],
        observers=[events.append],
    )  # fmt: skip
    assert till.paid == [5.0]
    assert [(e.channel, e.error) for e in events if isinstance(e, ChannelFailedEvent)] == [
        ("broken", "OSError: no route")
    ]


def test_only_channel_that_raises_reaches_nobody() -> None:
    """What cannot be put to anybody is not approved."""

    def broken(event: Event) -> None:
        if isinstance(event, InputRequestEvent):
            raise OSError("no route")

    till, me = Till(ask("clerk", within="1h") >> deny("nobody there")), user()
    bot = bot_for([till.pay], [[pay(5)], "done"])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, channels=[broken])
    assert till.paid == []
    assert told(bot, me) == "Error: pay was not allowed: nobody there"


def test_thousand_pending_at_once_answered_in_random_order() -> None:
    """Each answer finds its own request, whatever the order."""
    paid: list[int] = []

    @tool(approval=ask("clerk"))
    async def pay_one(number: int) -> str:
        """Pay."""
        paid.append(number)
        return f"paid {number}"

    calls = [{"name": "pay_one", "arguments": {"number": n}} for n in range(1000)]
    bot, me = bot_for([pay_one], [calls, "done"]), user()
    open_requests: list[HumanRequest] = []
    chance = random.Random(7)

    async def play() -> None:
        run = await me.a_run(bot, message="go", max_turns=1, silent=True)
        async for event in run:
            if isinstance(event, InputRequestEvent):
                open_requests.append(event.request)
            if len(open_requests) == 1000:
                chance.shuffle(open_requests)
                for request in open_requests:
                    assert request.action is not None
                    even = request.action.arguments["number"] % 2 == 0
                    assert run.answer(request.id, approve if even else reject("odd")).status == "accepted"
                open_requests.clear()

    asyncio.run(play())
    assert sorted(paid) == list(range(0, 1000, 2))
    results = next(m for m in bot.chat_messages[me] if m.get("role") == "tool")["tool_responses"]  # type: ignore[typeddict-item]
    assert [r["content"] for r in results][:4] == [
        "paid 0", "Error: pay_one was not allowed: odd", "paid 2", "Error: pay_one was not allowed: odd",
    ]  # fmt: skip


# ---------------------------------------------------------------- any decision at all


BEHAVIOURS = st.one_of(
    st.sampled_from([approve, reject("no"), silent, approve.always_for("clause"), approve.always_for("exact")]),
    st.sampled_from([1, 50, 5000]).map(lambda amount: edit(amount=amount)),
    st.sampled_from(["1m", "20m", "3h"]).map(lambda delay: after(delay, approve)),
    st.sampled_from(["", "approve", "yes", "not approved", "always", "always 2", "edit amount=9", "stop"]),
)
THREE = st.lists(BEHAVIOURS, min_size=3, max_size=3)
POLICIES = [
    ask("clerk", within="10m") >> ask("manager", within="2h") >> deny("late"),
    when(arg.amount > 10, ask("clerk", within="1h")),
    ask("clerk", within="1h") & when(arg.amount > 100, ask("manager", within="1h")),
    ask("clerk", "manager", need=2, within="1h"),
    when(arg.amount > 1000, deny("too much")) | ask("manager", within="1h"),
]


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@settings(max_examples=500, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(
    amounts=st.lists(st.sampled_from([5, 50, 500, 5000]), min_size=4, max_size=4),
    clerk=THREE,
    manager=THREE,
)
def test_nothing_runs_without_a_recorded_approval_whatever_is_decided(
    policy: Any, amounts: list[int], clerk: list[Any], manager: list[Any]
) -> None:
    """2,000 calls in 500 runs a policy: each payment has a valid decision by enough people before it."""
    till, me, events = Till(policy), user(), list[Event]()
    people = Fake(clerk=[*clerk, silent], manager=[*manager, reject("enough")])
    bot = bot_for([till.pay], [[pay(a)] for a in amounts] + ["done"])
    chat = me.a_initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people, observers=[events.append])
    asyncio.run(chat)
    _check_each_payment_was_decided(policy, events)


def _check_each_payment_was_decided(policy: Any, events: list[Event]) -> None:
    decided: list[DecidedEvent] = []
    for event in events:
        if isinstance(event, DecidedEvent):
            decided.append(event)
        elif isinstance(event, ExecuteFunctionEvent):
            amount = float(event.arguments["amount"])
            asked = policy(Action("tool", "bot", "pay", {"amount": amount}))
            if asked is None:
                continue
            yes = [d for d in decided if d.decision.verb in ("approve", "edit") and _amount(d) == amount]
            assert yes, f"{amount} was paid, and nobody approved it: {decided}"
            needed = max(demand.need for demand in asked.demands)
            assert yes[-1].grants or len(set(yes[-1].by)) >= needed
        elif isinstance(event, EscalatedEvent):
            assert event.why in ("time is up", "unreachable")


def _amount(decided: DecidedEvent) -> float:
    changed = decided.decision.arguments.get("amount")
    return float(decided.action.arguments["amount"] if changed is None else changed)


def test_two_channels_of_one_name_are_refused() -> None:
    """One of them failing would take the question off the other."""

    class Desk:
        name = "desk"

        def __call__(self, event: Event) -> None: ...

    till, me = Till(ask("clerk")), user()
    with pytest.raises(ConfigError, match="two channels are called 'desk'"):
        me.initiate_chat(bot_for([till.pay], [[pay(5)]]), message="pay", max_turns=1, channels=[Desk(), Desk()])


def test_text_beside_a_call_for_another_agent_is_held_back() -> None:
    """A sentence that goes along with a proposed call is said, too: `at("reply", ...)` is about it."""
    me = user()
    bot = ConversableAgent(
        "bot",
        llm_config=ScriptedModel([{"content": "you fool", "tool_calls": [_call("look", {})]}, "done"]),
        human_input_mode="NEVER",
        oversight=at("reply", ask("editor")),
    )

    def look() -> str:
        return "seen"

    bot.register_for_llm(name="look", description="Look.")(look)
    me.register_for_execution(name="look")(look)
    people = Fake(editor=[edit(content="please look"), approve])
    result = me.initiate_chat(bot, message="go", max_turns=2, silent=True, people=people)
    assert [m.get("content") for m in result.chat_history] == ["go", "please look", "seen", "done"]
    assert result.chat_history[1].get("tool_calls")


def _call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def test_classic_prompt_is_answered_by_whoever_sits_there() -> None:
    """A list of people is about decisions: the classic prompt, which approves nothing, takes anybody's text."""
    talker = ConversableAgent("talker", llm_config=False, human_input_mode="ALWAYS")
    run = user().run(talker, message="hello", max_turns=1, silent=True, people={"ada": ["clerk"]})
    for event in run:
        if isinstance(event, InputRequestEvent):
            assert event.respond("good morning").status == "accepted"
    assert run.result.chat_history[-1]["content"] == "good morning"


@pytest.mark.parametrize("ending", ["stop", "nobody"])
@pytest.mark.parametrize("kind", ["async", "plain"])
def test_approved_call_in_flight_is_recorded_when_its_sibling_ends_the_run(kind: str, ending: str) -> None:
    """Money that moves is in the record: what was begun ends, and is told, before the run does."""
    begun, may_end, done = threading.Event(), threading.Event(), list[float]()

    async def pay_slowly(amount: float) -> str:
        begun.set()
        assert await asyncio.to_thread(may_end.wait, 10)
        done.append(amount)
        return f"paid {amount}"

    def pay_plainly(amount: float) -> str:
        begun.set()
        assert may_end.wait(10)
        done.append(amount)
        return f"paid {amount}"

    slow = tool(pay_slowly if kind == "async" else pay_plainly, name="pay", description="Pay.", approval=ask("clerk"))

    class Clerk:
        name = "clerk"

        def __call__(self, event: Event) -> None:
            if not isinstance(event, InputRequestEvent) or event.request.action is None:
                return
            if event.request.action.arguments["amount"] == 1:
                event.respond(approve)
                return

            def end() -> None:
                assert begun.wait(10)
                event.respond(Decision("stop", "enough")) if ending == "stop" else event.end_input(channel=self.name)
                may_end.set()

            threading.Thread(target=end).start()

    me, events = user(), list[Event]()
    bot = bot_for([slow], [[pay(1), pay(2)], "done"])
    talk = partial(
        me.initiate_chat, bot, message="pay", max_turns=1, silent=True, channels=[Clerk()], observers=[events.append]
    )
    if ending == "stop":
        assert talk().reason == "enough"
    else:
        with pytest.raises(NobodyReachable):
            talk()
    assert done == [1.0]
    assert [e.result for e in events if isinstance(e, ExecutedFunctionEvent)] == ["paid 1.0"]


@pytest.mark.parametrize("wrong", [ask, deny, when])
def test_word_that_was_not_called_is_refused_where_it_is_written(wrong: Any) -> None:
    """`approval=ask` is not `approval=ask()`."""
    with pytest.raises(ConfigError):
        Till(wrong)
    with pytest.raises(ConfigError, match="call it"):
        bot_for([], ["x"], oversight=wrong)


def test_wrong_people_are_refused_where_they_are_given() -> None:
    """A list of names says nothing of roles; a function is no behaviour of a person."""
    with pytest.raises(ConfigError, match=r"people=\['ada'\]"):
        user().initiate_chat(bot_for([], ["x"]), message="hi", max_turns=1, silent=True, people=["ada"])
    with pytest.raises(ConfigError, match=r"clerk=reject: call it, as in reject\(\.\.\.\)"):
        Fake(clerk=reject)
