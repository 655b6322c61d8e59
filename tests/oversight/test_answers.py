"""What people type, and what counts as a decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convagent import Action, Decision, approve, edit, reject, respond, stop
from convagent.human import HumanReply, HumanRequest, NotUnderstood, Offer
from convagent.oversight.answers import expected, parse, read_answer
from tests.oversight.random_policies import HOUSE, Claim

SCHEMA = {
    "type": "object",
    "properties": {"amount": {"type": "number"}, "note": {"type": "string"}, "lines": {"type": "array"}},
    "required": ["amount"],
}
PLAIN = HumanRequest(
    "r:1", "May bot call pay?", "bot", moment="decision", decisions=("approve", "edit", "reject", "respond", "stop"),
    action=Action("tool", "bot", "pay", {"amount": 5, "note": ""}), schema=SCHEMA,
)  # fmt: skip
CHOICES = replace(PLAIN, options=("refund", "store credit"))
FORM = replace(PLAIN, form=Claim.model_json_schema())
OFFERED = replace(PLAIN, offers=(Offer("exact", "these"), Offer("clause", "wherever amount > 1")))
TEXT = replace(PLAIN, decisions=(), action=None)
INTERRUPTED = replace(TEXT, moment="interrupt")


def _read(request: HumanRequest, text: str) -> Decision | None:
    return read_answer(request, HumanReply(request.id, text, by="ada"))


# ---------------------------------------------------------------- fuzz: 10,000 cases

WORDS = [
    "approve", "approved", "Approve", "APPROVE", "approve!", "approve.", "approve the thing", "approve it", "approve:",
    "approve::", "not approved", "disapprove", "disapproved", "do not approve", "yes", "yes please", "y", "ok", "okay",
    "sure", "1", "true", "reject", "rejected", "reject too much", "no", "n", "edit", "edit amount=5", "edit amount",
    "edit amount=much", "respond", "respond done", "stop", "stop it", "always", "always 1", "always 2", "always 3",
    "always for 1h", "always 1 for ever", "refund", "Refund", "refunds", "store credit", "store  credit", "sum=5",
    "approve sum=5", "approve sum=five", "approve sum=5 nte=x", "approve refund", "retry", "revise shorter",
    "approve\t", "\u00a0approve", "аpprove", "approve\u200b", "ａｐｐｒｏｖｅ", "approve\nreject", "approve approve",
    '{"sum": 5}',
]  # fmt: skip
words = st.sampled_from(WORDS)
blanks = st.text(" \t\r\n", max_size=3)
around = st.builds(lambda a, w, b: a + w + b, blanks, words, blanks)
beside = st.builds(lambda a, b, sign: a + sign + b, words, words, st.sampled_from([" ", ", ", ": ", "\n", "-", "="]))
typed = st.one_of(words, blanks, around, beside, st.text(max_size=12))


def _is_approval(request: HumanRequest, text: str) -> bool:
    """Say what an approval is, in other words than the code: complete lists."""
    said = text.strip().lower()
    if request.options:
        return said in ("refund", "store credit")
    if request.form is not None:
        return said.removeprefix("approve:").removeprefix("approve").strip() in ("sum=5", '{"sum": 5}') and (
            said.startswith(("approve ", "approve: "))
        )
    always = ("always", "always:", "always 1", "always 2", "always: 1", "always: 2", "always for 1h")
    return said in ("approve", "approve:") or (bool(request.offers) and said in always)


def _holds(request: HumanRequest, text: str) -> None:
    try:
        decision = _read(request, text)
    except NotUnderstood:
        assert not _is_approval(request, text)
        return
    assert decision is not None
    assert (decision.verb == "approve") == _is_approval(request, text)
    first = text.strip().lower().partition(" ")[0].removesuffix(":")
    assert decision.verb == "approve" or first == decision.verb  # only a word of the list, and it stands first


@settings(HOUSE, max_examples=4000)
@given(typed)
def test_only_the_word_approves(text: str) -> None:
    """4,000 texts at a plain approval: the word alone approves, nothing that holds it or means it does."""
    _holds(PLAIN, text)


@settings(HOUSE, max_examples=2000)
@given(typed)
def test_only_a_choice_approves_where_choices_are_asked(text: str) -> None:
    """2,000 texts at a list of choices: one of them, whole, is the approval; `approve` alone is not."""
    _holds(CHOICES, text)


@settings(HOUSE, max_examples=2000)
@given(typed)
def test_only_a_complete_form_approves_where_one_is_asked(text: str) -> None:
    """2,000 texts at a form: an approval without what the form requires is none."""
    _holds(FORM, text)


@settings(HOUSE, max_examples=2000)
@given(typed)
def test_only_an_offered_always_is_one(text: str) -> None:
    """2,000 texts where "always" is offered: a number of the offer and a length of time, nothing else."""
    _holds(OFFERED, text)


# ---------------------------------------------------------------- what is understood


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("approve", approve),
        ("  APPROVE \n", approve),
        ("reject", reject()),
        ("reject: Too much, by far", reject("Too much, by far")),
        ("edit amount=4", edit(amount=4)),
        ("edit amount=4.5 note='two words'", edit(amount=4.5, note="two words")),
        ("edit note=5 amount=1", edit(note="5", amount=1)),
        ('edit {"amount": 4, "lines": [1]}', edit(amount=4, lines=[1])),
        ("respond it was paid", respond("it was paid")),
        ("stop", stop()),
        ("stop Wrong account", stop("Wrong account")),
    ],
)
def test_word_and_what_belongs_to_it_is_a_decision(text: str, decision: Decision) -> None:
    """Each word takes what belongs to it; values are read as the schema says."""
    assert _read(PLAIN, text) == decision


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a blank line is not a decision; expected one of: approve, edit name=value, reject why"),
        ("yes please", "'yes please' is not a decision; expected one of: approve"),
        ("approve the thing", "approve stands alone, so 'approve the thing' is not a decision; type approve"),
        ("retry", "'retry' is not a decision"),
        ("respond", "respond: expected the result"),
        ("edit", "expected name=value, such as: edit amount=5"),
        ("edit amount", "'amount' is not name=value"),
        ("edit amount='5", "No closing quotation"),
        ("edit amount=much", "edit: amount: 'much' is not of type 'number'"),
        ("edit amout=4", "edit: there is no amout; expected amount, note, lines"),
        ("edit amount=1 amount=2", "amount is given twice; which one counts?"),
        ('edit {"amount": 1, "amount": 2}', "amount is given twice; which one counts?"),
        ("edit amount=NaN", "NaN is not a number that can be worked with"),
        ("edit amount=1e999", "1e999 is not a number that can be worked with"),
        ('edit {"amount": -Infinity}', "-Infinity is not a number that can be worked with"),
        ("edit {amount: 5}", "is not a JSON object"),
        ("always", "'always' is not a decision"),
    ],
)
def test_what_is_not_understood_is_told_with_what_was_expected(text: str, told: str) -> None:
    """The person learns what is wrong, and nothing is decided."""
    with pytest.raises(NotUnderstood) as caught:
        _read(PLAIN, text)
    assert told in str(caught.value)


def test_choice_is_the_approval_with_its_value() -> None:
    """A choice approves and is handed on; `approve` with none, or with another, is told the choices."""
    assert _read(CHOICES, "Store Credit") == approve.filled("store credit")
    for text in ("approve", "approve refund", "approve cash"):
        with pytest.raises(NotUnderstood, match="refund, store credit"):
            _read(CHOICES, text)


def test_blank_choice_is_never_taken_for_a_blank_line() -> None:
    """Enter approves nothing, even at a request that came from elsewhere with a blank choice."""
    with pytest.raises(NotUnderstood, match="a blank line is not a decision"):
        _read(replace(PLAIN, options=("", "refund")), " ")


def test_form_is_filled_in_typed_or_as_a_value() -> None:
    """Names and values, a JSON object, or a model of the program; all are validated alike."""
    filled = {"sum": 5, "note": "two words"}
    assert _read(FORM, "approve sum=5 note='two words'") == approve.filled(filled)
    assert _read(FORM, 'approve {"sum": 5, "note": "two words"}') == approve.filled(filled)
    given = HumanReply("r:1", by="ada", decision=approve.filled(Claim(sum=5, note="two words")))
    assert read_answer(FORM, given) == approve.filled(filled)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "the form: 'sum' is a required property"),
        ({"sum": "5"}, "the form: sum: '5' is not of type 'integer'"),
        ({"sum": 5, "nte": "x"}, "the form: there is no nte; expected sum, note"),
        ("5", "the form: '5' is not of type 'object'"),
    ],
)
def test_form_that_does_not_fit_is_told_what_is_wrong(value: Any, told: str) -> None:
    """What a form lacks is said by name, for values of a program as for typed text."""
    with pytest.raises(NotUnderstood) as caught:
        read_answer(FORM, HumanReply("r:1", by="ada", decision=approve.filled(value)))
    assert told in str(caught.value)


def test_broken_schema_approves_nothing() -> None:
    """A form that is no JSON Schema cannot be filled in, and the person is told why."""
    with pytest.raises(NotUnderstood, match="not a valid JSON Schema"):
        _read(replace(PLAIN, form={"type": "nonsense"}), "approve x=1")


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("always", approve.always_for("exact")),
        ("always 2", approve.always_for("clause")),
        ("always 2 for 1h", approve.always_for("clause", "1h")),
        ("always for 10m", approve.always_for("exact", "10m")),
    ],
)
def test_always_is_the_narrowest_offer_unless_a_number_is_typed(text: str, decision: Decision) -> None:
    """Without a number the narrowest one counts; a length of time ends it."""
    assert _read(OFFERED, text) == decision


def test_always_of_a_program_is_refused_where_it_was_not_offered() -> None:
    """A callable cannot grant more than a person could."""
    with pytest.raises(NotUnderstood, match="always is not offered here"):
        read_answer(PLAIN, HumanReply("r:1", by="ada", decision=approve.always_for("clause")))


def test_decision_that_the_request_does_not_take_is_refused() -> None:
    """A value of a program is held to the same list as a typed word."""
    with pytest.raises(NotUnderstood, match="revise is not possible here"):
        read_answer(PLAIN, HumanReply("r:1", by="ada", decision=Decision("revise", "shorter")))


def test_edit_of_a_program_needs_arguments_that_fit() -> None:
    """An edit that changes nothing, or breaks the schema, is none."""
    for decision, told in ((edit(), "expected the arguments that change"), (edit(amount="x"), "not of type 'number'")):
        with pytest.raises(NotUnderstood, match=told):
            read_answer(PLAIN, HumanReply("r:1", by="ada", decision=decision))


NAN = float("nan")
LIMITED = {"type": "object", "properties": {"payout": {"type": "number", "maximum": 5000}}}


@pytest.mark.parametrize(
    ("decision", "form"),
    [
        (edit(amount=NAN), None),
        (edit(amount=float("inf")), None),
        (respond({"paid": [NAN]}), None),
        (approve.filled({"payout": NAN}), LIMITED),
    ],
    ids=str,
)
def test_decision_of_a_program_holds_no_number_that_is_none(decision: Decision, form: Any) -> None:
    """NaN is within every limit of a schema, and above none of a rule; typed it is refused, too."""
    asked = replace(PLAIN, form=form)
    with pytest.raises(NotUnderstood, match="is not a number that can be worked with"):
        read_answer(asked, HumanReply(PLAIN.id, by="ada", decision=decision))


def test_approval_of_a_program_fills_in_no_form_that_was_not_asked_for() -> None:
    """What a tool reads as its form was asked for, and checked."""
    with pytest.raises(NotUnderstood, match="no form was asked for"):
        read_answer(PLAIN, HumanReply(PLAIN.id, by="ada", decision=approve.filled({"payout": 5})))


def test_edit_minds_only_what_it_changes() -> None:
    """A value that the schema cannot describe, and that is not touched, does not stop an edit."""
    action = replace(PLAIN.action, arguments={"amount": 5, "note": object()})  # type: ignore[type-var]
    assert _read(replace(PLAIN, action=action), "edit amount=4") == edit(amount=4)


def test_request_without_decisions_takes_any_text() -> None:
    """A classic question is answered by a text, blank included: nothing is read into it."""
    assert _read(TEXT, "not approved") is None
    assert _read(TEXT, "") is None


def test_expected_lists_words_choices_fields_and_offers() -> None:
    """The person sees exactly what may be typed."""
    assert expected(PLAIN) == "expected one of: approve, edit name=value, reject why, respond result, stop"
    assert expected(CHOICES).startswith("expected one of: refund, store credit, edit name=value")
    assert expected(FORM).startswith("expected one of: approve sum=... note=..., edit")
    assert expected(OFFERED).endswith("stop, always 1..2")


def test_word_of_another_request_is_not_taken() -> None:
    """Of a failure one may say retry, and not approve."""
    failed = replace(PLAIN, decisions=("retry", "respond", "reject", "stop"))
    assert parse(failed, "retry") == Decision("retry")
    with pytest.raises(NotUnderstood, match="'approve' is not a decision; expected one of: retry, respond result"):
        parse(failed, "approve")


@pytest.mark.parametrize("typed", ["stop now please", "Stop.", " EXIT now", "exit!", "stop-loss at 5", "quit\nnow"])
def test_interruption_asks_again_when_a_text_only_begins_with_the_end(typed: str) -> None:
    """Whether it ends the conversation or is said in it is not guessed: nothing happens, and both ways are named."""
    with pytest.raises(NotUnderstood, match=r"nothing was done: .* alone ends the conversation; .* put say before it"):
        read_answer(INTERRUPTED, HumanReply("r:1", typed))


@pytest.mark.parametrize(
    "typed", ["", "stop", " Exit ", "say stop now please", "stopping is no option", "go on, no stop"]
)
def test_interruption_takes_what_can_mean_one_thing_only(typed: str) -> None:
    """The word alone, and any text that does not begin with it; other prompts for a text take everything."""
    assert read_answer(INTERRUPTED, HumanReply("r:1", typed)) is None
    assert read_answer(TEXT, HumanReply("r:1", f"stop {typed}")) is None
