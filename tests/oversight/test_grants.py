"""What an "always" allows, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from convagent import Action, arg, ask, its, when
from convagent.human import Decision, Grant, Offer, approve, edit
from convagent.oversight.grants import grant, granting, offers
from convagent.oversight.ruling import Demand
from tests.oversight.random_policies import flagged

PAY = Action("tool", "bot", "pay", {"amount": 5})
DEMAND = Demand(("clerk",), because="amount > 1")
EXACT = approve.always_for("exact")
CLAUSE = approve.always_for("clause")


def _given(decision: Decision = EXACT, **changed: Any) -> Grant:
    made = grant("g", PAY, DEMAND, decision, "ada", "rules", now=100.0)
    assert made is not None
    return replace(made, **changed)


def _covers(g: Grant, action: Action = PAY, demand: Demand = DEMAND, rules: str = "rules", now: float = 100.0) -> bool:
    return granting([g], action, demand, rules, now) is g


def test_offers_begin_with_the_narrowest() -> None:
    """These arguments first, then this tool where the shown clause holds."""
    assert offers(PAY, DEMAND) == (
        Offer("exact", "pay with exactly these arguments"),
        Offer("clause", "pay wherever amount > 1"),
    )
    assert [o.scope for o in offers(PAY, Demand(("clerk",)))] == ["exact"]


@pytest.mark.parametrize(
    ("action", "demand"),
    [
        (PAY, replace(DEMAND, need=2)),
        (PAY, replace(DEMAND, form=("a", "b"))),
        (replace(PAY, kind="reply"), DEMAND),
        (replace(PAY, kind="error"), DEMAND),
    ],
    ids=["four eyes", "form", "reply", "failure"],
)
def test_always_is_not_offered_where_it_could_not_be_right(action: Action, demand: Demand) -> None:
    """Never where more than one must agree, where something is to be filled in, or of anything but a tool."""
    assert offers(action, demand) == ()
    assert not _covers(_given(), action, demand)


def test_clause_of_a_nameless_function_is_not_offered() -> None:
    """`<lambda>` tells nobody what it covers, and another lambda is called the same."""

    def demand(condition: Any) -> Demand:
        ruling: Any = when(condition, ask("clerk"))(PAY)
        return ruling.demands[0]

    assert [o.scope for o in offers(PAY, demand(lambda action: True))] == ["exact"]
    assert [o.scope for o in offers(PAY, demand((arg.amount > 1) & (lambda action: True)))] == ["exact"]
    fine = demand(arg.amount < 9)
    assert [o.text for o in offers(PAY, fine)][-1] == "pay wherever amount < 9"
    flag = replace(PAY, arguments={"flag": True})
    ruling: Any = when(flagged, ask("clerk"))(flag)
    assert [o.text for o in offers(flag, ruling.demands[0])][-1] == "pay wherever flagged"


def test_argument_and_property_of_one_name_are_two_clauses() -> None:
    """A grant where `risk` is an argument does not answer where it is what the tool declares."""
    action = replace(PAY, arguments={"risk": "high"}, risk="high")
    one: Any = when(arg.risk == "high", ask())(action)
    other: Any = when(its.risk == "high", ask())(action)
    assert one.demands[0].because != other.demands[0].because


@pytest.mark.parametrize("decision", [approve, Decision("reject", always="exact"), edit(amount=1)], ids=str)
def test_nothing_is_granted_but_by_an_approval_that_says_always(decision: Decision) -> None:
    """An approval of one action is an approval of one action."""
    assert grant("g", PAY, DEMAND, decision, "ada", "rules", 0.0) is None


def test_grant_keeps_who_gave_it_and_how_far_it_goes() -> None:
    """It is data: a journal can carry it."""
    assert _given(approve.always_for("exact", "1h")) == Grant(
        "g", "ada", "bot", "pay", "exact", {"amount": 5}, "", ("clerk",), "rules", 3700.0
    )
    assert _given(CLAUSE) == Grant("g", "ada", "bot", "pay", "clause", {}, "amount > 1", ("clerk",), "rules", None)


@pytest.mark.parametrize("amount", [5_000_000, 5.0, "5", True, None, 6])
def test_exact_grant_covers_these_arguments_only(amount: Any) -> None:
    """Always on 5 is always on 5: not on 5.0, not on more arguments, not on fewer."""
    assert _covers(_given(), replace(PAY, turn=9, position=3, call_id="other"))
    assert not _covers(_given(), replace(PAY, arguments={"amount": amount}))
    assert not _covers(_given(), replace(PAY, arguments={"amount": 5, "note": ""}))
    assert not _covers(_given(), replace(PAY, arguments={}))


def test_clause_grant_covers_its_clause_only() -> None:
    """Another clause, or none, asks again."""
    given = _given(CLAUSE)
    assert _covers(given, replace(PAY, arguments={"amount": 3}))
    assert not _covers(given, demand=replace(DEMAND, because="amount > 1000"))
    assert not _covers(replace(given, because=""), demand=replace(DEMAND, because=""))


@pytest.mark.parametrize(
    "changed",
    [
        {"action": replace(PAY, name="refund")},
        {"action": replace(PAY, agent="other")},
        {"demand": replace(DEMAND, who=("manager",))},
        {"demand": replace(DEMAND, who=())},
        {"rules": "other rules"},
    ],
    ids=["tool", "agent", "role", "nobody named", "rules"],
)
def test_grant_ends_at_another_tool_agent_role_or_policy(changed: dict[str, Any]) -> None:
    """It never goes beyond what was shown, nor beyond the giver's role."""
    assert not _covers(_given(CLAUSE), **changed)


def test_grant_ends_in_time() -> None:
    """At the very second."""
    given = _given(approve.always_for("exact", "10s"))
    assert _covers(given, now=109.9)
    assert not _covers(given, now=110.0)


@pytest.mark.parametrize("by", ["ada", "Ada", ""])
def test_grant_does_not_answer_for_its_giver(by: str) -> None:
    """Who asked for an action cannot have approved it beforehand; nor can somebody without a name."""
    mine = replace(PAY, asked_by="ada")
    assert not _covers(_given(by=by), mine)
    assert _covers(_given(by="bob"), mine)
