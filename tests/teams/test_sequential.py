"""Sequential: one after another, and what is judged between them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convagent import (
    ConfigError,
    RoundRobin,
    Sequential,
    approve,
    ask,
    at,
    deny,
    edit,
    reject,
    respond,
    revise,
    stop,
)
from convagent.testing import Fake, silent
from tests.teams.cast import done, hearing, member, members, said


def pipeline(*given: Any, **more: Any) -> Sequential:
    return Sequential(list(given) or members("ada", "bob", "cy"), **more)


def reviewed(answers: Any, *given: Any, policy: Any = None, **people: Any) -> list[str]:
    """Return what was said in a pipeline whose steps a person reviews, and why it ended."""
    between = ask("chief") if policy is None else policy
    fake = Fake(chief=answers, **people)
    result = done(pipeline(*given, review_between=between), people=fake)
    return [*said(result), result.reason]


# ---------------------------------------------------------------- order


def test_each_one_speaks_once_in_order() -> None:
    """It ends after the last one, and says so."""
    result = done(pipeline())
    assert said(result) == ["ada: I am ada.", "bob: I am bob.", "cy: I am cy."]
    assert (result.reason, result.summary, result.last_speaker) == ("Everybody has spoken", "I am cy.", "cy")


def test_each_one_reads_the_task_and_what_those_before_it_said() -> None:
    """The last message that a member reads is that of the one before it."""
    heard: list[str] = []
    done(pipeline(*(hearing(name, heard) for name in ("ada", "bob", "cy"))), "Write about pens")
    assert heard == ["Write about pens", "I am ada.", "I am bob."]


def test_it_runs_in_the_callers_loop_as_well() -> None:
    """`a_run` and `a_initiate_chat` tell the same as their plain twins."""

    async def held() -> Any:
        response = await pipeline().a_run(message="Begin.", silent=True)
        await response.process()
        return await response.summary

    assert asyncio.run(held()) == "I am cy."


def test_a_member_ends_it_early_by_the_word() -> None:
    """As in any group, a message that is TERMINATE is the last one."""
    result = done(pipeline(member("ada", "TERMINATE"), *members("bob")))
    assert said(result) == ["ada: TERMINATE"]


def test_one_member_alone_is_a_pipeline_too() -> None:
    """Nobody has to be chosen."""
    assert said(done(pipeline(member("ada")))) == ["ada: I am ada."]


# ---------------------------------------------------------------- review


def test_what_is_approved_is_passed_on() -> None:
    """The person is asked after all but the last member."""
    fake = Fake(chief=approve)
    assert len(said(done(pipeline(review_between=ask("chief")), people=fake))) == 3
    assert [request.agent for request in fake.asked] == ["ada", "bob"]


def test_what_is_edited_is_read_by_the_next_one() -> None:
    """The text as the person changed it stands in the history, and the next one reads it."""
    heard: list[str] = []
    team = [member("ada"), hearing("bob", heard)]
    assert reviewed(edit(content="Better."), *team)[:2] == ["ada: Better.", "bob: I am bob."]
    assert heard == ["Better."]


def test_a_person_writes_in_the_place_of_a_member() -> None:
    """What they respond is what the member says."""
    assert reviewed([respond("Mine."), approve])[0] == "ada: Mine."


def test_the_same_member_writes_again_and_reads_the_wish() -> None:
    """Until the person approves; the next one reads the approved text only."""
    heard: list[str] = []
    ada = member("ada", "one", lambda request: f"two, after: {request.messages[-1]['content']}")
    told = reviewed([revise("shorter"), approve], ada, hearing("bob", heard))
    assert told[0] == "ada: two, after: Do not send that yet. Revise it: shorter"
    assert heard == [told[0].removeprefix("ada: ")]


def test_a_refusal_ends_it_and_says_by_whom() -> None:
    """What was refused is heard by nobody."""
    assert reviewed(reject("off topic")) == ["Not approved by chief: off topic"]


def test_a_rule_refuses_without_a_person() -> None:
    """A denial is a refusal by nobody."""
    assert reviewed(approve, policy=deny("not today")) == ["Not approved: not today"]


def test_a_person_stops_it_where_they_review() -> None:
    """The whole run ends for the reason they give."""
    assert reviewed(stop("enough")) == ["enough"]


def test_a_review_goes_to_the_next_one_when_its_time_is_up() -> None:
    """Escalation works as everywhere: the second one decides."""
    policy = ask("chief", within="10m") >> ask("deputy")
    fake = Fake(chief=silent, deputy=approve)
    assert len(said(done(pipeline(review_between=policy), people=fake))) == 3
    assert [request.to for request in fake.asked] == [("chief",), ("deputy",)] * 2


def test_a_review_that_nobody_answers_in_time_ends_it() -> None:
    """Silence is no approval."""
    assert reviewed(silent, policy=ask("chief", within="10m")) == ["Not approved: chief did not answer within 10m"]


def test_the_result_of_a_team_inside_is_reviewed_as_one_reply() -> None:
    """What its members say to each other is nobody's business; a wish reaches it with its task and its draft."""
    heard: list[str] = []
    inner = RoundRobin([hearing("ada", heard), member("bob")], name="pair")
    told = reviewed([revise("shorter"), approve], inner, member("cy"))
    assert told == ["pair: I am bob.", "cy: I am cy.", "Everybody has spoken"]
    assert heard == [
        "Begin.",
        "Begin.\n\nThe reply to that was, so far:\nI am bob.\n\nDo not send that yet. Revise it: shorter",
    ]


def test_every_wish_reaches_a_team_inside() -> None:
    """The second one does not make it forget the first."""
    heard: list[str] = []
    inner = Sequential([hearing("ada", heard)], name="inner")
    reviewed([revise("shorter"), revise("in French"), approve], inner, member("cy"))
    assert heard[-1].count("Revise it: shorter") == heard[-1].count("Revise it: in French") == 1


def test_a_refusal_inside_ends_the_conversation_around_it() -> None:
    """A team that may pass nothing on has no reply, and the reason is told outside."""
    inner = pipeline(review_between=ask("chief"), name="inner")
    result = done(Sequential([inner, member("zoe")]), people=Fake(chief=reject("no")))
    assert (said(result), result.reason) == ([], "Not approved by chief: no")


def test_oversight_of_a_team_holds_for_its_members() -> None:
    """`at("reply", ...)` judges the last one, too."""
    fake = Fake(chief=approve)
    done(pipeline(oversight=at("reply", ask("chief"))), people=fake)
    assert [request.agent for request in fake.asked] == ["ada", "bob", "cy"]


def test_it_says_what_it_needs_when_it_is_made() -> None:
    """No list, nobody, no agents, one name twice."""
    for wrong, text in (
        ("ada", "expected a list of agents"), ([], "at least one member"), ([1], "expected ConversableAgents"),
        (members("ada", "ada"), "name them apart"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=text):
            Sequential(wrong)  # type: ignore[arg-type]
