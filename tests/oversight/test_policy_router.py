"""The router: a policy for each risk, and who says which risk it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from convagent import Action, ConfigError, Oversight, allow, arg, ask, at, deny, its, when
from convagent.oversight.policy import judge
from convagent.oversight.ruling import Asked, Demand
from convagent.oversight.serial import from_json, to_json

BY_RISK = {"low": allow, "high": ask("clerk")}
ROUTER = Oversight(BY_RISK, rules=[(arg.amount > 1000, "high"), (its.name == "lookup", "low")])


def _action(name: str = "pay", risk: str = "", **arguments: Any) -> Action:
    return Action("tool", "bot", name, {"amount": 5, **arguments}, risk=risk)


def _asked(because: str) -> Asked:
    return Asked((Demand(("clerk",), because=because),))


def test_first_rule_that_holds_chooses_and_is_the_reason() -> None:
    """A rule stands above what the tool declares, and an earlier one above a later one."""
    assert judge([ROUTER], _action(amount=5000, risk="low")) == _asked("high risk: amount > 1000")
    assert judge([ROUTER], _action("lookup", amount=5000)) == _asked("high risk: amount > 1000")
    assert judge([ROUTER], _action("lookup", "high")) == allow


def test_risk_that_the_tool_declares_chooses_where_no_rule_holds() -> None:
    """`@tool(risk=...)` is enough."""
    assert judge([ROUTER], _action(risk="high")) == _asked("high risk, as declared")
    assert judge([ROUTER], _action(risk="low")) == allow


@pytest.mark.parametrize(("risk", "why"), [("", "no known risk"), ("Low", "no rule for the risk 'Low'")])
def test_unknown_risk_meets_the_strictest_entry(risk: str, why: str) -> None:
    """A risk that nobody named, or that was misspelt, is not low."""
    assert judge([Oversight(BY_RISK)], _action(risk=risk)) == _asked(why)
    assert judge([Oversight({"low": deny("x"), "high": ask()})], _action(risk=risk)) == deny("x")


def test_unknown_risk_meets_what_is_stated_for_it() -> None:
    """`otherwise` names an entry or is a policy of its own."""
    assert judge([Oversight(BY_RISK, otherwise="high")], _action()) == _asked("high risk: no known risk")
    assert judge([Oversight(BY_RISK, otherwise=deny("what is it?"))], _action()) == deny("what is it?")


def test_every_choice_has_its_reason() -> None:
    """Also one that asks nobody, so that a log can say why."""
    rulings = {risk: ROUTER(_action("lookup", amount=5)) for risk in ("low",)}
    assert rulings["low"].because == "low risk: its name == 'lookup'"  # type: ignore[union-attr]
    denied: Any = Oversight({"high": deny("never")})(_action(risk="high"))
    assert (denied.reason, denied.because) == ("never", "high risk, as declared")
    chosen = ROUTER.choose(_action(risk="high"))
    assert (chosen.risk, chosen.why, chosen.policy) == ("high", "high risk, as declared", ask("clerk"))


def test_rule_that_raises_denies() -> None:
    """A router that cannot tell the risk lets nothing pass."""
    ruling = judge([Oversight(BY_RISK, rules=[(arg.sum > 1, "high")])], _action(risk="low"))
    assert isinstance(ruling, type(deny()))
    assert "there is no 'sum'" in ruling.reason


def test_router_speaks_at_the_moments_of_its_entries_only() -> None:
    """About replies it says nothing, unless an entry does; there the risk is unknown."""
    reply = Action("reply", "bot", "user")
    assert ROUTER(reply) is None
    router = Oversight({"low": allow, "high": at("reply", ask("clerk"))})
    assert router(reply) == _asked("no known risk")


def test_router_may_be_guarded_and_joined() -> None:
    """It is a policy like any other."""
    policy = when(its.agent == "bot", ROUTER) & ask("boss")
    ruling: Any = policy(_action(risk="high"))
    assert [d.because for d in ruling.demands] == ["its agent == 'bot' and high risk, as declared", ""]


def test_router_prints_and_goes_through_json() -> None:
    """As it was written."""
    printed = (
        "Oversight({'low': allow, 'high': ask('clerk')}, "
        "rules=[(arg.amount > 1000, 'high'), (its.name == 'lookup', 'low')])"
    )
    assert str(ROUTER) == printed
    for router in (ROUTER, Oversight(BY_RISK, otherwise="low"), Oversight(BY_RISK, otherwise=deny("x"))):
        assert from_json(json.loads(json.dumps(to_json(router)))) == router


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda: Oversight({}), "Oversight({}): expected a policy for each risk, such as {'low': allow"),
        (lambda: Oversight(ask()), "expected a policy for each risk"),
        (lambda: Oversight({1: ask()}), "Oversight: 1 is no name of a risk"),
        (lambda: Oversight({"low": True}), "Oversight: 'low': True is not a policy"),
        (lambda: Oversight(BY_RISK, rules=[ask()]), "rules: Ask("),
        (lambda: Oversight(BY_RISK, rules=arg.a > 1), "expected a list of pairs, such as [(arg.amount > 100, 'high')]"),
        (lambda: Oversight(BY_RISK, rules=[(arg.a > 1, "hihg")]), "is not one of low, high; did you mean high?"),
        (lambda: Oversight(BY_RISK, rules=[(arg.a, "high")]), "arg.a is a value, not a condition"),
        (lambda: Oversight(BY_RISK, otherwise="medium"), "otherwise='medium' is not one of low, high"),
        (lambda: Oversight(BY_RISK, otherwise=5), "5 is not a policy"),
    ],
)
def test_router_written_wrongly_is_refused(write: Callable[[], Any], told: str) -> None:
    """The error names the entry and what was expected."""
    with pytest.raises(ConfigError) as caught:
        write()
    assert told in str(caught.value)
