"""A person at a desk hands over by choosing a name, under the rules that hold for everybody else there."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import Handoff, Human, RoundRobin, approve, ask, at, edit, reject
from convagent.events import HandoffEvent
from convagent.human import HumanRequest
from convagent.journal.base import Journal
from convagent.testing import Fake, capture_events
from tests.durable.teams import decide, pending, work
from tests.teams.cast import done, member, members, said
from tests.teams.kept import begin, finish


def desk(**given: Any) -> Handoff:
    """Return one where ada has the word, and may hand over to bob and cy."""
    return Handoff([Human("ada"), *members("bob", "cy")], **given)


def handed(people: Fake, team: Handoff, **given: Any) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Return what was said, and who handed over to whom, and why."""
    events = capture_events(HandoffEvent)
    result = done(team, people=people, observers=[events], **given)
    return said(result), [(e.source, e.target, e.reason) for e in events.of(HandoffEvent)]


@pytest.mark.parametrize(
    ("typed", "reason"), [("to bob", ""), ("  To Bob ", ""), ("to bob: charged twice", "charged twice")]
)
def test_a_name_hands_over(typed: str, reason: str) -> None:
    """By itself, or with what the next one is to know; the question says to whom it can go."""
    people = Fake(ada=typed)
    assert handed(people, desk()) == (["bob: I am bob."], [("ada", "bob", reason)])
    assert people.asked[0].prompt == "ada, it is your turn (to bob or cy hands over; Enter to pass, exit to end): "
    assert people.asked[0].choices == ("to bob", "to cy", "pass", "exit")


@pytest.mark.parametrize("typed", ["to bob, please", "bob", "to be or not to be", "to zoe"])
def test_anything_else_is_a_message(typed: str) -> None:
    """Nobody looks for names in what a person says."""
    assert handed(Fake(ada=typed), desk()) == ([f"ada: {typed}"], [])


def test_only_those_are_offered_to_whom_they_may_hand_over() -> None:
    """As for everybody at the desk."""
    people = Fake(ada="I call you.")
    handed(people, desk(to={"ada": "cy"}))
    assert people.asked[0].choices == ("to cy", "pass", "exit")


def test_a_name_that_is_misspelt_is_no_message() -> None:
    """The customer would be told `to bbo`."""
    people = Fake(ada="to bbo")
    with pytest.raises(Exception, match="'to bbo' hands over to nobody; did you mean 'to bob'"):
        handed(people, desk())


def test_elsewhere_it_is_a_message() -> None:
    """A team without handoffs offers none."""
    people = Fake(ada="to bob")
    assert said(done(RoundRobin([Human("ada"), member("bob")]), people=people))[0] == "ada: to bob"
    assert people.asked[0].choices == ("pass", "exit")


def test_rules_judge_it_and_others_than_they_decide() -> None:
    """Re-routed, approved; who wants it does not approve it."""
    policy = at("handoff", ask("ada", "boss"))
    people = Fake(ada="to bob", boss=edit(to="cy", reason="bob is ill"))
    assert handed(people, desk(oversight=policy)) == (["cy: I am cy."], [("ada", "cy", "bob is ill")])
    assert [(r.prompt.partition(" (")[0], r.agent) for r in people.asked] == [
        ("ada, it is your turn", "ada"),
        ("May ada hand over to bob?", "ada"),
    ]
    assert people.asked[1].action is not None
    assert people.asked[1].action.asked_by == "ada"


def test_they_are_asked_again_and_told_why_where_it_is_refused() -> None:
    """They keep the word."""
    people = Fake(ada=["to bob", "Then I do it."], boss=reject("closed"))
    assert handed(people, desk(oversight=at("handoff", ask("boss")))) == (["ada: Then I do it."], [])
    assert people.asked[2].prompt.startswith("Not handed over to bob, as boss decided: closed. Go on yourself. ada, it")


def test_it_is_kept_in_a_journal(journal: Journal) -> None:
    """The process in which they choose is not the one in which the next one speaks."""

    def agents() -> list[Any]:
        return [desk(oversight=at("handoff", ask("boss"))), member("user")]

    begin(journal, agents)
    work(journal, agents)
    assert decide(journal, "to bob: charged twice", by="ada") == "accepted"
    work(journal, agents)
    assert pending(journal).request.prompt == "May ada hand over to bob?"

    def boss(request: HumanRequest) -> Any:
        return approve

    assert finish(journal, agents, boss) == (["user: Begin.", "bob: I am bob."], "A reply was given")
