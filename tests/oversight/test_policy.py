"""Policies: what each word says of an action, and what is refused when it is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from convagent import (
    Action,
    ConfigError,
    all_of,
    allow,
    arg,
    ask,
    at,
    below,
    constant,
    deny,
    exponential,
    failing,
    first_of,
    its,
    retry,
    sample,
    when,
)
from convagent.action import KINDS, Failure
from convagent.oversight.policy import as_policies, as_policy, judge
from convagent.oversight.ruling import Asked, Demand
from tests.naming import case
from tests.oversight.random_policies import Claim, decided

PAY = Action("tool", "bot", "pay", {"amount": 500})


def _error(attempts: int, *, type: str = "TimeoutError", retryable: bool = True, doubt: bool = False) -> Action:
    return Action("error", "bot", "pay", {}, failure=Failure(type, "slow", retryable, doubt), attempts=attempts)


def _asked(*demands: Demand) -> Asked:
    return Asked(demands)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda: ask(""), "ask(''): expected the name of a person or a role, such as 'clerk'"),
        (lambda: ask(5), "ask(5): expected the name of a person or a role"),
        (lambda: ask("*"), "ask('*'): nobody is called so; ask() asks whoever is reached"),
        (lambda: ask(need=0), "need=0 is not a number of people; expected a whole number from 1"),
        (lambda: ask(need=True), "need=True is not a number of people"),
        (lambda: ask(within="soon"), "within='soon' is not a length of time; expected '30s', '10m'"),
        (lambda: ask(within=0), "within=0 is not a length of time"),
        (
            lambda: ask(form="yes"),
            "form='yes': expected a pydantic model, a JSON Schema (a dict), or a list of choices",
        ),
        (lambda: ask(form=[]), "form=[]: expected a pydantic model"),
        (lambda: ask(form=["refund", ""]), "'' is blank or has spaces around it"),
        (lambda: ask(form=["a", "A"]), "form=['a', 'A']: two of them are the same word"),
        (lambda: ask(form=["pay", "Reject"]), "'Reject' reads as another decision; reject needs no choice of its own"),
        (lambda: ask(form=["stop: all", "b"]), "'stop: all' reads as another decision"),
        (lambda: ask(form=["yes", "no"]), "'no' reads as another decision"),
        (lambda: deny(""), "deny(''): expected a reason that the proposer is told"),
        (lambda: deny(5), "deny(5): expected a reason"),
        (lambda: retry(1), "retry(1): expected a number of attempts in all, from 2"),
        (lambda: retry(2.5), "retry(2.5): expected a number of attempts in all"),
        (lambda: retry(3, backoff=5), "backoff=5: expected exponential('1s') or constant('1s')"),
        (lambda: retry(3, on=5), "on=5: 5 is no class of exceptions; expected such as on=[TimeoutError]"),
        (lambda: retry(3, on=[int]), "is no class of exceptions"),
        (lambda: exponential("x"), "first='x' is not a length of time"),
        (lambda: exponential(factor=0.5), "factor=0.5: expected a number from 1"),
        (lambda: exponential(factor=float("nan")), "factor=nan: expected a number from 1"),
        (lambda: constant(-1), "delay=-1 is not a length of time"),
        (lambda: when(arg.a > 1, 5), "5 is not a policy; expected allow, deny('why'), ask('clerk'), when(...)"),
        (lambda: when(arg.a > 1, arg.b > 1), "arg.b > 1 is a condition, not a policy; write when(arg.b > 1, ask(...))"),
        (lambda: at("tol", ask()), "at(kind)='tol' is not one of tool, reply, handoff"),
        (lambda: below(1.5, ask()), "below(1.5): expected a number from 0 to 1"),
        (lambda: below(True, ask()), "below(True): expected a number from 0 to 1"),
        (lambda: sample(5, ask()), "sample(5): expected a number from 0 to 1"),
        (lambda: sample(float("nan"), ask()), "sample(nan): expected a number from 0 to 1"),
        (lambda: failing(0, ask()), "failing(0): expected a number of attempts, from 1"),
        (lambda: first_of(), "first_of() joins nothing; name at least one policy"),
        (lambda: all_of(), "all_of() joins nothing"),
        (lambda: ask("a") >> deny(), "ask('a') waits for ever, so what follows `>>` would never count"),
        (lambda: deny() >> ask(), "deny('not allowed') asks nobody, so what follows `>>` would never count"),
        (lambda: ask("a", within=1) >> deny() >> ask("b"), "asks nobody, so what follows `>>` would never count"),
        (
            lambda: ask("a", within=1) & ask("b", within=1) >> deny(),
            "`>>` binds tighter than `&`, so it follows one of these only. Write (ask('a', within='1s') & ...) >> ...",
        ),
        (lambda: ask("a", within=1) >> deny() | ask("b"), "`>>` binds tighter than `|`"),
        (lambda: ask("a") and deny(), "the policy ask('a') has no truth value: `and`, `or` and `not` would drop"),
        (lambda: ask("a") or deny(), "has no truth value"),
        (lambda: not ask("a"), "has no truth value"),
        (lambda: ask("a") | None, "None is not a policy"),
        (lambda: as_policy(Claim), "is not a policy"),
        (lambda: as_policies({"a": ask()}), "is not a policy"),
    ],
)
def test_policy_written_wrongly_is_refused_with_what_was_expected(write: Callable[[], Any], told: str) -> None:
    """Each error names the value, what was expected and how to write it."""
    with pytest.raises(ConfigError) as caught:
        write()
    assert told in str(caught.value)


# ---------------------------------------------------------------- what each word says


def test_nobodys_opinion_is_allow() -> None:
    """An action that no policy is about may happen."""
    assert judge([], PAY) == allow
    assert judge([when(arg.amount > 1000, deny())], PAY) == allow


def test_ruling_that_denies_is_returned_as_it_is() -> None:
    """A denial is a value, and its truth is not asked."""
    assert judge([deny("too much")], PAY) == deny("too much")
    assert judge([retry(2), allow], _error(1)) == retry(2)


@pytest.mark.parametrize("policy", [allow, deny(), ask("clerk")], ids=str)
def test_bare_atom_is_about_tool_calls_only(policy: Any) -> None:
    """On an agent it says nothing of replies, handoffs and failures; inside `at` it does."""
    assert [k for k in KINDS if policy(Action(k, "bot", "x")) is not None] == ["tool"]
    assert at("handoff", policy)(Action("handoff", "bot", "x")) is not None
    assert at("handoff", policy)(PAY) is None


def test_demand_carries_every_clause_that_fired() -> None:
    """The person reads why they are asked: each guard on the way, an `or` in brackets."""
    policy = when((arg.amount > 100) | (arg.amount < 0), when(its.name == "pay", sample(1, ask("clerk", need=2))))
    because = "(amount > 100 or amount < 0) and its name == 'pay' and chosen by chance, 100 in 100"
    assert policy(PAY) == _asked(Demand(("clerk",), 2, because=because))


def test_ask_takes_durations_and_forms_of_every_kind() -> None:
    """Ten minutes are ten minutes however they are written; a list of choices is kept in order."""
    assert ask(within="10m") == ask(within=600) == ask(within=timedelta(minutes=10))
    assert ask(form=["refund", "credit"]).form == ("refund", "credit")
    assert ask(form=Claim).form is Claim
    assert ask(form={"type": "object"}).form == {"type": "object"}


def test_guard_around_another_kind_speaks_at_that_kind_only() -> None:
    """A condition joined with `at` counts at its moment, and disturbs no tool call that it cannot be about."""
    policy = when(its.agent == "bot", at("handoff", ask("dispatcher")))
    assert policy(Action("handoff", "bot", "billing")) == _asked(Demand(("dispatcher",), because="its agent == 'bot'"))
    assert policy(Action("handoff", "other", "billing")) is None
    assert when(arg.missing > 1, at("handoff", ask()))(PAY) is None
    assert when(arg.missing > 1, ask())(Action("reply", "bot", "x")) is None


def test_below_asks_where_the_model_is_not_sure_enough() -> None:
    """Below the threshold and unknown ask; an agent without a source of confidence has none to judge."""
    policy = below(0.8, ask("expert"))
    asked = {sure: policy(Action("reply", "bot", "x", confidence=sure)) for sure in (None, "unknown", 0.79, 0.8, 1.0)}
    assert {sure for sure, ruling in asked.items() if ruling is not None} == {"unknown", 0.79}
    assert policy(Action("reply", "bot", "x", confidence=float("nan"))) is not None
    assert policy(Action("handoff", "bot", "x", confidence=0.1)) is None
    assert asked[0.79] == _asked(Demand(("expert",), because="confidence below 0.8"))


def test_retry_then_ask_at_the_third_failure() -> None:
    """`retry(3) | failing(3, ...)`: twice again, then a person; nothing is said of what did not fail."""
    policy = retry(3) | failing(3, ask("oncall"))
    assert [type(policy(_error(n))).__name__ for n in (1, 2, 3)] == ["Retry", "Retry", "Asked"]
    assert policy(PAY) is None
    because = "TimeoutError: slow, after 3 attempts"
    assert policy(_error(3)) == _asked(Demand(("oncall",), because=because))


def test_retry_takes_the_exceptions_that_it_names() -> None:
    """Named classes are tried again, others are not, whatever is known of them."""
    policy = retry(3, on=[ValueError, "KeyError"])
    assert policy(_error(1, type="ValueError", retryable=False)) == policy
    assert policy(_error(1, type="KeyError", retryable=False)) == policy
    assert policy(_error(1, type="TimeoutError")) is None
    assert retry(3, on=ValueError) == retry(3, on="ValueError")


def test_backoff_grows_up_to_its_limit_however_often_it_failed() -> None:
    """1, 2, 4, 8, 8, ...; after ten thousand attempts too."""
    backoff = exponential("1s", limit="8s")
    assert [backoff.delay(n) for n in (1, 2, 3, 4, 5, 10_000)] == [1, 2, 4, 8, 8, 8]
    assert [constant("3s").delay(n) for n in (1, 2, 10_000)] == [3, 3, 3]


def test_function_returns_a_policy_or_no_opinion() -> None:
    """A plain function is a policy; its name is the clause."""
    flag = Action("tool", "bot", "pay", {"flag": True})
    assert judge([decided], flag) == _asked(Demand(("function",), because="decided"))
    assert judge([decided], Action("tool", "bot", "pay", {"flag": False})) == allow
    assert (decided | ask("b"))(Action("tool", "bot", "pay", {})) == _asked(Demand(("b",)))
    assert (decided & deny("b"))(flag) == deny("b")


@pytest.mark.parametrize("found", [True, False, "allow", 0, (), ask], ids=case)
def test_function_that_returns_no_policy_denies(found: Any) -> None:
    """Truth is not taken for consent: only a policy or None is an answer."""

    def rule(action: Action) -> Any:
        return found

    ruling = judge([rule], PAY)
    assert isinstance(ruling, type(deny()))
    assert "expected a policy such as deny('why'), or None" in ruling.reason


def test_async_function_denies() -> None:
    """A policy does no I/O."""

    async def rule(action: Action) -> Any:
        return allow

    assert "is async; a policy does no I/O" in judge([rule], PAY).reason  # type: ignore[union-attr]


def test_chain_puts_what_follows_behind_each_question() -> None:
    """Every question of a join goes on to the same second level; what is settled at once needs none."""
    last = deny("nobody answered")
    policy = all_of(ask("a", within=1), when(arg.amount > 1, ask("b", within=2))) >> last
    assert policy(PAY) == _asked(
        Demand(("a",), within=1.0, then=last), Demand(("b",), within=2.0, because="amount > 1", then=last)
    )
    assert (first_of(when(arg.amount > 1, deny("x")), ask("a", within=1)) >> last)(PAY) == deny("x")


def test_function_whose_question_waits_for_ever_denies_in_a_chain() -> None:
    """What follows would never count, which is known only when the function is called."""
    ruling = (as_policy(decided) >> deny("late"))(Action("tool", "bot", "pay", {"flag": True}))
    assert isinstance(ruling, type(deny()))
    assert "asks without a time" in ruling.reason


def test_two_questions_that_are_the_same_are_asked_once() -> None:
    """A rule on the tool and the same rule on the agent are one question; another clause is another."""
    same = when(arg.amount > 100, ask("clerk"))
    assert judge([same, when(arg.amount > 100, ask("clerk"))], PAY) == same(PAY)
    assert len(judge([same, when(arg.amount > 200, ask("clerk"))], PAY).demands) == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("policy", "printed"),
    [
        (allow, "allow"),
        (deny("it's late"), 'deny("it\'s late")'),
        (ask(), "ask()"),
        (
            ask("a", "b", need=2, within="90m", form=["x", "y"]),
            "ask('a', 'b', need=2, within='1h30m', form=('x', 'y'))",
        ),
        (ask(within=90.5, form=Claim), "ask(within=90.5, form=Claim)"),
        (retry(3), "retry(3, backoff=exponential('1s', factor=2.0, limit='1m'))"),
        (retry(3, constant("5s"), OSError), "retry(3, backoff=constant('5s'), on=['OSError'])"),
        (below(0.8, ask()), "below(0.8, ask())"),
        (sample(0.05, failing(2, ask())), "sample(0.05, failing(2, ask()))"),
        (at("merge", ask() | deny()), "at('merge', ask() | deny('not allowed'))"),
        ((ask() | deny()) & allow, "(ask() | deny('not allowed')) & allow"),
        (ask() | deny() & allow, "ask() | (deny('not allowed') & allow)"),
        (
            all_of(ask("b"), ask("a", within=1) >> deny()),
            "all_of(ask('b'), ask('a', within='1s') >> deny('not allowed'))",
        ),
        (first_of(ask()), "ask()"),
    ],
    ids=str,
)
def test_policy_prints_as_it_is_written(policy: Any, printed: str) -> None:
    """The print is the Python that makes it."""
    assert str(policy) == printed
