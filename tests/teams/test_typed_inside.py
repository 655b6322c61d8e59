"""Nobody approves what they typed, in whatever conversation inside they typed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from convagent import Branch, Concurrent, ConversableAgent, Human, Nested, Sequential, Team, approve, ask
from convagent.errors import NobodyReachable
from convagent.journal import Inbox
from convagent.journal.base import Journal
from convagent.testing import Fake
from tests.durable.teams import decide, status, work
from tests.durable.test_groups import Killed
from tests.teams.cast import done, member, members, said
from tests.teams.kept import begin

MINE = "Buy it, says Ada."
BOTH = ask("ada", "bob")
OWN = "ada asked for this, and nobody approves their own action; somebody else must decide"


def writes(request: Any) -> Any:
    """Write where Ada has the word, else approve."""
    return MINE if request.moment == "speak" else approve


def first(branches: list[Branch]) -> str:
    return branches[0].content


Make = Callable[[], Team | Concurrent]
SEATS: dict[str, Make] = {
    "merges": lambda: Concurrent(members("x", "y"), merge=Human("ada"), review=BOTH),
    "merges in a team": lambda: Concurrent(members("x"), merge=Sequential([member("z"), Human("ada")]), review=BOTH),
    "merges two levels down": lambda: Concurrent(
        members("x"), merge=Nested(Nested(Human("ada"), name="inner"), name="outer"), review=BOTH
    ),
    "in the branch that is taken": lambda: Concurrent([Human("ada"), member("x")], merge=first, review=BOTH),
    "before the next speaker": lambda: Sequential([Nested(Human("ada")), member("x")], review_between=BOTH),
}


@pytest.mark.parametrize("make", SEATS.values(), ids=SEATS)
def test_who_typed_it_inside_may_not_approve_it(make: Make) -> None:
    """The other one may."""
    fake = Fake(ada=writes, bob=approve)
    done(make(), people=fake)
    decided = [r for r in fake.asked if r.action is not None]
    assert [r.action.asked_by for r in decided if r.action is not None] == ["ada"]
    assert [r.problem for r in fake.receipts if r.problem] in ([], [OWN])
    assert MINE in str(decided[0].preview)


def test_who_typed_it_is_known_after_their_turn() -> None:
    """A message says which person typed it in a conversation inside, so that a later judge knows."""
    inner = Sequential([Nested(Human("ada"), name="nest"), member("end", "TERMINATE")], name="inner")
    fake = Fake(ada=writes, bob=approve)
    done(Sequential([inner, member("x")], review_between=BOTH), people=fake)
    [asked] = [r for r in fake.asked if r.action is not None]
    assert asked.action is not None
    assert asked.action.asked_by == "ada"


@pytest.mark.parametrize("make", SEATS.values(), ids=SEATS)
@pytest.mark.parametrize("dies_after", range(1, 15, 2))
def test_who_typed_it_is_known_when_the_run_goes_on_elsewhere(make: Make, dies_after: int, journal: Journal) -> None:
    """Whenever the process dies: Ada's approval does not count, and Bob's does."""

    def agents() -> Sequence[ConversableAgent]:
        return make(), ConversableAgent("user", llm_config=False, human_input_mode="NEVER")

    begin(journal, agents, people={"ada": [], "bob": []})
    killed: Any = Killed(journal, dies_after)
    given: list[str] = []
    for _ in range(30):
        work(killed, agents)
        if status(journal) not in ("waiting", "ready"):
            break
        for stored in Inbox(journal).pending():
            if stored.request.moment == "speak":
                assert decide(journal, MINE, "ada", stored.id) == "accepted"
            else:
                given += [decide(journal, approve, by, stored.id) for by in ("ada", "bob")]
    assert (status(journal), given) == ("done", ["invalid", "accepted"])


def test_error_says_that_nobody_else_is_there() -> None:
    """Whoever sits at a lone terminal typed it."""
    with pytest.raises(NobodyReachable, match=r"whoever it does reach made this, .* and somebody else must decide"):
        done(Concurrent(members("x"), merge=Human("ada"), review=ask("ada")), people=Fake(ada=writes))


@pytest.mark.parametrize("merge", [Human("ada"), Nested(Human("ada")), Sequential([Human("ada")])])
def test_nothing_is_judged_where_whoever_merges_makes_nothing(merge: ConversableAgent) -> None:
    """It ends, and says why."""
    fake = Fake(ada="exit", bob=approve)
    result = done(Concurrent(members("x"), merge=merge, review=ask("bob")), people=fake)
    assert ([r.to for r in fake.asked], said(result)) == ([("ada",)], [])
    assert result.reason == "User requested to end the conversation"
