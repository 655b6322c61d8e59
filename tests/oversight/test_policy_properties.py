"""What holds for every policy, whatever it is made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import convagent
from convagent import Action, all_of, allow, ask, at, below, deny, failing, first_of, retry, sample, when
from convagent.oversight.policy import Function, Policy, judge
from convagent.oversight.ruling import Asked
from convagent.oversight.serial import condition_from_json, from_json, to_json
from tests.oversight.random_policies import (
    BROKEN,
    HOUSE,
    Claim,
    Level,
    actions,
    decided,
    durations,
    policies,
    rates,
    strictness,
    with_functions,
    without_functions,
)

several = st.lists(policies(), min_size=1, max_size=4)
many = settings(HOUSE, max_examples=250)


def _demands(ruling: Any) -> set[str]:
    return {repr(d) for d in ruling.demands} if isinstance(ruling, Asked) else set()


@many
@given(several, actions)
def test_join_by_and_is_never_looser_than_its_strictest_opinion(joined: list[Policy], action: Action) -> None:
    """Under `&` the strictest opinion counts, and of several that ask each is kept."""
    found = all_of(*joined)(action)
    opinions = [p(action) for p in joined]
    assert strictness(found) == max(map(strictness, opinions))
    if isinstance(found, Asked):
        assert _demands(found) == set().union(*map(_demands, opinions))


@many
@given(several, actions)
def test_policies_attached_in_several_places_are_never_looser_than_the_strictest(
    attached: list[Policy], action: Action
) -> None:
    """A tool's, an agent's and a chat's policies together allow only what none of them forbids."""
    assert strictness(judge(attached, action)) == max(0, *map(strictness, (p(action) for p in attached)))


@many
@given(several, actions, st.randoms())
def test_order_never_opens_a_door(joined: list[Policy], action: Action, chance: Any) -> None:
    """Policies joined by `&`, or attached in several places, say the same in any order."""
    shuffled = list(joined)
    chance.shuffle(shuffled)
    one, other = all_of(*joined)(action), all_of(*shuffled)(action)
    assert (strictness(one), _demands(one)) == (strictness(other), _demands(other))
    assert strictness(judge(joined, action)) == strictness(judge(shuffled, action))


@many
@given(policies(leaves=st.just(Function(decided))), actions)
def test_condition_or_function_that_raises_never_opens_a_door(policy: Policy, action: Action) -> None:
    """Where a part of a policy begins to raise, it says what it said before, if the part did not count, or denies."""
    before, after = strictness(policy(action)), strictness(policy(replace(action, asked_by=BROKEN)))
    assert after in (before, deny().strictness)


@many
@given(policies(), actions, st.integers(0, 2))
def test_condition_that_raises_denies_whatever_is_joined_with_it(policy: Policy, action: Action, place: int) -> None:
    """`&` with a rule that raises denies, on either side, and so does a rule that raises and is asked first."""
    broken = at(action.kind, when(_raise, allow))
    joined = [broken & all_of(policy), all_of(policy, broken), first_of(broken, policy)][place]
    assert strictness(joined(action)) == deny().strictness


def _raise(action: Action) -> bool:
    raise RuntimeError("broken")


WORDS = [
    "allow",
    "deny",
    "ask",
    "retry",
    "when",
    "at",
    "below",
    "failing",
    "sample",
    "first_of",
    "all_of",
    "arg",
    "its",
    "exponential",
    "constant",
    "Oversight",
]
NAMESPACE = {"Claim": Claim, "Decimal": Decimal, "Level": Level, **{w: getattr(convagent, w) for w in WORDS}}


@many
@given(policies(without_functions))
def test_print_of_a_policy_reads_back_as_the_same_policy(policy: Policy) -> None:
    """A policy prints as the Python that makes it, so that what is shown is what counts."""
    enums = {f"<Level.{m.name}: {m.value!r}>": f"Level.{m.name}" for m in Level}
    text = str(policy)
    for shown, written in enums.items():
        text = text.replace(shown, written)
    assert eval(text, dict(NAMESPACE)) == policy
    assert str(policy) == str(policy)


@many
@given(policies(leaves=st.just(Function(decided))), actions)
def test_policy_goes_through_json_unchanged(policy: Policy, action: Action) -> None:
    """What comes back from JSON is equal, prints the same and rules the same."""
    back = from_json(json.loads(json.dumps(to_json(policy), allow_nan=False)))
    assert back == policy
    assert str(back) == str(policy)
    assert back(action) == policy(action)


@many
@given(with_functions, actions)
def test_condition_goes_through_json_unchanged(condition: Any, action: Action) -> None:
    """A condition comes back equal, with the same print."""
    back = condition_from_json(json.loads(json.dumps(to_json(condition), allow_nan=False)))
    assert back == condition
    assert str(back) == str(condition)


@HOUSE
@given(st.lists(st.tuples(st.sampled_from("abcdef"), durations), min_size=2, max_size=6), st.integers(0, 4))
def test_chain_keeps_its_order_however_it_is_bracketed(levels: Sequence[tuple[str, Any]], split: int) -> None:
    """`a >> b >> c` asks a, then b, then c, and so does `a >> (b >> c)`."""
    parts = [ask(who, within=within) for who, within in levels]
    cut = min(split + 1, len(parts) - 1)
    chain = _chain([*parts[:cut], _chain([*parts[cut:], deny("nobody")])])
    action = Action("tool", "bot", "pay")
    ruling: Any = chain(action)
    asked: list[str] = []
    while isinstance(ruling, Asked):
        (demand,) = ruling.demands
        asked += demand.who
        ruling = demand.then
    assert asked == [who for who, _ in levels]
    assert ruling == deny("nobody")


def _chain(parts: Sequence[Policy]) -> Policy:
    first, *rest = parts
    for part in rest:
        first = first >> part
    return first


@many
@given(rates, actions)
def test_sample_is_the_same_twice(rate: float, action: Action) -> None:
    """What chance chose once it chooses again: a resumed run asks what it asked."""
    policy = at(action.kind, sample(rate, deny("looked at")))
    again = replace(action, arguments=dict(action.arguments))
    assert policy(action) == policy(again)
    assert rate != 1 or policy(action) == deny("looked at")
    assert rate != 0 or policy(action) is None


def test_sample_looks_at_about_its_share() -> None:
    """One in ten is one in ten."""
    policy = sample(0.1, ask("auditor"))
    looked = sum(policy(Action("tool", "bot", "pay", run_id="r", turn=i)) is not None for i in range(2000))
    assert 140 < looked < 260


@many
@given(policies(), actions)
def test_bare_policy_is_silent_about_what_it_is_not_about(policy: Policy, action: Action) -> None:
    """`about` never denies an opinion that a policy has, so that no guard skips it."""
    if not policy.about(action.kind):
        assert policy(action) is None


def test_bare_guards_are_about_their_moments() -> None:
    """`retry` and `failing` are about failures, `below` about what a model made, other bare words about tools."""
    about = {
        "allow": allow, "ask": ask(), "retry": retry(2), "failing": failing(1, ask()), "below": below(0.5, ask()),
        "when": when(_raise, at("handoff", ask())),
    }  # fmt: skip
    kinds = ("tool", "reply", "handoff", "error")
    assert {word: [k for k in kinds if policy.about(k)] for word, policy in about.items()} == {
        "allow": ["tool"], "ask": ["tool"], "retry": ["error"], "failing": ["error"], "below": ["tool", "reply"],
        "when": ["handoff"],
    }  # fmt: skip
