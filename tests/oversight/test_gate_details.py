"""What the gate adds to policies: forms with their own validators, reasons of routers, bases of errors."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, field_validator

from convagent import Oversight, ToolContext, allow, approve, arg, ask, deny, edit, failing, its, retry, tool, when
from convagent.events import RulingEvent
from convagent.human import HumanRequest
from convagent.oversight.backoff import constant
from convagent.testing import Fake
from tests.oversight.till import Till, bot_for, pay, told, user


class Claim(BaseModel):
    """An insurance claim, whose model knows more than its schema."""

    number: str
    amount: float
    currency: str = "EUR"
    code: SecretStr = SecretStr("")

    @field_validator("number")
    @classmethod
    def _starts_with_c(cls, value: str) -> str:
        if not value.startswith("C-"):
            raise ValueError("a claim's number starts with C-")
        return value.upper()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("approve number=17 amount=5", "approve number=C-17a amount=5 code=s3cret"),
        (
            approve.filled({"number": "17", "amount": 5}),
            approve.filled({"number": "C-17a", "amount": 5, "code": "s3cret"}),
        ),
    ],
)
def test_form_is_validated_by_the_models_own_validators_when_filled_in(wrong: Any, right: Any) -> None:
    """What a validator refuses is told to the person; the tool gets plain data, converted and complete."""
    forms: list[Any] = []

    @tool(approval=ask("clerk", form=Claim))
    def settle(ctx: ToolContext) -> str:
        """Settle a claim."""
        forms.append(ctx.form)
        return "settled"

    receipts: list[Any] = []

    def clerk(event: Any) -> None:
        if getattr(event, "type", "") == "input_request":
            for answer in (wrong, right):
                receipts.append(event.respond(answer, by="clerk"))

    bot, me = bot_for([settle], [[{"name": "settle", "arguments": {}}], "done"]), user()
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people={"clerk": []}, channels=[clerk])
    assert [r.status for r in receipts] == ["invalid", "accepted"]
    assert receipts[0].problem == "the form: number: a claim's number starts with C-"
    assert forms == [{"number": "C-17A", "amount": 5.0, "currency": "EUR", "code": "s3cret"}]


@pytest.mark.parametrize(
    ("amount", "ruling", "reason"),
    [(5, "allow", "low risk: amount < 100"), (500, "deny", "too much (high risk: amount >= 100)")],
)
def test_choice_of_a_router_is_logged_with_its_reason_when_nobody_is_asked(
    amount: int, ruling: str, reason: str
) -> None:
    """An allowed or denied call says in the record why the router chose so; the model hears the denial alone."""
    seen: list[RulingEvent] = []
    till = Till()
    router = Oversight(
        {"low": allow, "high": deny("too much")}, rules=[(arg.amount < 100, "low"), (arg.amount >= 100, "high")]
    )
    bot, me = bot_for([till.pay], [[pay(amount)], "done"], oversight=router), user()
    me.initiate_chat(
        bot, message="go", max_turns=1, silent=True,
        observers=[lambda e: seen.append(e) if isinstance(e, RulingEvent) else None],
    )  # fmt: skip
    assert [(e.ruling, e.reason) for e in seen] == [(ruling, reason)]
    assert "high risk" not in told(bot, me)


@pytest.mark.parametrize("on", [ConnectionError, "OSError"])
def test_derived_error_is_tried_again_when_its_base_is_named(on: Any) -> None:
    """`on=` means what `except` means: what derives from a class is of it."""
    tries: list[int] = []

    def fetch() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionResetError("gone")
        return "there"

    flaky = tool(fetch, description="Fetch.", effect="idempotent")
    rule = retry(3, backoff=constant("1s"), on=on) | failing(3, ask("oncall"))
    bot, me = bot_for([flaky], [[{"name": "fetch", "arguments": {}}], "done"], oversight=rule), user()
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=Fake(oncall="stop"))
    assert len(tries) == 3
    assert "there" in told(bot, me)


def test_preview_shows_the_changed_arguments_when_a_person_edited_them() -> None:
    """The question about an edited action is about what it has become."""
    shown: list[str] = []
    till = Till(ask("clerk", need=2), preview=lambda a: f"pays {a['amount']}")

    def clerks(event: Any) -> None:
        if getattr(event, "type", "") == "input_request":
            shown.append(event.request.preview)
            answer, by = ("edit amount=7", "ada") if len(shown) == 1 else ("approve", "bob")
            event.respond(answer, by=by)

    bot, me = bot_for([till.pay], [[pay(5)], "done"]), user()
    people = {"ada": ["clerk"], "bob": ["clerk"]}
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people, channels=[clerks])
    assert shown == ["pays 5.0", "pays 7.0"]
    assert till.paid == [7]


# ---------------------------------------------------------------- preview and estimate, by functions of the user


def test_edited_action_is_judged_by_what_it_comes_to_now() -> None:
    """Rule 1: a rule about the estimate sees that of the changed arguments, and so does who is asked next."""
    rule = when(its.impact < -1000, deny("too much")) | when(its.impact < -10, ask("boss")) | ask("clerk")
    till, me = Till(rule, impact=lambda a: -a["amount"]), user()
    bot = bot_for([till.pay], [[pay(5), pay(6)], "done"])
    people = Fake(clerk=[edit(amount=5000), edit(amount=50)], boss=approve)
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people)
    assert told(bot, me).startswith("Error: pay was not allowed: too much")
    assert till.paid == [50.0]
    assert [r.action.impact for r in people.asked if r.action and r.to == ("boss",)] == [-50]


def test_estimate_that_raises_denies() -> None:
    """Rule 9: what an action comes to is unknown then, and no rule could judge it."""
    till, me, rulings = Till(ask("clerk"), impact=lambda a: a["price"]), user(), list[str]()
    bot, people = bot_for([till.pay], [[pay(5)], "done"]), Fake(clerk=approve)

    def watch(event: Any) -> None:
        if isinstance(event, RulingEvent):
            rulings.append(f"{event.ruling}: {event.reason}")

    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people, observers=[watch])
    assert (till.paid, people.asked) == ([], [])
    assert rulings == ["deny: its impact could not be estimated: KeyError: 'price'"]


def test_preview_that_raises_leaves_the_arguments_to_be_read() -> None:
    """The question stands, and its reader is told."""
    till, me = Till(ask("clerk"), preview=lambda a: a["price"]), user()
    bot, people = bot_for([till.pay], [[pay(5)], "done"]), Fake(clerk=approve)
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people)
    assert people.asked[0].preview == "amount  5.0\n(its preview failed: KeyError: 'price')"
    assert till.paid == [5.0]


@pytest.mark.parametrize("where", ["preview", "impact"])
def test_what_is_asked_about_stays_what_is_done_when_a_function_changes_its_arguments(where: str) -> None:
    """Rule 5: a preview or an estimate that tidies up its arguments works on a copy."""
    sent: list[list[str]] = []

    def send(to: list[str]) -> str:
        sent.append(to)
        return "sent"

    more: dict[str, Any] = {where: lambda a: str(a["to"].pop())}
    mail = tool(send, description="Send.", approval=ask("clerk"), **more)
    bot, me = bot_for([mail], [[{"name": "send", "arguments": {"to": ["ada", "bob"]}}], "done"]), user()
    people = Fake(clerk=approve)
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people)
    assert [r.action.arguments for r in people.asked if r.action] == [{"to": ["ada", "bob"]}]
    assert sent == [["ada", "bob"]]


@pytest.mark.parametrize("parameters", [None, {"type": "object", "properties": {"amount": {}, "to": {}}}])
def test_what_is_done_is_what_was_judged_when_an_answer_changes_its_request(parameters: Any) -> None:
    """Rule 5: a request is shown and answered, and is no way past the rules by being written to."""
    sent: list[Any] = []

    def send(amount: int, to: list[str]) -> str:
        sent.append((amount, to))
        return "sent"

    def sly(request: HumanRequest) -> Any:
        assert request.action is not None
        given: Any = request.action.arguments
        given["amount"] = 9000
        given["to"].append("eve")
        return approve

    mail = tool(send, description="Send.", approval=ask("clerk"), parameters=parameters)
    call = {"name": "send", "arguments": {"amount": 5, "to": ["ada"]}}
    bot, me = bot_for([mail], [[call], "done"]), user()
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=Fake(clerk=sly))
    assert sent == [(5, ["ada"])]


def test_longer_text_is_compared_line_by_line_when_it_was_approved_before() -> None:
    """Who approved a program reads which lines came and went; a short value stands beside the one it was."""

    @tool(approval=ask("clerk"))
    def store(name: str, program: str) -> str:
        """Keep a program."""
        return "kept"

    first = {"name": "a", "program": "one\ntwo\nthree\nfour"}
    second = {"name": "b", "program": "zero\none\ntwo\nthree\n4: x -> y"}
    calls: list[Any] = [[{"name": "store", "arguments": given}] for given in (first, second)]
    people = Fake(clerk=approve)
    user().initiate_chat(bot_for([store], [*calls, "done"]), message="go", max_turns=1, silent=True, people=people)
    assert [request.changed.splitlines() for request in people.asked] == [
        [],
        ["name: 'a' -> 'b'", "program:", "  +zero", "   one", "  ...", "   three", "  -four", "  +4: x -> y"],
    ]
