"""Policies as JSON: what is written, what is refused, what is read."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from convagent import ConfigError, Oversight, Policy, allow, arg, ask, deny, retry, when
from convagent.oversight.policy import Function
from convagent.oversight.predicate import Predicate
from convagent.oversight.serial import condition_from_json, from_json, to_json
from tests.oversight.random_policies import Claim, Level, Rules, decided, flagged

HERE = "tests.oversight.random_policies"


def _back(policy: Any) -> Any:
    return from_json(json.loads(json.dumps(to_json(policy), allow_nan=False)))


def test_policy_is_written_as_plain_json() -> None:
    """The form is for people too: each part says what it is."""
    policy = when(arg.amount > 100, ask("clerk", within="10m") >> deny("nobody answered"))
    assert to_json(policy) == {
        "version": 1,
        "is": "when",
        "condition": {"is": "compare", "of": "arg", "path": ["amount"], "op": ">", "value": 100},
        "policy": {
            "is": "then",
            "first": {"is": "ask", "who": ["clerk"], "need": 1, "within": 600.0, "form": None},
            "second": {"is": "deny", "reason": "nobody answered"},
        },
    }


@pytest.mark.parametrize(
    "policy",
    [
        when(flagged, ask(form=Claim)),
        when(Rules.always, ask(form={"type": "object", "properties": {"sum": {"type": "integer"}}})),
        decided | ask(form=["refund", "credit"]),
        when(arg.day > date(2026, 1, 31), ask()),
        when(arg.at >= datetime(2026, 1, 31, 9, 30, tzinfo=UTC), ask()),
        when(arg.sum > Decimal("0.10"), ask()),
        when(arg.level == Level.HIGH, ask()),
        when(arg.options == {"tags": ["a", 1, None]}, ask()),
        when(arg.a["b c"][0] < arg.d, ask()),
    ],
    ids=str,
)
def test_policy_comes_back_equal(policy: Policy) -> None:
    """Functions, models, schemas, choices, dates, exact numbers, enumerations and nested values are kept."""
    assert _back(policy) == policy
    assert str(_back(policy)) == str(policy)


def test_functions_and_models_are_named() -> None:
    """`module:name`, and inside a class `module:Class.name`."""
    assert to_json(decided) == {"version": 1, "is": "function", "name": f"{HERE}:decided"}
    assert to_json(when(Rules.always, allow))["condition"] == {"is": "function", "name": f"{HERE}:Rules.always"}
    assert to_json(ask(form=Claim))["form"] == {"model": f"{HERE}:Claim"}
    assert _back(decided) == Function(decided)


class _Own(Policy):
    def __str__(self) -> str:
        return "own"


class _OwnPredicate(Predicate):
    def __str__(self) -> str:
        return "own condition"


class _Callable:
    def __call__(self, action: Any) -> bool:
        return True


def _local() -> Any:
    class Local(Claim):
        pass

    def inner(action: Any) -> bool:
        return True

    return inner, Local


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (when(lambda action: True, ask()), "is a lambda, which no other process can find; define it in a module"),
        (when(_local()[0], ask()), "function _local.<locals>.inner is inside another function"),
        (ask(form=_local()[1]), "form _local.<locals>.Local is inside another function"),
        (when(functools.partial(flagged), ask()), "is a partial; only a plain function of a module can be named"),
        (when(_Callable(), ask()), "is a _Callable; only a plain function"),
        (when(print, ask()), "is a builtin_function_or_method; only a plain function"),
        (ask(form=Claim(sum=1)), "is an object; only a class of a module can be named"),
        (ask(form={"default": {1}}), "holds what is no JSON"),
        (ask(form={"default": float("nan")}), "holds what is no JSON"),
        (
            when(arg.a == b"x", ask()),
            "arg.a == b'x': b'x' cannot be written as JSON; compare with a number, text or date",
        ),
        (_Own(), "own: a _Own cannot be written as JSON; write it as a function of a module"),
        (when(_OwnPredicate(), ask()), "own condition: a _OwnPredicate cannot be written as JSON"),
        (Oversight({"low": lambda action: None}), "is a lambda"),
    ],
)
def test_part_that_cannot_be_named_is_refused_by_name(policy: Any, told: str) -> None:
    """Better no run than one that cannot be resumed with all its rules."""
    with pytest.raises(ConfigError) as caught:
        to_json(policy)
    assert told in str(caught.value)


def test_function_of_the_started_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process has another `__main__`, in which the same name may be something else."""

    def rule(action: Any) -> bool:
        return True

    rule.__module__, rule.__qualname__ = "__main__", "rule"
    monkeypatch.setattr(sys.modules["__main__"], "rule", rule, raising=False)
    with pytest.raises(ConfigError, match="stands in the program that was started"):
        to_json(when(rule, ask()))


def test_function_that_was_replaced_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decorator that hides the original under the same name would come back as another rule."""
    module = ModuleType("rules_of_a_user")

    def rule(action: Any) -> bool:
        return True

    rule.__module__, rule.__qualname__ = "rules_of_a_user", "rule"
    module.rule = lambda action: False  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rules_of_a_user", module)
    with pytest.raises(ConfigError, match="rules_of_a_user:rule is another object than the one in the policy"):
        to_json(when(rule, ask()))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda v: v.update(version=2), "version=2 of a policy as JSON; this convagent reads version 1"),
        (lambda v: v.pop("version"), "version=None of a policy as JSON"),
        (lambda v: v.update({"is": "maybe"}), "'maybe' is no kind of policy that this convagent knows"),
        (lambda v: v.pop("condition"), "'when' has the fields ['policy']; expected ['condition', 'policy']"),
        (lambda v: v.update(unless="x"), "'when' has the fields ['condition', 'policy', 'unless']"),
        (lambda v: v.update(policy="allow"), "policy: 'allow' is no JSON object"),
        (lambda v: v["condition"].update({"is": "x"}), "'x' is no kind of condition"),
        (lambda v: v["condition"].update(op="~"), "'~' is no comparison that this convagent knows"),
        (lambda v: v["condition"].update(of="me"), "'me' ['amount'] is no value of an action"),
        (lambda v: v["condition"].update(path="amount"), "path: 'amount' is no list"),
        (lambda v: v["condition"].update(value={"money": 5}), "{'money': 5} is no constant that this convagent knows"),
        (lambda v: v["condition"].update(value={"decimal": "x"}), "{'decimal': 'x'} is no constant"),
        (lambda v: v["condition"].update(value=float("nan")), "nan cannot be compared with"),
        (lambda v: v["policy"].update(need=0), "need=0 is not a number of people"),
        (lambda v: v["policy"].update(within="x"), "within='x' is not a length of time"),
        (lambda v: v["policy"].update(who="clerk"), "who: 'clerk' is no list"),
        (lambda v: v["policy"].update(form={"x": 1}), "form: {'x': 1}: expected choices, a model or a schema"),
        (lambda v: v["policy"].update(form={"model": f"{HERE}:flagged"}), "is no pydantic model any more"),
        (lambda v: v["policy"].update(form={"choices": ["reject"]}), "reads as another decision"),
        (lambda v: v.update(policy={"is": "all of", "policies": []}), "joins nothing"),
        (lambda v: v.update(policy={"is": "function", "name": "no.such:rule"}), "'no.such:rule' cannot be imported"),
        (lambda v: v.update(policy={"is": "function", "name": f"{HERE}:gone"}), "cannot be imported: module"),
        (lambda v: v.update(policy={"is": "function", "name": "gone"}), "'gone' is no name; expected 'module:name'"),
        (lambda v: v.update(policy={"is": "function", "name": "os:abort"}), "expected a plain function"),
        (lambda v: v.update(policy={"is": "function", "name": f"{HERE}:Claim"}), "expected a plain function"),
    ],
)
def test_json_of_another_form_is_refused(change: Callable[[dict[str, Any]], Any], told: str) -> None:
    """What is not understood, a field more included, is an error: nothing comes back with fewer rules."""
    value = to_json(when(arg.amount > 100, ask("clerk")))
    change(value)
    with pytest.raises(ConfigError) as caught:
        from_json(value)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "backoff", [{}, {"first": 1, "factor": 0, "limit": 1}, {"first": "1", "factor": 1, "limit": 1}]
)
def test_backoff_of_another_form_is_refused(backoff: Any) -> None:
    """A wait is three numbers above zero."""
    with pytest.raises(ConfigError, match=r"backoff: .*: expected first, factor and limit"):
        from_json({**to_json(retry(3)), "backoff": backoff})


def test_condition_is_written_and_read_alone() -> None:
    """A filter of a query or a route may be kept without a policy around it."""
    condition = (arg.amount > 100) & ~(arg.vip == True)  # noqa: E712
    assert condition_from_json(to_json(condition)) == condition
    with pytest.raises(ConfigError, match="is no policy as JSON"):
        condition_from_json([])  # type: ignore[arg-type]
