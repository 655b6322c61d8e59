"""RoundRobin: everybody in turn, several times."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import ConfigError, RoundRobin
from convagent.events import GroupChatRunChatEvent
from convagent.testing import capture_events
from tests.teams.cast import done, hearing, member, members, said


def test_each_one_speaks_as_often_as_there_are_rounds() -> None:
    """In order, and it says when that was enough."""
    result = done(RoundRobin(members("ada", "bob"), rounds=2))
    assert said(result) == ["ada: I am ada.", "bob: I am bob.", "ada: I am ada.", "bob: I am bob."]
    assert result.reason == "Everybody has spoken 2 times"


def test_each_one_reads_what_all_others_said() -> None:
    """A later round reads the earlier ones."""
    seen: list[Any] = []
    ada = member("ada", lambda request: seen.append([m["content"] for m in request.messages[1:]]) or "hm")
    done(RoundRobin([ada, member("bob")], rounds=2))
    assert seen == [["Begin."], ["Begin.", "hm", "I am bob."]]


def test_a_member_may_be_alone() -> None:
    """It speaks so often."""
    assert len(said(done(RoundRobin([member("ada")], rounds=3)))) == 3


def test_rounds_are_held_however_many_there_are() -> None:
    """The usual 100 replies in a row end no round that has a number of its own; what a member was given does."""
    assert len(said(done(RoundRobin([member("ada")], rounds=150)))) == 150
    assert len(said(done(RoundRobin([member("ada")], rounds=None)))) == 100
    brief = member("ada", max_consecutive_auto_reply=3)
    assert len(said(done(RoundRobin([brief], rounds=150)))) == 3


def test_without_a_number_of_rounds_a_message_ends_it() -> None:
    """It goes on until somebody says the word."""
    ada = member("ada", "a", "b", "TERMINATE")
    assert len(said(done(RoundRobin([ada, *members("bob")], rounds=None)))) == 5


def test_what_ends_it_may_be_given() -> None:
    """A function of a message."""
    team = RoundRobin(members("ada", "bob"), rounds=9, is_termination_msg=lambda m: "bob" in m["content"])
    assert len(said(done(team))) == 2


def test_a_member_that_said_the_word_does_not_end_the_conversation_around_its_team() -> None:
    """The team replies with what was said before the word."""
    inner = RoundRobin([hearing("ada", [], says="A plan."), member("bob", "TERMINATE")], rounds=3, name="inner")
    result = done(RoundRobin([inner, member("cy")], rounds=1))
    assert said(result) == ["inner: A plan.", "cy: I am cy."]


def test_the_initiator_may_begin_another_round_trip() -> None:
    """With `max_turns` the members speak again after each message of whoever began, and remember the first."""
    result = done(RoundRobin(members("ada", "bob"), rounds=1), max_turns=2)
    assert [line.split(":")[0] for line in said(result)] == ["ada", "bob", "user", "ada", "bob"]


def test_who_has_the_word_is_told() -> None:
    """An event before each turn names the speaker."""
    events = capture_events(GroupChatRunChatEvent)
    done(RoundRobin(members("ada", "bob"), rounds=1), observers=[events])
    assert [event.speaker for event in events] == ["ada", "bob"]


@pytest.mark.parametrize("rounds", [0, -1, True, "3", 1.5])
def test_it_says_what_a_number_of_rounds_is(rounds: Any) -> None:
    """Before anything runs."""
    with pytest.raises(ConfigError, match="expected None or a whole number from 1"):
        RoundRobin(members("ada"), rounds=rounds)
