"""What was refused that a team cannot do without is not its result; what else ended it withholds nothing."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import (
    Branch,
    Concurrent,
    Magentic,
    ModelError,
    Nested,
    ScriptedModel,
    Sequential,
    Team,
    arg,
    ask,
    at,
    deny,
    reject,
    stop,
    when,
)
from convagent.testing import Fake, progress_ledger, task_done, task_ledger
from tests.teams.cast import done, member, members, said


def inner() -> Sequential:
    """Return a team whose second member is waited for by a chief."""
    return Sequential(members("ada", "bob"), name="inner", review_between=ask("chief"))


def around(kind: str) -> Any:
    """Return a team with that one in a seat."""
    if kind == "Sequential":
        return Sequential([inner(), member("zoe")])
    return Nested(inner(), name="nested") if kind == "Nested" else Concurrent([inner(), member("zoe")], name="team")


@pytest.mark.parametrize("kind", ["Sequential", "Nested", "Concurrent"])
def test_what_is_refused_inside_ends_what_is_around(kind: str) -> None:
    """For the same reason, which is a refusal there, too."""
    result = done(around(kind), people=Fake(chief=reject("no")))
    assert (said(result), result.how, result.reason) == ([], "refused", "Not approved by chief: no")


@pytest.mark.parametrize("words", ["enough", "Not approved: enough", "Not approved"])
def test_a_person_who_stops_it_withholds_nothing_whatever_they_say(words: str) -> None:
    """What was said until then is what the team inside replies with."""

    def draft(name: str) -> Any:
        return member(name, oversight=at("reply", ask("chief")))

    team = Sequential([Sequential([member("ada"), draft("bob")], name="inner"), member("zoe")])
    result = done(team, people=Fake(chief=stop(words)))
    assert (said(result), result.how) == (["inner: I am ada.", "zoe: I am zoe."], "done")


def test_an_answer_that_was_refused_is_not_replaced_by_what_the_members_said() -> None:
    """The team around it ends as it did."""
    script = [task_ledger("do it"), progress_ledger("ada", "Go."), task_done(), "An answer."]
    crew = Magentic(members("ada", "bob"), llm_config=ScriptedModel(script), oversight=at("finish", ask("chief")))
    result = done(Sequential([crew, member("zoe")]), people=Fake(chief=reject("wrong")))
    assert (said(result), result.how) == ([], "refused")
    assert result.reason == "The answer was not approved by chief: wrong"


def test_half_of_a_pipeline_is_no_result() -> None:
    """The one whose work was to come next may not speak."""
    team: Team = Sequential([Sequential(members("ada", "bob"), name="inner"), member("zoe")])
    result = done(team, oversight=at("speaker", when(arg.speaker == "bob", deny("no"))))
    assert (said(result), result.how) == ([], "refused")
    assert result.reason == "bob is next, and may not speak"


def test_who_merges_is_told_how_each_branch_ended() -> None:
    """A refusal is told from a failure, and both from what was done."""
    told: dict[str, str] = {}

    def merge(branches: list[Branch]) -> str:
        told.update({branch.name: branch.how for branch in branches})
        return "one"

    failing = member("cy", ModelError("no more"))
    team = Concurrent([inner(), *members("zoe"), failing], merge=merge, on_error="report")
    result = done(team, people=Fake(chief=reject("no")))
    assert told == {"inner": "refused", "zoe": "done", "cy": "failed"}
    assert (result.summary, result.how) == ("one", "done")
