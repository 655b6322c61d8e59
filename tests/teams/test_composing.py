"""Teams in teams: any seat, any depth, one request, policies, limits and control messages from outside."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convagent import (
    Concurrent,
    ConversableAgent,
    GroupChat,
    GroupChatManager,
    Nested,
    RoundRobin,
    Selector,
    Sequential,
    Team,
    approve,
    ask,
    at,
    reject,
    tool,
)
from convagent.conversation.limit_kinds import MaxMessages, TextSaid
from convagent.events import InputRequestEvent, RunStarted
from convagent.testing import Fake, capture_events
from tests.teams.cast import done, hearing, member, members, said


def payer(paid: list[str], approval: Any = None) -> ConversableAgent:
    def pay() -> str:
        """Pay."""
        paid.append("paid")
        return "paid"

    return member("payer", [{"name": "pay", "arguments": {}}], "It is paid.", tools=[tool(pay, approval=approval)])


def deep(agent: ConversableAgent) -> Sequential:
    """Return a team in which an agent sits four levels down."""
    pair = Concurrent([RoundRobin([agent], name="round"), member("ada")], name="pair")
    return Sequential([Nested(pair, name="nested"), member("cy")], name="outer")


# ---------------------------------------------------------------- any seat


@pytest.mark.parametrize("kind", ["sequential", "round", "selector", "concurrent", "nested", "group"])
def test_a_team_takes_the_seat_of_an_agent(kind: str) -> None:
    """It is told what was said, and replies with what came of it."""
    two = members("ada", "bob")
    team: Any = {
        "sequential": lambda: Sequential(two, name="t"),
        "round": lambda: RoundRobin(two, rounds=1, name="t"),
        "selector": lambda: Selector(two, by=lambda last, group: None if last.name == "bob" else two[1], name="t"),
        "concurrent": lambda: Concurrent(two, merge=lambda found: found[-1].content, name="t"),
        "nested": lambda: Nested(Sequential(two), name="t"),
        "group": lambda: GroupChatManager(
            GroupChat(two, max_round=3, speaker_selection_method="round_robin"), name="t"
        ),
    }[kind]()
    heard: list[str] = []
    for around in (Sequential([team, hearing("cy", heard)]), Concurrent([team], merge=hearing("cy", heard))):
        done(around, "Task")
    assert heard == ["I am bob.", "Task\n\nThis is what was found:\n\nt:\nI am bob."]


def test_a_team_talks_with_an_agent_as_any_agent_does() -> None:
    """It may also begin, and reply in a chat of two."""
    team, user = Sequential(members("ada", "bob"), name="team"), member("user", "More.", "Thanks.")
    result = user.initiate_chat(team, message="Begin.", max_turns=2, silent=True)
    assert [line.split(":")[0] for line in said(result)] == ["ada", "bob", "user", "ada", "bob"]


def test_a_member_of_two_teams_keeps_them_apart() -> None:
    """What it read in one it does not read in the other."""
    read: list[list[str]] = []
    ada = member("ada", lambda request: read.append([m["content"] for m in request.messages[1:]]) or "hm")
    done(Concurrent([Sequential([member("x"), ada], name="one"), Sequential([member("y"), ada], name="two")]))
    assert read == [["Begin.", "I am x."], ["Begin.", "I am y."]]


# ---------------------------------------------------------------- people


def test_an_approval_deep_inside_is_one_request() -> None:
    """Whoever watches the outermost run sees it once, and answers it there by its id."""
    paid: list[str] = []
    response = deep(payer(paid, ask())).run(message="Pay.", silent=True)
    asked = 0
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            asked += 1
            assert (event.request.agent, paid) == ("payer", [])
            assert response.answer(event.request.id, "approve").status == "accepted"
    assert (asked, paid, response.summary) == (1, ["paid"], "I am cy.")


def test_a_request_says_where_inside_it_is_asked() -> None:
    """The teams around the one who asks, the outermost first."""
    fake = Fake(clerk=approve)
    done(deep(payer([], ask("clerk"))), people=fake)
    assert [request.where for request in fake.asked] == [("outer", "nested", "pair", "round")]


def test_oversight_from_outside_holds_at_every_depth() -> None:
    """A rule of the chat, and one of a team around, judge a tool four levels down."""
    paid: list[str] = []
    for given in ({"oversight": ask("clerk")}, {}):
        team = deep(payer(paid))
        if not given:
            team = Sequential([team], oversight=ask("clerk"))
        fake = Fake(clerk=reject("no"))
        done(team, people=fake, **given)
        assert ([request.agent for request in fake.asked], paid) == (["payer"], [])


def test_a_rule_that_stands_in_several_places_asks_once() -> None:
    """The same question of the chat and of the teams around is one."""
    fake, policy = Fake(clerk=approve), at("reply", ask("clerk"))
    done(Sequential([Sequential([member("ada")], oversight=policy)], oversight=policy), people=fake, oversight=policy)
    assert [request.agent for request in fake.asked] == ["ada", "pipeline"]


# ---------------------------------------------------------------- limits and steering


def test_limits_of_a_team_hold_wherever_it_sits() -> None:
    """It replies with what was said until then, and the conversation around it goes on."""
    inner = RoundRobin(members("ada", "bob"), rounds=9, limits=MaxMessages(3), name="inner")
    assert done(inner).reason.startswith("Limit reached")
    assert said(done(Sequential([inner, member("cy")]))) == ["inner: I am bob.", "cy: I am cy."]


def test_limits_of_the_chat_reach_inside() -> None:
    """What is spent inside counts outside."""
    result = done(Sequential([RoundRobin(members("ada", "bob"), rounds=9, limits=TextSaid("bob"), name="r")]))
    assert said(result) == ["r: I am bob."]


def test_what_a_person_says_is_heard_by_the_next_speaker_inside() -> None:
    """Whoever is the next to speak, at any depth."""
    heard: list[str] = []
    team = Sequential([Nested(RoundRobin([member("ada"), hearing("bob", heard)]), name="n")])
    response = team.run(message="Begin.", silent=True)
    for event in response.events:
        if getattr(event, "sender", "") == "ada" and not heard:
            response.say("Use euros.", by="ann")
    assert heard[0] in ("Use euros.", "I am ada.")


def test_a_stop_reaches_inside() -> None:
    """All the conversations end for the same reason."""

    async def endless(request: Any) -> str:
        return str(await asyncio.Event().wait())

    team = Sequential([Nested(RoundRobin([member("ada"), member("bob", endless)], rounds=None), name="n")])
    response = team.run(message="Begin.", silent=True)
    for event in response.events:
        if getattr(event, "sender", "") == "ada":
            response.stop("enough")
    assert response.result.reason == "enough"


# ---------------------------------------------------------------- what is told


def test_runs_inside_name_the_run_around_them() -> None:
    """So that what happens can be drawn as a tree."""
    events = capture_events(RunStarted)
    done(deep(member("x")), observers=[events])
    assert [e.agents for e in events] == [
        ("user", "outer", "nested", "cy"), ("nested", "pair"), ("pair", "round", "x"), ("pair", "ada"),
    ]  # fmt: skip
    by_id = {e.run_id: e for e in events}
    assert all(e.parent in by_id for e in events[1:])


def test_what_all_cost_is_in_the_result() -> None:
    """Members of members, and whoever merges."""
    team = Sequential([Concurrent(members("ada", "bob"), merge=member("ed"), name="c"), member("cy")])
    cost = done(team).cost["usage_including_cached_inference"]["scripted"]
    each = done(Sequential(members("ada"))).cost["usage_including_cached_inference"]["scripted"]
    assert cost["completion_tokens"] == 4 * each["completion_tokens"]


def test_twenty_teams_in_each_other_work() -> None:
    """Nothing depends on how deep it is."""
    team: Any = member("ada")
    for depth in range(20):
        team = Sequential([team], name=f"t{depth}")
    assert isinstance(team, Team)
    assert said(done(team)) == ["t18: I am ada."]
