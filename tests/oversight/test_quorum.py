"""Several people: who is left, once one has approved and another one cannot answer any more."""

from __future__ import annotations

import pytest

from convagent import ConversableAgent, NobodyReachable, ScriptedModel, approve, ask, tool
from convagent.channels import ScriptedChannel
from convagent.events import ChannelFailedEvent, InputReplyEvent
from convagent.testing import Fake, after, capture_events
from tests.oversight.till import Till, bot_for, user
from tests.oversight.till import pay as pays

paid: list[int] = []


@tool(approval=ask("finance", need=2))
def pay(amount: int) -> str:
    """Pay."""
    paid.append(amount)
    return "paid"


def test_run_ends_when_only_who_has_approved_already_is_left() -> None:
    """Ada has approved, Bob's channel ends: a question that only Ada could still answer does not wait for ever."""
    call = {"name": "pay", "arguments": {"amount": 5}}
    bot = ConversableAgent("bot", llm_config=ScriptedModel([[call], "done"]), tools=[pay], human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    ada = ScriptedChannel("approve", person="ada", roles=["finance"], name="ada")
    bob = ScriptedChannel(EOFError, person="bob", roles=["finance"], name="bob")
    with pytest.raises(NobodyReachable, match="needs 2 of finance"):
        user.initiate_chat(bot, message="pay", max_turns=1, silent=True, channels=[ada, bob])
    assert paid == []


@pytest.mark.parametrize(
    "one",
    [
        ScriptedChannel("approve", "approve", person="ada", roles=["clerk", "manager"]),
        ScriptedChannel("approve", "approve", person="ada"),
        ScriptedChannel("approve", "approve"),
    ],
    ids=["both roles", "every role", "whoever is there"],
)
def test_one_person_meets_two_demands_when_they_may_answer_both(one: ScriptedChannel) -> None:
    """Rule 10: two roles are not two people; `need=2` would be."""
    till = Till(ask("clerk") & ask("manager"))
    user().initiate_chat(
        bot_for([till.pay], [[pays(5)], "done"]), message="pay", max_turns=1, silent=True, channels=[one]
    )
    assert [r.to for r in one.asked] == [("clerk",), ("manager",)]
    assert till.paid == [5.0]


def test_one_person_meets_one_of_two_demands_when_they_may_answer_no_other() -> None:
    """Who has one role does not stand for another one."""
    till, ada = Till(ask("clerk") & ask("manager")), ScriptedChannel("approve", person="ada", roles=["clerk"])
    with pytest.raises(NobodyReachable, match="needs manager"):
        user().initiate_chat(
            bot_for([till.pay], [[pays(5)], "done"]), message="pay", max_turns=1, silent=True, channels=[ada]
        )
    assert till.paid == []


def test_demands_of_two_roles_are_for_two_people_when_the_directory_says_so() -> None:
    """What a terminal vouches for is nothing beside the people of the run."""
    till = Till(ask("clerk") & ask("manager"))
    ada = ScriptedChannel("approve", person="ada", name="ada")
    bob = ScriptedChannel("approve", person="bob", name="bob")
    user().initiate_chat(
        bot_for([till.pay], [[pays(5)], "done"]), message="pay", max_turns=1, silent=True, channels=[ada, bob],
        people={"ada": "clerk", "bob": "manager"},
    )  # fmt: skip
    assert ([r.to for r in ada.asked], [r.to for r in bob.asked], till.paid) == ([("clerk",)], [("manager",)], [5.0])


def test_person_is_asked_in_a_role_that_only_the_directory_knows() -> None:
    """A channel that vouches for other roles of hers is asked all the same, and does not wait for ever."""
    till, ada = Till(ask("manager")), ScriptedChannel("approve", person="ada", roles=["clerk"])
    user().initiate_chat(
        bot_for([till.pay], [[pays(5)], "done"]), message="pay", max_turns=1, silent=True, channels=[ada],
        people={"ada": "manager"},
    )  # fmt: skip
    assert till.paid == [5.0]


def test_channel_that_ended_is_recorded_when_the_question_stands_on_another() -> None:
    """Who reads the record learns why only one of the two was waited for."""
    events, till = capture_events(ChannelFailedEvent), Till(ask("clerk"))
    ada = ScriptedChannel(EOFError, person="ada", roles=["clerk"], name="ada")
    user().initiate_chat(
        bot_for([till.pay], [[pays(5)], "done"]), message="pay", max_turns=1, silent=True, channels=[ada],
        people=Fake(roles={"bob": ["clerk"]}, bob=after("1h", approve)), observers=[events],
    )  # fmt: skip
    assert [(e.channel, e.error, e.request_id != "") for e in events.of(ChannelFailedEvent)] == [
        ("ada", "its input has ended", True)
    ]
    assert till.paid == [5.0]


def test_vote_is_recorded_with_the_time_that_it_took() -> None:
    """Each of several approvals after the time since the question was put."""
    events, till = capture_events(InputReplyEvent), Till(ask("finance", need=2))
    people = Fake(
        roles={"ada": ["finance"], "bob": ["finance"]}, ada=after("10m", approve), bob=after("1h", approve)
    )  # fmt: skip
    run = user().run(
        bot_for([till.pay], [[pays(5)], "done"]), message="pay", max_turns=1, people=people, observers=[events]
    )
    list(run)
    votes = [(e.reply.by, e.settled, e.seconds) for e in events.of(InputReplyEvent)]
    assert votes == [("ada", False, 600.0), ("bob", True, 3600.0)]
    assert run.estimated_wait(people.asked[0]) == 3600.0
