"""Policies, conditions and actions at random, for property tests; and what they name by `module:name`."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from pydantic import BaseModel

from convagent import (
    Action,
    Oversight,
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

# The same cases in each run: a failure is found again, and nothing is kept on disk.
HOUSE = settings(derandomize=True, deadline=None, database=None)
BROKEN = "broken"
"""As `asked_by`, which is no part of the digest: makes `flagged` and `decided` raise."""


class Claim(BaseModel):
    """What an approval fills in."""

    sum: int
    note: str = ""


class Level(Enum):
    """A user's enumeration."""

    LOW = "low"
    HIGH = "high"


def flagged(action: Action) -> Any:
    """Say whether an action is flagged; raise where the action says so."""
    if action.asked_by == BROKEN:
        raise RuntimeError("the service that knows is down")
    return action.arguments.get("flag")


def decided(action: Action) -> Any:
    """Return a policy for flagged actions; raise where the action says so."""
    return ask("function") if flagged(action) else None


class Rules:
    """Functions of a class are named too."""

    @staticmethod
    def always(action: Action) -> bool:
        """Hold."""
        return True


numbers = st.one_of(st.integers(-5, 5), st.floats(-5, 5), st.booleans())
texts = st.sampled_from(["", "low", "high", "a b", "it's", 'say "x"', "arg.x", "ü"])
constants = st.one_of(
    numbers, texts, st.none(), st.just(Decimal("1.50")), st.sampled_from(Level), st.lists(numbers, max_size=2)
)
orders = st.sampled_from(["__lt__", "__le__", "__gt__", "__ge__"])
refs = st.sampled_from([arg.amount, arg.flag, arg.order.lines[0], arg["a b"], arg.missing, its.impact, its.attempts])

comparisons = st.one_of(
    st.builds(lambda ref, order, value: getattr(ref, order)(value), refs, orders, st.one_of(numbers, refs)),
    st.builds(lambda ref, value: ref == value, refs, constants),
    st.builds(lambda ref, value: ref != value, refs, constants),
    st.builds(lambda ref, values: ref.in_(values), refs, st.lists(numbers | texts, max_size=3)),
    st.builds(lambda ref, text: ref.contains(text), refs, texts),
    st.builds(lambda text: its.risk.matches(text), st.sampled_from(["low|high", ".*", ""])),
)


def conditions(leaves: Any) -> Any:
    """Return conditions made of these leaves."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda a, b: a & b, inner, inner),
            st.builds(lambda a, b: a | b, inner, inner),
            st.builds(lambda a: ~a, inner),
        ),
        max_leaves=4,
    )


def _flag() -> Any:
    return when(flagged, allow).condition


with_functions = conditions(st.one_of(comparisons, st.builds(_flag)))
without_functions = conditions(comparisons)

names = st.lists(st.sampled_from(["clerk", "manager", "ada"]), max_size=2)
durations = st.sampled_from(["10m", "1.5s", 90.5, "2h", 0.001, "3d"])
forms = st.one_of(
    st.none(), st.just(["refund", "credit"]), st.just(Claim), st.just({"type": "object", "title": "claim"})
)
asks = st.builds(lambda who, need, form: ask(*who, need=need, form=form), names, st.integers(1, 3), forms)
timed_asks = st.builds(lambda who, within: ask(*who, within=within), names, durations)
backoffs = st.one_of(
    st.builds(exponential, durations, st.sampled_from([1, 2, 1.5]), durations), st.builds(constant, durations)
)
retries = st.builds(retry, st.integers(2, 5), backoffs, st.sampled_from([(), "TimeoutError", [OSError, "KeyError"]]))
atoms = st.one_of(st.just(allow), st.builds(deny, st.sampled_from(["no", "it's late"])), asks, timed_asks, retries)
rates = st.sampled_from([0, 0.05, 0.5, 1])


def policies(condition: Any = with_functions, leaves: Any = None) -> Any:
    """Return policies of every form, guarded by these conditions."""

    def grow(inner: Any) -> Any:
        several = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            st.builds(when, condition, inner),
            st.builds(at, st.sampled_from(KINDS), inner),
            st.builds(below, rates, inner),
            st.builds(failing, st.integers(1, 3), inner),
            st.builds(sample, rates, inner),
            st.builds(lambda ps: first_of(*ps), several),
            st.builds(lambda ps: all_of(*ps), several),
            st.builds(lambda first, then: first >> then, timed_asks, inner),
            st.builds(
                lambda low, high, c, rest: Oversight({"low": low, "high": high}, [(c, "high")], rest),
                inner, inner, condition, st.one_of(st.none(), st.just("high"), inner),
            ),
        )  # fmt: skip

    return st.recursive(atoms if leaves is None else st.one_of(atoms, leaves), grow, max_leaves=6)


arguments = st.fixed_dictionaries(
    {"flag": st.booleans()},
    optional={
        "amount": st.one_of(numbers, st.sampled_from([float("nan"), float("inf"), "text", None])),
        "order": st.just({"lines": [1]}),
        "a b": numbers,
    },
)
actions = st.builds(
    lambda kind, args, turn, risk, sure, attempts, retryable: Action(
        kind, "bot", "pay", args, turn=turn, risk=risk, confidence=sure, attempts=attempts,
        failure=Failure("TimeoutError", "slow", retryable) if kind == "error" else None,
    ),
    st.sampled_from((*KINDS, "tool", "tool", "error")), arguments, st.integers(0, 99),
    st.sampled_from(["", "low", "high", "odd"]), st.sampled_from([None, "unknown", 0.0, 0.5, 1.0, float("nan")]),
    st.integers(0, 4), st.booleans(),
)  # fmt: skip


def strictness(ruling: Any) -> int:
    """Return how strict a ruling is; no opinion is the loosest."""
    return -1 if ruling is None else ruling.strictness
