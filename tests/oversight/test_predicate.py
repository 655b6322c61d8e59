"""Conditions over an action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from convagent import Action, ConfigError, arg, ask, deny, its, when
from convagent.oversight.predicate import Predicate, checked
from tests.naming import case
from tests.oversight.random_policies import Level


@dataclass
class Order:
    """An argument that is an object."""

    total: int

    def count(self) -> int:
        """Count."""
        return 1


def _pay(**arguments: Any) -> Action:
    return Action("tool", "bot", "pay", arguments, risk="high", attempts=2)


def _holds(condition: Any, **arguments: Any) -> bool:
    return checked(condition).holds(_pay(**arguments))


@pytest.mark.parametrize(
    ("condition", "arguments", "holds"),
    [
        (arg.amount > 100, {"amount": 101}, True),
        (arg.amount > 100, {"amount": 100}, False),
        (arg.amount >= 100, {"amount": 100.0}, True),
        (arg.amount < 1, {"amount": Decimal("0.5")}, True),
        (arg.amount <= arg.limit, {"amount": 5, "limit": 5}, True),
        (arg.vip == True, {"vip": True}, True),  # noqa: E712 - this is how it is written
        (arg.note != None, {"note": None}, False),  # noqa: E711
        (arg.tags == ["a", "b"], {"tags": ["a", "b"]}, True),
        (arg.tags != ["a"], {"tags": ("a",)}, False),
        (arg.options == {"tags": ["a"]}, {"options": {"tags": ["a"]}}, True),
        (arg.level == "high", {"level": Level.HIGH}, True),
        (arg.level == Level.HIGH, {"level": "high"}, True),
        (arg.level.in_([Level.HIGH]), {"level": Level.HIGH}, True),
        (arg.country.in_(["KP", "IR"]), {"country": "IR"}, True),
        (arg.country.in_([]), {"country": "IR"}, False),
        (arg.note.contains("urgent"), {"note": "very urgent"}, True),
        (arg.tags.contains("a"), {"tags": ["a"]}, True),
        (arg.iban.matches("DE.*"), {"iban": "DE12"}, True),
        (arg.iban.matches("DE"), {"iban": "DE12"}, False),
        (arg.order.total > 5, {"order": Order(6)}, True),
        (arg.order["total"] > 5, {"order": {"total": 6}}, True),
        (arg.order.total > 5, {"order": MappingProxyType({"total": 6})}, True),
        (arg.lines[1].sum == 2, {"lines": [{"sum": 1}, {"sum": 2}]}, True),
        (arg["two words"] == 1, {"two words": 1}, True),
        (its.risk == "high", {}, True),
        (its.attempts > 1, {}, True),
        (its.name.in_(["pay"]), {}, True),
        ((arg.amount > 1) & (arg.amount < 3), {"amount": 2}, True),
        ((arg.amount > 1) & (arg.amount < 3), {"amount": 3}, False),
        ((arg.amount > 5) | (arg.vip == False), {"amount": 1, "vip": False}, True),  # noqa: E712
        (~(arg.amount > 5), {"amount": 1}, True),
        ((arg.amount > 5) & (lambda action: action.arguments["vip"]), {"amount": 6, "vip": "yes"}, True),
        ((lambda action: 0) | (arg.amount > 5), {"amount": 6}, True),
        (lambda action: [], {}, False),
        (lambda action: [0], {}, True),
    ],
    ids=case,
)
def test_condition_holds_as_it_reads(condition: Any, arguments: dict[str, Any], holds: bool) -> None:
    """Numbers, texts, lists, enumerations, what is inside of arguments, and functions: truthy is true."""
    assert _holds(condition, **arguments) is holds


@pytest.mark.parametrize(
    ("condition", "arguments", "told"),
    [
        (arg.amount > 100, {}, "arg.amount: there is no 'amount' in tool 'pay'"),
        (arg.amount > 100, {"amount": float("nan")}, "arg.amount is nan, which cannot be compared"),
        (arg.amount > 100, {"amount": float("-inf")}, "arg.amount is -inf, which cannot be compared"),
        (arg.amount == 1, {"amount": Decimal("NaN")}, "arg.amount is NaN, which cannot be compared"),
        (arg.amount > 1, {"amount": Decimal("Infinity")}, "arg.amount is Infinity, which cannot be compared"),
        (arg.sums.contains(1), {"sums": [float("nan")]}, "arg.sums is nan, which cannot be compared"),
        (arg.amount > 100, {"amount": "101"}, "arg.amount > 100: '101' (str) and 100 cannot be compared"),
        (arg.amount > 100, {"amount": None}, "arg.amount > 100: None (NoneType) and 100 cannot be compared"),
        (arg.amount < arg.limit, {"amount": 5, "limit": "6"}, "arg.amount < arg.limit: 5 (int) and '6' cannot be"),
        (arg.iban.matches("DE.*"), {"iban": 5}, "arg.iban.matches('DE.*'): 5 (int) and 'DE.*' cannot be compared"),
        (arg.order.count == 1, {"order": Order(1)}, "arg.order.count is a method or a function, not a value"),
        (arg.lines[3] == 1, {"lines": []}, "arg.lines[3]: there is no '3' in tool 'pay'"),
        (its.impact > 5, {}, "its.impact > 5: None (NoneType) and 5 cannot be compared"),
        (~(arg.amount > 100), {}, "arg.amount: there is no 'amount'"),
    ],
    ids=str,
)
def test_condition_that_cannot_be_compared_denies(condition: Any, arguments: dict[str, Any], told: str) -> None:
    """What is missing, not finite or of another type is no "false": the action is denied, with the reason."""
    ruling = when(condition, ask("clerk"))(_pay(**arguments))
    assert isinstance(ruling, type(deny()))
    assert told in ruling.reason


async def _later(action: Action) -> bool:
    return True


def test_function_that_is_async_denies() -> None:
    """A rule does no I/O; a coroutine, which is truthy, does not count as true."""
    ruling = when(_later, ask())(_pay())
    assert ruling == deny(
        "a policy could not be evaluated: _later is async; a rule does no I/O, so it is a plain function"
    )


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda: (arg.a > 1) and (arg.b > 1), "the condition arg.a > 1 has no truth value by itself"),
        (lambda: (arg.a > 1) or (arg.b > 1), "has no truth value by itself"),
        (lambda: not (arg.a > 1), "has no truth value by itself"),
        (lambda: 1 < arg.a < 5, "has no truth value by itself: `and`, `or`, `not` and chained comparisons"),
        (lambda: arg.a in [1, 2], "has no truth value by itself"),
        (lambda: "x" in arg.tags, "write arg.tags.contains('x')"),
        (lambda: list(arg.tags), "arg.tags has no elements yet"),
        (lambda: not arg.vip, "arg.vip is a value, not a condition; compare it, as in (arg.vip == True)"),
        (lambda: ~arg.vip, "arg.vip is a value, not a condition"),
        (lambda: arg.vip & (arg.a > 1), "arg.vip is a value, not a condition"),
        (lambda: arg.a > 1 & arg.b > 2, "arg.b is a value, not a condition"),
        (lambda: (arg.a > 1) & True, "True is not a condition"),
        (lambda: when(arg.vip, ask()), "arg.vip is a value, not a condition; write arg.vip == True"),
        (lambda: when(True, ask()), "True is not a condition; expected arg.amount > 100"),
        (lambda: when(ask(), ask()), "ask() is a policy, not a condition"),
        (lambda: when(bool, ask()), "is not a condition"),
        (lambda: arg > 5, "arg alone cannot be compared; name a value of it, such as arg.amount > 100"),
        (lambda: its == 5, "its alone cannot be compared; name a value of it, such as its.risk == 'high'"),
        (lambda: its.amount > 5, "its.amount is not known of an action; expected one of its.name, its.agent"),
        (lambda: arg.a > float("nan"), "nan cannot be compared with"),
        (lambda: arg.a < float("inf"), "inf cannot be compared with"),
        (lambda: arg.a == Decimal("NaN"), "NaN cannot be compared with"),
        (lambda: arg.a == [float("nan")], "nan cannot be compared with"),
        (lambda: arg.a == [arg.b], "arg.b cannot stand inside a list"),
        (lambda: arg.a.in_([arg.b]), "arg.b cannot stand inside a list"),
        (lambda: arg.a.in_("KP"), "arg.a.in_('KP'): expected a list of values, or write arg.a == 'KP'"),
        (lambda: arg.a.in_(5), "arg.a.in_(5): expected a list of values"),
        (lambda: arg.a == (arg.b > 1), "arg.b > 1 is no value to compare with"),
        (lambda: arg.a > str, "is no value to compare with"),
        (lambda: arg.a.matches("("), "arg.a.matches('(') is not a regular expression"),
        (lambda: arg.a.matches(5), "arg.a.matches(5) is not a regular expression"),
    ],
)
def test_condition_written_wrongly_is_refused_with_the_right_way(write: Callable[[], Any], told: str) -> None:
    """What Python would read otherwise than it looks raises at once, and never drops a clause."""
    with pytest.raises(ConfigError) as caught:
        write()
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("condition", "printed", "told"),
    [
        (arg.amount > 100, "arg.amount > 100", "amount > 100"),
        (its.risk == "high", "its.risk == 'high'", "its risk == 'high'"),
        (arg.profits.its.arg.x > 5, "arg.profits.its.arg.x > 5", "profits.its.arg.x > 5"),
        (arg.url.contains("arg."), "arg.url.contains('arg.')", "url contains 'arg.'"),
        (arg["a b"][0] == 1, "arg['a b'][0] == 1", "['a b'][0] == 1"),
        (arg["in_"] == 1, "arg['in_'] == 1", "['in_'] == 1"),
        (arg.a.in_([1, "x"]), "arg.a.in_([1, 'x'])", "a is one of 1, 'x'"),
        (arg.a < arg.b, "arg.a < arg.b", "a < b"),
        (~((arg.a > 1) & (arg.b > 1)), "~((arg.a > 1) & (arg.b > 1))", "not (a > 1 and b > 1)"),
        (
            (arg.a > 1) & ((arg.b > 1) | (arg.c > 1)) & (arg.d > 1),
            "((arg.a > 1) & ((arg.b > 1) | (arg.c > 1))) & (arg.d > 1)",
            "a > 1 and (b > 1 or c > 1) and d > 1",
        ),
    ],
    ids=str,
)
def test_condition_prints_as_python_and_is_told_in_words(condition: Any, printed: str, told: str) -> None:
    """Two prints: what was written, and what a person reads as the clause that fired."""
    assert isinstance(condition, Predicate)
    assert (str(condition), condition.told()) == (printed, told)


def test_conditions_are_equal_when_they_say_the_same() -> None:
    """Equality is a plain bool, though `==` on a value of an action makes a condition; 1, 1.0 and True differ."""
    assert (arg.a > 1) == (arg.a > 1)
    assert hash(arg.a > 1) == hash(arg.a > 1)
    assert len({arg.a > 1, arg.a > 1, arg.b > 1, arg.a > 1.0, arg.a >= 1, arg.a == True, its.turn > 1}) == 6  # noqa: E712
    assert (arg.a == 1) != (arg.a == True)  # noqa: E712
    assert (arg.a < arg.b) != (arg.a < arg.c)
    assert when(arg.a > 1, ask()) == when(arg.a > 1, ask())
    assert (arg.a > 1) != "arg.a > 1"
