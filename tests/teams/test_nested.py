"""Nested: an agent whose reply is the outcome of a conversation of its own."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import ConfigError, ConversableAgent, Nested, Sequential, ask, at, reject
from convagent.conversation.limit_kinds import MaxMessages
from convagent.events import RunStarted
from convagent.testing import Fake, capture_events
from tests.teams.cast import done, hearing, member, members, said


def writers(**given: Any) -> Nested:
    return Nested(Sequential(members("ada", "bob"), name="inner"), **{"name": "writers", **given})


def test_its_reply_is_what_was_said_last_inside() -> None:
    """Of what was said inside nothing else is heard outside."""
    result = done(writers())
    assert (said(result), result.reason) == (["writers: I am bob."], "writers has answered")


def test_it_talks_with_an_agent_as_with_a_team() -> None:
    """One reply, unless it is to speak more often."""
    assert said(done(Nested(member("ada"), name="n"))) == ["n: I am ada."]


def test_it_goes_on_inside_as_often_as_it_is_told() -> None:
    """What it says itself there is its own default reply, or its model's."""
    heard: list[str] = []
    inner = hearing("ada", heard, "x")
    done(Nested(inner, name="n", max_turns=3, default_auto_reply="Go on."))
    assert heard == ["Begin.", "Go on.", "Go on."]


def test_in_a_group_it_passes_on_what_was_said_since_it_spoke_last() -> None:
    """Several messages come under their names."""
    heard: list[str] = []
    done(Sequential([*members("x", "y"), Nested(hearing("ada", heard), name="n")]), "Task")
    assert heard == ["user: Task\n\nx: I am x.\n\ny: I am y."]


def test_a_function_makes_what_goes_in() -> None:
    """Of all messages that it has read."""
    heard: list[str] = []
    inner = Nested(hearing("ada", heard), name="n", message=lambda messages: f"{len(messages)} messages")
    done(Sequential([*members("x", "y"), inner]))
    assert heard == ["3 messages"]


def test_a_function_makes_what_comes_out() -> None:
    """Of the result of the conversation inside; async as well."""

    async def count(result: Any) -> str:
        return f"{len(result.chat_history)} messages, then: {result.reason}"

    assert done(writers(summary=count)).summary == "3 messages, then: Everybody has spoken"


def test_a_model_sums_up_what_was_said_inside() -> None:
    """That of whoever it talked with."""
    inner = Sequential(members("ada", "bob"), name="inner", llm_config=member("m", "In short.").llm_config)
    assert done(writers(), summary_method="last_msg").summary == "I am bob."
    assert done(Nested(inner, name="n", summary="reflection_with_llm")).summary == "In short."


def test_a_list_of_chats_is_held_in_order() -> None:
    """The first gets the task, each one what the earlier ones came to, and the last one's outcome is the reply."""
    heard: list[str] = []
    chats = [{"recipient": hearing("ada", heard, "A plan.")}, {"recipient": hearing("bob", heard), "message": "Check."}]
    assert done(Nested(chats, name="n"), "Plan it.").summary == "I am bob."
    assert heard == ["Plan it.", "Check.\nContext: \nA plan."]


def test_its_policies_and_limits_hold_inside() -> None:
    """And not outside."""
    fake = Fake(chief=reject("no"))
    result = done(Sequential([writers(oversight=at("reply", ask("chief"))), member("cy")]), people=fake)
    assert said(result) == ["writers: [withheld: no]", "cy: I am cy."]
    assert [request.agent for request in fake.asked] == ["ada", "bob"]
    assert done(writers(limits=MaxMessages(2))).summary == "I am ada."


def test_a_refusal_inside_ends_the_conversation_around_it() -> None:
    """It has no reply, and the reason is told outside."""
    inner = Sequential(members("x", "y"), review_between=ask("chief"))
    result = done(Sequential([Nested(inner), member("zoe")]), people=Fake(chief=reject("no")))
    assert (said(result), result.reason) == ([], "Not approved by chief: no")


def test_the_conversation_inside_is_a_run_inside() -> None:
    """Whoever watches sees it, as a child of the run around it."""
    events = capture_events(RunStarted)
    result = done(Nested(member("ada"), name="n"), observers=[events])
    assert [(e.agents, e.parent) for e in events[1:]] == [(("n", "ada"), result.chat_id)]


def test_the_classic_way_takes_a_team_as_well() -> None:
    """`register_nested_chats` with a team as recipient."""
    desk = ConversableAgent("desk", llm_config=False, human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    team = Sequential(members("ada", "bob"), name="team")
    desk.register_nested_chats([{"recipient": team, "summary_method": "last_msg", "silent": True}], trigger=user)
    assert user.initiate_chat(desk, message="Begin.", max_turns=1, silent=True).summary == "I am bob."


def test_it_says_what_it_needs_when_it_is_made() -> None:
    """Whom it talks with, and functions that are some."""
    ada = member("ada")
    wrong: list[tuple[Any, dict[str, Any], str]] = [
        ("ada", {}, "expected an agent, a team, or a list of chats"), ([], {}, "expected an agent"),
        ([{"message": "hi"}], {}, "expected an agent"), (ada, {"message": "hi"}, "expected a function"),
        (ada, {"summary": "last"}, "is not one of last_msg, reflection_with_llm"), (ada, {"max_turns": 0}, "max_turns"),
    ]  # fmt: skip
    for inner, given, text in wrong:
        with pytest.raises(ConfigError, match=text):
            Nested(inner, **given)
