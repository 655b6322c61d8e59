"""Who may answer."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import Action, ConfigError
from convagent.human import HumanReply, HumanRequest
from convagent.oversight.authority import Directory, directory_of, refusal

ACTION = Action("tool", "bot", "pay", asked_by="eve")


def _request(*to: str, need: int = 1, given: tuple[str, ...] = (), action: Action | None = None) -> HumanRequest:
    return HumanRequest("r:1", "?", "bot", decisions=("approve",), to=to, need=need, given=given, action=action)


def _refused(request: HumanRequest, by: str, *roles: str, people: Directory | None = None) -> str:
    return refusal(request, HumanReply("r:1", by=by, roles=roles or ("*",)), people)


def test_directory_is_read_from_names_and_roles() -> None:
    """A person has one role or several."""
    people = directory_of({"ada": ["clerk", "finance"], "bob": "manager"})
    assert people == Directory({"ada": frozenset({"clerk", "finance"}), "bob": frozenset({"manager"})})
    assert directory_of(people) is people
    assert directory_of(None) is None


@pytest.mark.parametrize(
    ("people", "told"),
    [
        (["ada"], "people=['ada']: expected a dict of persons and their roles"),
        ({1: ["clerk"]}, "people: 1: ['clerk']: expected a name and a list of roles"),
        ({"ada": 5}, "people: 'ada': 5: expected a name and a list of roles"),
        ({"ada": [5]}, "people: 'ada': [5]: expected a name and a list of roles"),
    ],
)
def test_directory_of_another_form_is_refused(people: Any, told: str) -> None:
    """The error names what was found and what was expected."""
    with pytest.raises(ConfigError) as caught:
        directory_of(people)
    assert told in str(caught.value)


def test_person_or_role_that_is_asked_may_answer() -> None:
    """By name, by a role that the channel vouches for, or in every role."""
    assert _refused(_request("clerk"), "ada", "clerk") == ""
    assert _refused(_request("ada"), "ada", "intern") == ""
    assert _refused(_request("clerk"), "ada", "*") == ""
    assert _refused(_request(), "ada", "intern") == ""


def test_role_that_was_not_asked_may_not_answer() -> None:
    """The refusal says whom it is for."""
    assert _refused(_request("clerk", "manager"), "ada", "intern") == "ada may not answer: this is for clerk or manager"


def test_directory_outranks_what_a_channel_says() -> None:
    """Where there is a list of people, a channel cannot make somebody a manager, nor bring in a stranger."""
    people = directory_of({"ada": "clerk"})
    assert "may not answer" in _refused(_request("manager"), "ada", "manager", people=people)
    assert "'eve' is not among the people of this run" in _refused(_request("clerk"), "eve", "clerk", people=people)
    assert "not among the people" in _refused(_request(), "eve", people=people)
    assert _refused(_request("clerk"), "ada", people=people) == ""


@pytest.mark.parametrize("by", ["eve", "Eve", " eve "])
def test_person_who_asked_for_the_action_may_not_approve_it(by: str) -> None:
    """However the name is written."""
    assert "nobody approves their own action" in _refused(_request(action=ACTION), by)


def test_agent_may_not_approve_what_it_proposed() -> None:
    """An answer in the proposer's name is refused."""
    assert "bot proposed this" in _refused(_request(action=ACTION), "bot")


def test_nameless_answer_does_not_count_where_the_person_matters() -> None:
    """Without a name nobody can be told from the maker, or from who approved before."""
    for request in (_request(action=ACTION), _request(need=2), _request(given=("ada",))):
        assert "say who answers" in _refused(request, "")
    assert _refused(_request("clerk"), "", "clerk") == ""


@pytest.mark.parametrize("by", ["ada", "ADA", "ada "])
def test_one_person_does_not_count_twice(by: str) -> None:
    """Four eyes are two people, however one of them writes the name."""
    assert "approved already; 2 different people must" in _refused(_request(need=2, given=("ada",)), by)
    assert _refused(_request(need=2, given=("ada",)), "bob") == ""
