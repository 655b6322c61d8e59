"""How far a team may go: what counts as a turn where several speak."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from convagent import (
    ConversableAgent,
    Handoff,
    Human,
    MaxTurns,
    RoundRobin,
    Selector,
    Sequential,
    Team,
)
from convagent.messages import content_text
from convagent.testing import Fake
from tests.teams.cast import done, member


def talker(name: str) -> ConversableAgent:
    return member(name, f"{name} speaks")


def said(messages: Any) -> list[str]:
    return [content_text(message.get("content")) for message in messages]


TEAMS: dict[str, Callable[..., Team]] = {
    "RoundRobin": partial(RoundRobin, rounds=None),
    "Selector": partial(Selector, by=lambda last, group: group.next_agent(last), turns=None),
}


@pytest.mark.parametrize("team", TEAMS.values(), ids=TEAMS)
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a seat"])
def test_turns_of_a_team_to_which_somebody_speaks_once_are_those_of_its_members(
    team: Callable[..., Team], inside: bool
) -> None:
    """As often as a member had the word; a team without another end is ended by it."""
    made = team([talker("ada"), talker("bob")], limits=MaxTurns(3))
    result = done(Sequential([made]) if inside else made)
    assert said(made.groupchat.messages) == ["Begin.", "ada speaks", "bob speaks", "ada speaks"]
    assert inside or (result.reason, result.how) == ("Limit reached: MaxTurns(3) (3 turns)", "limit")


def test_turns_of_the_runs_inside_are_their_own() -> None:
    """A team in a seat is one turn of the team around it."""
    team = Sequential([RoundRobin([talker("ada"), talker("bob")], rounds=2), talker("cy"), talker("zoe")])
    result = done(team, limits=MaxTurns(2))
    assert said(result.chat_history) == ["Begin.", "bob speaks", "cy speaks"]


def test_turns_of_a_desk_that_a_person_talks_with_are_round_trips() -> None:
    """They come back to it, so what its members do for one answer is no turn."""
    hands = [{"name": "transfer_to_bob", "arguments": {"reason": "his"}}]
    desk = Handoff([member("ada", hands), talker("bob")])
    result = Human("ann").initiate_chat(
        desk, message="Begin.", limits=MaxTurns(2), silent=True, people=Fake(ann=["again", "and again"])
    )
    assert said(result.chat_history) == ["Begin.", "bob speaks", "again", "bob speaks"]
