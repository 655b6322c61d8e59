"""The rules of oversight, each bought by a failure of a released framework: what values alone must keep.

The others (settled answers, in doubt, siblings, nested agents) are about runs, and are tested with runs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any

import pytest

from convagent import Action, ConfigError, allow, approve, arg, ask, at, below, deny, failing, retry, when
from convagent.action import Failure
from convagent.human import Decision, HumanReply, HumanRequest, NotUnderstood, Offer
from convagent.oversight.answers import read_answer
from convagent.oversight.authority import directory_of
from convagent.oversight.grants import grant, granting, offers
from convagent.oversight.policy import judge
from convagent.oversight.ruling import Asked, Demand

PAY = Action("tool", "bot", "pay", {"amount": 5}, run_id="r", turn=1, position=0, call_id="c")
REQUEST = HumanRequest(
    "r:1", "May bot call pay?", "bot", decisions=("approve", "edit", "reject", "respond", "stop"), to=("clerk",),
    action=PAY, schema={"type": "object", "properties": {"amount": {"type": "number"}}},
)  # fmt: skip
DEMAND = Demand(("clerk",), because="amount > 1")


def _read(text: str, request: HumanRequest = REQUEST, by: str = "ada", **given: Any) -> Decision | None:
    return read_answer(request, HumanReply(request.id, text, by, **given))


def test_rule_01_an_edit_makes_a_new_action_that_the_whole_policy_judges() -> None:
    """The edited action has another digest, and the rule that did not fire before fires now."""
    policy = when(arg.amount > 100, ask("manager"))
    edited = replace(PAY, arguments={"amount": 500}, asked_by="ada")
    assert edited.digest != PAY.digest
    assert judge([policy], PAY) == allow
    assert isinstance(judge([policy], edited), Asked)


@pytest.mark.parametrize("text", ["", " ", "\n", "\t", "y", "yes", "ok", "approve it", "approved", "approve!"])
def test_rule_02_blank_or_unparsed_input_is_never_consent(text: str) -> None:
    """Enter approves nothing, nor does anything but the word."""
    with pytest.raises(NotUnderstood):
        _read(text)


def test_rule_02_the_stated_default_is_deny() -> None:
    """A question without a stated follow-up carries no ruling that could let the action through."""
    ruling: Any = ask("clerk", within="10m")(PAY)
    assert [d.then for d in ruling.demands] == [None]
    ruling = (ask("clerk", within="10m") >> deny("nobody answered"))(PAY)
    assert [d.then for d in ruling.demands] == [deny("nobody answered")]


@pytest.mark.parametrize("text", ["not approved", "disapproved", "I do not approve", "approve? no", "yes please"])
def test_rule_03_no_substring_judges_a_verdict(text: str) -> None:
    """In "not approved" stands "approved", and it is not looked for."""
    with pytest.raises(NotUnderstood, match="is not a decision"):
        _read(text)


def test_rule_04_an_answer_names_one_request_by_its_id() -> None:
    """There is no way to make an answer to "the" pending question."""
    assert fields(HumanReply)[0].name == "request_id"
    with pytest.raises(TypeError, match="request_id"):
        HumanReply()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "changed",
    [
        {"arguments": {"amount": 6}}, {"arguments": {"amount": 5.0}}, {"arguments": {"amount": True}},
        {"arguments": {"amount": "5"}}, {"arguments": {"amount": 5, "note": None}}, {"arguments": {}},
        {"name": "refund"}, {"agent": "other"}, {"executor": "other"}, {"kind": "reply"}, {"run_id": "s"},
        {"turn": 2}, {"position": 1}, {"call_id": ""}, {"attempts": 1},
    ],
    ids=str,
)  # fmt: skip
def test_rule_05_a_changed_action_has_another_digest(changed: dict[str, Any]) -> None:
    """What was approved is exactly this: each part of it, and 5 is not 5.0."""
    assert replace(PAY, **changed).digest != PAY.digest
    assert replace(PAY, arguments=dict(PAY.arguments)).digest == PAY.digest


def test_rule_06_what_may_have_happened_is_not_tried_again_but_asked() -> None:
    """In doubt: `retry` has no opinion, even on a named exception, and `failing` asks at the first attempt."""
    doubt = Failure("TimeoutError", "no answer", retryable=True, doubt=True)
    action = Action("error", "bot", "pay", {}, failure=doubt, attempts=1)
    assert retry(5)(action) is None
    assert retry(5, on=TimeoutError)(action) is None
    assert isinstance((retry(5, on=TimeoutError) | failing(5, ask("oncall")))(action), Asked)


def _raises(action: Action) -> Any:
    raise RuntimeError("the table of limits is gone")


def test_rule_09_a_predicate_that_raises_denies() -> None:
    """In a condition or in a policy, guarded and joined or not, with the reason."""
    for policy in (when(_raises, allow), _raises, when(_raises, ask()) & allow, when(_raises, ask()) | allow):
        ruling = judge([policy], PAY)
        assert ruling == deny("a policy could not be evaluated: RuntimeError: the table of limits is gone")


def test_rule_09_truthy_means_true() -> None:
    """A condition that returns a text, a number or a list counts by its truth."""
    values = ["yes", "no", 1, [0], "", 0, [], None]
    asks = [isinstance(judge([when(lambda action, v=v: v, ask())], PAY), Asked) for v in values]
    assert asks == [True] * 4 + [False] * 4


def test_rule_09_unknown_confidence_is_low() -> None:
    """Also where the threshold is almost nothing."""
    unsure = replace(PAY, confidence="unknown")
    assert isinstance(judge([below(0.001, ask("expert"))], unsure), Asked)


@pytest.mark.parametrize("by", ["ada", "bot"])
def test_rule_10_nobody_approves_their_own_action(by: str) -> None:
    """Neither the person who asked for the change nor the agent that proposed it."""
    mine = replace(REQUEST, action=replace(PAY, asked_by="ada"))
    with pytest.raises(NotUnderstood, match="nobody approves their own action"):
        _read("approve", mine, by=by)
    assert _read("approve", mine, by="bob") == approve


def test_rule_10_one_person_counts_once_and_only_in_their_own_roles() -> None:
    """Four eyes are two people; a people file outranks what a channel claims."""
    second = replace(REQUEST, need=2, given=("ada",))
    with pytest.raises(NotUnderstood, match="ada has approved already"):
        _read("approve", second)
    people = directory_of({"ada": ["intern"]})
    with pytest.raises(NotUnderstood, match="ada may not answer: this is for clerk"):
        read_answer(REQUEST, HumanReply("r:1", "approve", "ada", roles=("clerk",)), people)


def test_rule_11_always_on_5_does_not_run_5_000_000() -> None:
    """The narrowest offer is these exact arguments, and it covers nothing else."""
    assert offers(PAY, DEMAND)[0].scope == "exact"
    asked = replace(REQUEST, offers=offers(PAY, DEMAND))
    decision = _read("always", asked)
    assert decision is not None
    given = grant("g", PAY, DEMAND, decision, "ada", "rules", 0.0)
    assert given is not None
    assert granting([given], PAY, DEMAND, "rules", 1.0) == given
    assert granting([given], replace(PAY, arguments={"amount": 5_000_000}), DEMAND, "rules", 1.0) is None


def test_rule_11_always_is_never_offered_where_more_than_one_must_agree() -> None:
    """Nor accepted, from a program or typed."""
    assert offers(PAY, replace(DEMAND, need=2)) == ()
    for reply in (
        HumanReply("r:1", "always", "ada"),
        HumanReply("r:1", by="ada", decision=approve.always_for("exact")),
    ):
        with pytest.raises(NotUnderstood):
            read_answer(replace(REQUEST, need=2), reply)


def test_rule_11_a_grant_ends_when_the_policy_or_the_schema_changes() -> None:
    """It was given for what was shown."""
    given = grant("g", PAY, DEMAND, approve.always_for("clause"), "ada", "rules as they stood", 0.0)
    assert given is not None
    assert granting([given], PAY, DEMAND, "other rules", 1.0) is None


def test_rule_12_a_question_that_waits_for_ever_is_refused_before_a_chain() -> None:
    """What follows `>>` would look like a safety net that never opens."""
    with pytest.raises(ConfigError, match="waits for ever"):
        ask("clerk") >> deny("nobody answered")


def test_rules_are_about_values_that_a_journal_can_carry() -> None:
    """An action, a request, an answer and a grant are plain data: no function, no open file, no stack."""
    given = grant("g", PAY, DEMAND, approve.always_for("exact", "1h"), "ada", "rules", 0.0)
    request = replace(REQUEST, offers=(Offer("exact", "these"),), deadline=5.0)
    for value in (PAY, request, HumanReply("r:1", by="ada", decision=approve), given):
        assert is_dataclass(value)
        assert json.loads(json.dumps(asdict(value)))  # type: ignore[call-overload]


def test_ruling_of_another_kind_is_never_consent() -> None:
    """A tool call that no rule is about may happen; one that a rule for another kind names is not touched by it."""
    assert judge([at("handoff", deny("x"))], PAY) == allow
    assert judge([at("handoff", allow), deny("y")], PAY) == deny("y")
