"""Selector: somebody selects who speaks next, and is asked only where there is a choice."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import ConfigError, RoundRobin, ScriptedModel, Selector, approve, ask, at, deny, edit, when
from convagent import arg as its_argument
from convagent.testing import Fake, People
from tests.teams.cast import done, member, members, said


def picking(*names: str, asked: list[int] | None = None) -> ScriptedModel:
    """Return a model that names these, and notes when it is asked."""
    return ScriptedModel([lambda request, name=name: (asked is not None and asked.append(request.turn)) or name
                          for name in names])  # fmt: skip


def spoke(team: Selector, **given: Any) -> list[str]:
    return [line.split(":")[0] for line in said(done(team, **given))]


def test_a_model_selects() -> None:
    """It names one of them, so often as there are turns."""
    team = Selector(members("ada", "bob", "cy"), by=picking("cy", "ada", "cy"), turns=3)
    assert spoke(team) == ["cy", "ada", "cy"]


def test_its_own_model_selects_where_nobody_else_is_named() -> None:
    """`llm_config` is the same as `by`."""
    assert spoke(Selector(members("ada", "bob"), llm_config=picking("bob", "ada"), turns=2)) == ["bob", "ada"]


def test_a_function_selects() -> None:
    """It gets the last speaker and the group, and ends it with None."""

    def choose(last: Any, group: Any) -> Any:
        following = {"user": "bob", "bob": "ada"}
        return group.agent_by_name(following[last.name]) if last.name in following else None

    assert spoke(Selector(members("ada", "bob"), by=choose)) == ["bob", "ada"]


def test_a_person_selects() -> None:
    """By name or number; the request shows who may be selected."""
    with People("bob", "1") as people:
        assert spoke(Selector(members("ada", "bob"), by="person", turns=2), channels=[people]) == ["bob", "ada"]


def test_a_person_who_leaves_it_open_lets_the_next_in_order_speak() -> None:
    """Enter selects nobody."""
    with People("", "") as people:
        assert spoke(Selector(members("ada", "bob"), by="person", turns=2), channels=[people]) == ["ada", "bob"]


def test_nobody_is_asked_where_only_one_may_speak() -> None:
    """After the first choice two members without repetition leave no choice."""
    asked: list[int] = []
    team = Selector(members("ada", "bob"), by=picking("bob", asked=asked), turns=4, repeat=False)
    assert spoke(team) == ["bob", "ada", "bob", "ada"]
    assert asked == [0]


def test_nobody_is_asked_where_the_transitions_leave_one() -> None:
    """Only the first speaker is selected."""
    ada, bob, cy = members("ada", "bob", "cy")
    with People("ada") as people:
        team = Selector([ada, bob, cy], by="person", turns=3, transitions={ada: [bob], bob: [cy], cy: [ada]})
        assert spoke(team, channels=[people]) == ["ada", "bob", "cy"]


def test_transitions_and_no_repetition_hold_together() -> None:
    """Nobody follows itself, though the transitions allow it."""
    ada, bob = members("ada", "bob")
    team = Selector([ada, bob], by=picking("ada"), turns=2, repeat=False, transitions={ada: [ada, bob], bob: [ada]})
    assert spoke(team) == ["ada", "bob"]


def test_a_choice_is_judged_before_it_counts() -> None:
    """A person re-routes it, a rule forbids it."""
    team = Selector(members("ada", "bob", "cy"), by=picking("ada"), turns=1, oversight=at("speaker", ask("lead")))
    assert spoke(team, people=Fake(lead=[edit(speaker="cy"), approve])) == ["cy"]
    rule = at("speaker", when(its_argument.speaker == "ada", deny("not her")))
    assert spoke(Selector(members("ada", "bob"), by=picking("ada"), turns=1, oversight=rule)) == ["bob"]


def test_a_team_may_be_selected() -> None:
    """It is an agent as the others are."""
    inner = Selector(members("x", "y"), by=picking("y"), turns=1, name="inner")
    assert said(done(Selector([inner, member("z")], by=picking("inner"), turns=1))) == ["inner: I am y."]


def test_it_says_what_it_needs_when_it_is_made() -> None:
    """Nobody to select from, nobody who selects, two who do, no such choice."""
    two = members("ada", "bob")
    for given, text in (
        ({"members": members("ada"), "by": "person"}, "nobody to select from"),
        ({"members": two}, "needs somebody who selects"),
        ({"members": two, "by": picking("ada"), "llm_config": picking("ada")}, "give one of them"),
        ({"members": two, "by": "persn"}, "by='persn': expected the configuration of a model"),
        ({"members": two, "by": "person", "turns": 0}, "turns=0"),
    ):
        with pytest.raises(ConfigError, match=text):
            Selector(**given)


def test_its_end_names_the_number_that_was_given() -> None:
    """Not the number of messages that this comes to; of any other team, that of the messages."""
    choose = lambda last, group: group.next_agent(last)  # noqa: E731
    assert done(Selector(members("ada", "bob"), by=choose, turns=4)).reason == "Maximum turns (4) reached"
    assert done(RoundRobin(members("ada", "bob"), rounds=9, max_messages=4)).reason == "Maximum messages (4) reached"
