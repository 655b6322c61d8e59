"""What is decided, by a browser without scripts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from convagent import ConversableAgent, ScriptedModel, tool
from convagent.action import Action, Failure
from convagent.channels.web import decision_link
from convagent.events import ExecutedFunctionEvent
from convagent.human import approve, edit, reject, respond, revise
from convagent.journal.base import StoredRequest
from tests.web.scene import ACCOUNT, SCHEMA, SECRET, Scene, refund, text


def decided(scene: Scene, id: str) -> Any:
    """Return what counts now as the answer to a request."""
    stored = scene.inbox.get(id)
    assert stored is not None
    assert stored.status == "answered"
    assert stored.reply is not None
    return stored.reply


def test_list_shows_what_is_needed_to_choose(scene: Scene) -> None:
    """Why, how risky, what, for whom; no secret."""
    scene.asks(within=600, deadline=scene.journal.now() + 600, otherwise="it is denied")
    page = scene.client("ada").get("/").text
    for shown in (
        "May bot call refund?",
        "refund 1250 EUR to **********",
        "amount &gt; 1000",
        "high risk",
        "for clerk",
        "UTC",
    ):
        assert shown in page
    assert ACCOUNT not in page


def test_line_of_a_longer_text_stands_as_it_was_written(scene: Scene) -> None:
    """A line of a program with a colon and an arrow is no argument with a value before and one now."""
    told = "name: 'a' -> 'b'\nprogram:\n  -def f(x: int) -> int:\n  +def f(x: int) -> str:"
    page = scene.client("ada").see(scene.asks(changed=told, schema={"type": "object"})).text
    assert "<li>program:</li>" in page
    assert "<li>  -def f(x: int) -&gt; int:</li>" in page
    assert "<li>  +def f(x: int) -&gt; str:</li>" in page
    assert page.count("<del>") == 1


def test_list_can_be_narrowed(scene: Scene) -> None:
    """For me, for a role, or all."""
    scene.asks(prompt="For clerks?")
    scene.asks(prompt="For managers?", to=("manager",))
    scene.asks(prompt="For anybody?", to=())

    def shown(path: str) -> set[str]:
        page = scene.client("ada").get(path).text
        return {word for word in ("clerks", "managers", "anybody") if f"For {word}?" in page}

    assert shown("/") == {"clerks", "anybody"}
    assert shown("/?who=manager") == {"managers", "anybody"}
    assert shown("/?who=all") == {"clerks", "managers", "anybody"}


def test_list_has_pages(scene: Scene) -> None:
    """Each request stands on one page."""
    ids = [scene.asks(prompt=f"Question {n:03}?") for n in range(120)]
    client, path, seen = scene.client("ada"), "/", list[str]()
    import re
    from html import unescape

    while path:
        page = client.get(path).text
        seen += re.findall(r"Question (\d{3})\?</a>", page)
        more = re.search(r'<a href="([^"]+)" rel="next">', page)
        path = unescape(more[1]) if more else ""
    assert sorted(seen) == [f"{n:03}" for n in range(len(ids))]


def test_approval_counts_when_the_button_is_pressed(scene: Scene) -> None:
    """It is recorded who, in which roles, through what, and how that is known."""
    id, client = scene.asks(), scene.client("ada")
    page = client.answer(id, "approve")
    assert page.status == 303
    reply = decided(scene, id)
    assert reply.decision == approve
    assert (reply.by, reply.roles, reply.channel, reply.authenticated) == ("ada", ("clerk",), "web", "token")
    assert "Your answer counts" in client.get(page.headers["location"]).text


def test_page_says_so_when_the_journal_is_away(scene: Scene) -> None:
    """Nobody is told that an answer counts, or that it does not: it may have been kept. What to do is said."""
    id, client = scene.asks(), scene.client("ada")
    form = client.see(id).form("approve")
    scene.journal.close()
    looked, answered = client.get("/"), client.post(form.action, **form.fields)
    assert (looked.status, answered.status) == (503, 503)
    assert "cannot be used just now" in looked.text
    assert "hand it in again" in answered.text


def test_approval_holds_for_later_ones_when_that_is_chosen(scene: Scene) -> None:
    """Only an offered scope, for a length of time that can be read."""
    id, client = scene.asks(), scene.client("ada")
    assert client.answer(id, "approve", always="everything").status == 422
    wrong = client.answer(id, "approve", always="clause", lasts="a while")
    assert wrong.status == 422
    assert "a while" in wrong.text
    assert client.answer(id, "approve", always="clause", lasts="2h").status == 303
    assert decided(scene, id).decision == approve.always_for("clause", "2h")


def test_edit_changes_only_what_was_changed(scene: Scene) -> None:
    """The form begins with the arguments; what nobody touched is not part of the decision."""
    id, client = scene.asks(), scene.client("ada")
    form = client.see(id).form("edit")
    assert form.fields["f0"] == "A-1"
    assert form.fields["f1"] == "1250"
    assert form.fields["f2"] == '"card"'
    assert form.fields["f3"] == ""  # secret: neither shown nor changed
    assert client.answer(id, "edit", f1="80.5").status == 303
    assert decided(scene, id).decision == edit(amount=80.5)


def test_edit_shows_what_is_wrong_and_loses_nothing(scene: Scene) -> None:
    """Each problem stands at its field, and all that was typed is still there."""
    id, client = scene.asks(), scene.client("ada")
    page = client.answer(id, "edit", f0="B-<2>", f1="lots", f4="[1,")
    assert page.status == 422
    form = page.form("edit")
    assert (form.fields["f0"], form.fields["f1"], form.fields["f4"]) == ("B-<2>", "lots", "[1,")
    assert "“lots” is not a number" in page.text
    assert page.text.count('aria-invalid="true"') == 2
    page = client.post("/request", **{**form.fields, "f1": "6000", "f4": '["lamp"]'})
    assert page.status == 422
    assert "6000 is greater than the maximum of 5000" in page.text
    assert client.post("/request", **{**page.form("edit").fields, "f1": "60"}).status == 303
    assert decided(scene, id).decision == edit(order="B-<2>", amount=60)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "0x10", "१२", "1_000", "", "true", "9" * 5000])
def test_edit_takes_no_number_that_is_none(scene: Scene, number: str) -> None:
    """What JSON has no number for is told, not guessed."""
    id, client = scene.asks(), scene.client("ada")
    assert client.answer(id, "edit", f1=number).status == 422
    assert scene.inbox.get(id).status == "open"  # type: ignore[union-attr]


def test_edit_is_refused_when_nothing_was_changed(scene: Scene) -> None:
    """That is an approval, and there is a button for it."""
    id, client = scene.asks(), scene.client("ada")
    assert "Nothing is changed" in client.answer(id, "edit").text


def test_edit_leaves_odd_texts_alone_when_nobody_touched_them(scene: Scene) -> None:
    """Line ends, NUL and half surrogates go through a form and come back as no change."""
    odd = {"a": "one\r\ntwo\rthree", "b": "nul\x00l", "c": "\nfirst line empty", "d": "half \ud83d", "n": 1}
    action = Action("tool", "bot", "note", odd)
    id, client = scene.asks(action=action, schema=None, preview=""), scene.client("ada")
    form = client.see(id).form("edit")
    sent = {k: v.replace("\x00", "\ufffd").encode("utf-8", "replace").decode() for k, v in form.fields.items()}
    assert client.post("/request", **{**sent, "f4": "2"}).status == 303
    assert decided(scene, id).decision == edit(n=2)


def test_rejection_carries_its_reason(scene: Scene) -> None:
    """The proposer is told it, with its lines."""
    id, client = scene.asks(), scene.client("ada")
    assert client.answer(id, "reject", text="too much\r\nask again").status == 303
    assert decided(scene, id).decision == reject("too much\nask again")


def test_other_verbs_are_taken_when_the_request_takes_them(scene: Scene) -> None:
    """Respond and revise need a text, retry and stop do not."""
    client = scene.client("ada")
    id = scene.asks()
    assert client.answer(id, "respond", text=" ").status == 422
    assert client.answer(id, "respond", text="done by hand").status == 303
    assert decided(scene, id).decision == respond("done by hand")
    action = Action("reply", "writer", "customer", {"content": "Hi"})
    id = scene.asks(action=action, decisions=("approve", "edit", "revise", "reject", "stop"), schema=None, offers=())
    assert client.answer(id, "revise", text="").status == 422
    assert client.answer(id, "revise", text="more polite").status == 303
    assert decided(scene, id).decision == revise("more polite")
    failed = Action("error", "bot", "pay", failure=Failure("TimeoutError", "no answer", True), attempts=3)
    id = scene.asks(action=failed, decisions=("retry", "respond", "reject", "stop"), offers=(), schema=None)
    assert client.answer(id, "retry").status == 303
    id = scene.asks()
    assert client.answer(id, "stop").status == 303
    assert decided(scene, id).decision.text == "Stopped by a person"


def test_options_are_the_approval_when_the_form_is_a_list(scene: Scene) -> None:
    """One of them has to be chosen."""
    id = scene.asks(options=("pay half", "pay <all>"), decisions=("approve", "reject"), offers=())
    client = scene.client("ada")
    assert client.answer(id, "approve").status == 422
    assert client.answer(id, "approve", option="pay twice").status == 422
    assert client.answer(id, "approve", option="pay <all>").status == 303
    assert decided(scene, id).decision == approve.filled("pay <all>")


CLAIM = {
    "type": "object",
    "properties": {
        "sum": {"type": "integer", "minimum": 1},
        "note": {"type": "string", "default": "none"},
        "fraud": {"type": "boolean"},
        "level": {"anyOf": [{"$ref": "#/$defs/level"}, {"type": "null"}], "default": None},
        "more": {"type": "object"},
    },
    "required": ["sum", "fraud"],
    "$defs": {"level": {"enum": ["low", "high"]}},
}


def test_form_is_made_from_its_schema(scene: Scene) -> None:
    """Needed fields are asked for; what may be left out may be left out; values have their types."""
    id = scene.asks(form=CLAIM, decisions=("approve", "reject"), offers=())
    client = scene.client("ada")
    form = client.see(id).form("approve")
    assert form.fields["f1"] == "none"
    assert form.choices["f2"] == ["", "true", "false"]
    assert form.choices["f3"] == ["", '"low"', '"high"']
    page = client.answer(id, "approve", f0="0", f2="")
    assert page.status == 422
    assert "This is needed." in page.text
    page = client.answer(id, "approve", f0="0", f2="true")
    assert "0 is less than the minimum of 1" in page.text
    assert client.answer(id, "approve", f0="7", f2="false", f3='"high"').status == 303
    assert decided(scene, id).decision.value == {"sum": 7, "note": "none", "fraud": False, "level": "high"}


def test_text_question_takes_any_text(scene: Scene) -> None:
    """As a classic prompt does; an empty one, too."""
    client = scene.client("ada")
    for typed in ("Portugal", ""):
        id = scene.asks(decisions=(), action=None, schema=None, offers=(), moment="turn", to=(), prompt="Where?")
        assert client.answer(id, "answer", text=typed).status == 303
        assert decided(scene, id).text == typed
        assert decided(scene, id).decision is None


def test_turn_of_a_person_shows_what_was_said_last(scene: Scene) -> None:
    """What they may type, and where nothing may be said what is missing; the question stands then."""
    client, given = scene.client("ada"), {"decisions": (), "action": None, "schema": None, "offers": ()}
    turn = {**given, "moment": "speak", "about": "bot", "preview": "I object.", "prompt": "ada, it is your turn: "}
    id = scene.asks(**turn, choices=("exit",))
    page = client.see(id).text
    assert "What was said last" in page
    assert "I object." in page
    assert "exit as the only word ends the conversation" in page
    assert "nothing was said, and it cannot be passed here" in client.answer(id, "answer", text=" ").text
    assert client.answer(id, "answer", text="So do I.").status == 303
    assert decided(scene, id).text == "So do I."
    assert client.answer(scene.asks(**turn, choices=("pass", "exit")), "answer", text="").status == 303


def test_quorum_needs_different_people(scene: Scene) -> None:
    """The first approval is kept, the second settles it; nobody counts twice."""
    id, ada = scene.asks(need=2), scene.client("ada")
    page = ada.answer(id, "approve")
    assert "Others have to approve" in ada.get(page.headers["location"]).text
    assert "has approved already" in ada.see(id).text
    assert scene.client("bob").answer(id, "approve").status == 303
    reply = decided(scene, id)
    assert [reply.by, *(vote.by for vote in reply.votes)] == ["bob", "ada"]


def test_request_for_others_shows_no_form_and_takes_no_answer(scene: Scene) -> None:
    """Who may not answer may read; a form that they made themselves changes nothing."""
    id, eve = scene.asks(), scene.client("eve")
    page = eve.see(id)
    assert "this is for clerk" in page.text
    fields = scene.client("ada").see(id).form("approve").fields
    own = page.form("/sign-out").fields["form_key"]
    assert eve.post("/request", **{**fields, "form_key": own}).status == 422
    assert scene.inbox.get(id).status == "open"  # type: ignore[union-attr]


def test_people_of_the_run_decide_who_may_answer(scene: Scene) -> None:
    """Who is not among them is told so before they type anything."""
    id = scene.ask(refund(), people={"bob": ["clerk"]})
    assert "&#39;ada&#39; is not among the people of this run" in scene.client("ada").see(id).text
    assert scene.client("bob").answer(id, "approve").status == 303


def test_second_answer_is_told_what_became_of_the_first(scene: Scene) -> None:
    """The same button twice is one answer; another one is told who was first."""
    id, ada, bob = scene.asks(), scene.client("ada"), scene.client("bob")
    mine, theirs = ada.see(id).form("approve"), bob.see(id).form("reject")
    assert ada.post("/request", **mine.fields).status == 303
    assert ada.post("/request", **mine.fields).status == 409
    late = bob.post("/request", **{**theirs.fields, "text": "no"})
    assert late.status == 409
    assert "ada" in late.text
    assert decided(scene, id).decision == approve


def test_answer_is_refused_when_the_question_is_another_one_now(scene: Scene) -> None:
    """What was shown is what is decided: a stamp of another question does not fit."""
    id, other, client = scene.asks(), scene.asks(because="amount > 1"), scene.client("ada")
    form = client.see(id).form("approve")
    stamp = client.see(other).form("approve").fields["stamp"]
    page = client.post("/request", **{**form.fields, "stamp": stamp})
    assert page.status == 409
    assert scene.inbox.get(id).status == "open"  # type: ignore[union-attr]


def test_unknown_request_is_not_here(scene: Scene) -> None:
    """404, on the page and for an answer."""
    client = scene.client("ada")
    form = client.see(scene.asks()).form("approve")
    assert client.see("run-9:9").status == 404
    assert client.post("/request", **{**form.fields, "id": "run-9:9"}).status == 404


def test_escalation_goes_on_to_the_next_level(scene: Scene) -> None:
    """As if the time were up; only for whom the question is."""
    id = scene.asks(within=600, deadline=scene.journal.now() + 600, otherwise="it goes to manager")
    assert "Do not wait" in scene.client("ada").see(id).text
    assert scene.client("ada").answer(id, "escalate").status == 303
    assert scene.inbox.get(id).status == "expired"  # type: ignore[union-attr]


@pytest.mark.parametrize("how", ["page", "batch", "link", "escalate"])
def test_answer_is_late_when_the_question_is_escalated_while_it_is_handed_in(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Between reading the question and deciding it there is no gap: what was shown to the clerk is not decided."""
    id, client = scene.asks(within=600, otherwise="it goes to manager"), scene.client("ada")
    request = scene.inbox.get(id).request  # type: ignore[union-attr]
    form = client.see(id).form("escalate" if how == "escalate" else "approve")
    batch = client.get("/").form("/batch")
    path = decision_link("http://127.0.0.1:8700", SECRET, request, "approve", "ada").partition("8700")[2]
    link = client.get(path).form("/link")
    look = scene.inbox.get

    def slow(id: str) -> StoredRequest | None:
        found = look(id)
        scene.goes_on(replace(request, to=("manager",), level=1))
        return found

    monkeypatch.setattr(scene.inbox, "get", slow)
    match how:
        case "batch":
            page = client.post("/batch", **{**batch.fields, "chosen": batch.choices["chosen"], "verb": "approve"})
        case "link":
            page = client.post("/link", **link.fields)
        case _:
            page = client.post("/request", **form.fields)
    assert ("escalated already" if how == "escalate" else "it was escalated to manager meanwhile") in page.text
    stored = look(id)
    assert stored is not None
    assert (stored.status, stored.request.level, stored.votes) == ("open", 1, ())


def test_batch_decides_each_as_if_it_stood_alone(scene: Scene) -> None:
    """Those that need a form, and those that changed, are left, and it is told."""
    one, two = scene.asks(), scene.asks()
    needs = scene.asks(options=("a", "b"), offers=())
    client = scene.client("ada")
    form = client.get("/").form("/batch")
    assert len(form.choices["chosen"]) == 3
    page = client.post("/batch", **{**form.fields, "chosen": [*form.choices["chosen"], "x run-9:9"], "verb": "approve"})
    assert "2 of 4 decided" in page.text
    assert {scene.inbox.get(id).status for id in (one, two)} == {"answered"}  # type: ignore[union-attr]
    assert scene.inbox.get(needs).status == "open"  # type: ignore[union-attr]


def test_batch_is_refused_when_nothing_is_chosen_or_the_verb_is_another(scene: Scene) -> None:
    """Nothing is decided by a form that says nothing."""
    scene.asks()
    client = scene.client("ada")
    form = client.get("/").form("/batch")
    assert client.post("/batch", **{**form.fields, "verb": "approve"}).status == 422
    chosen = form.choices["chosen"][0]
    assert client.post("/batch", **{**form.fields, "chosen": chosen, "verb": "stop"}).status == 422


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (edit(amount=80, account="DE-tulip"), "Approved with changes by ada: amount = 80, account = **********"),
        (respond("a voucher was sent"), "Answered in its place by ada: a voucher was sent"),
        (reject("no receipt"), "Rejected by ada: no receipt"),
    ],
)
def test_settled_question_says_what_was_decided(scene: Scene, decision: Any, told: str) -> None:
    """Whoever comes later sees what will be done, not only that it was changed; no secret."""
    id = scene.asks()
    assert scene.inbox.decide(id, decision, by="ada").status == "accepted"
    page = scene.client("bob").get(f"/request?id={id}").text
    assert told in page
    assert "tulip" not in page


def test_conversation_shows_what_is_done_already_in_the_turn_that_waits(scene: Scene) -> None:
    """Who decides about the second payment knows of the first; told by a message, it stands there once."""

    def paid() -> ExecutedFunctionEvent:
        return ExecutedFunctionEvent(
            func_name="pay", call_id="c1", arguments={"amount": 40}, result="40 paid", is_exec_success=True, agent="bot"
        )

    page = scene.client("ada").get
    assert "40 paid" in page(f"/request?id={scene.ask(refund(), text('customer', 'bot', 'Pay!'), paid())}").text
    later = scene.ask(refund("run-2:1"), paid(), text("bot", "customer", "40 paid, and then?"))
    assert page(f"/request?id={later}").text.count("40 paid") == 1


def test_edit_says_nothing_twice(scene: Scene) -> None:
    """A parameter that nobody described has its name as description; a label is enough."""
    schema = {"type": "object", "properties": {"order": {"type": "string", "description": "order"},
                                               "amount": {"type": "number", "description": "in EUR"}}}  # fmt: skip
    page = scene.client("ada").get(f"/request?id={scene.asks(schema=schema)}").text
    assert '<p class="help" id="edit-f1-help">in EUR' in page
    assert "edit-f0-help" not in page


def test_conversation_stands_beside_the_question_without_its_secrets(scene: Scene) -> None:
    """What was said before, and nothing of what the schema hides, wherever it was said."""
    id = scene.ask(refund(), text("customer", "bot", f"Pay it to {ACCOUNT}, please."))
    page = scene.client("ada").see(id).text
    assert "Pay it to **********, please." in page
    assert ACCOUNT not in page
    for path in ("/run?id=run-1", "/audit?id=run-1"):
        assert ACCOUNT not in scene.client("olga").get(path).text


@pytest.mark.parametrize(
    "arguments", [{"order": "A-1", "account": ACCOUNT}, f'{{"order": "A-1", "account": "{ACCOUNT}']
)
def test_conversation_hides_what_the_tool_marks_though_nobody_was_asked(scene: Scene, arguments: Any) -> None:
    """The run knows which of its tools have secrets; a call that cannot be read is hidden as a whole."""
    pay = tool(lambda **given: f"paid to {given['account']}", name="refund", parameters=SCHEMA, effect="read")
    call = {"name": "refund", "arguments": arguments}
    model = ScriptedModel([[call], f"Paid to {ACCOUNT}." if isinstance(arguments, dict) else "No."])
    desk = ConversableAgent("desk", llm_config=model, tools=[pay], human_input_mode="NEVER")
    customer = ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")
    result = customer.initiate_chat(desk, message="Pay.", max_turns=1, journal=scene.journal, silent=True)
    assert ACCOUNT in str(result.summary) or not isinstance(arguments, dict)
    for path in ("/run", "/audit"):
        page = scene.client("olga").get(f"{path}?id={result.chat_id}").text
        assert "refund" in page
        assert ACCOUNT not in page


def test_secret_is_shown_nowhere_when_an_edit_is_wrong(scene: Scene) -> None:
    """Neither the one that is kept nor the one that was typed."""
    schema = {**refund().schema, "minProperties": 9}  # type: ignore[dict-item]
    id, client = scene.asks(schema=schema), scene.client("ada")
    page = client.answer(id, "edit", f3="GB00 another secret", f1="x")
    assert page.status == 422
    assert "GB00" not in page.text
    page = client.answer(id, "edit", f1="7")
    assert ACCOUNT not in page.text


# ---------------------------------------------------------------- runs


def test_runs_show_how_they_stand(scene: Scene) -> None:
    """Status, agents and open requests; one run's conversation and its record."""
    scene.asks()
    client = scene.client("eve")
    assert "waiting" in client.get("/runs").text
    run = client.get("/run?id=run-1").text
    assert "My lamp is broken." in run
    assert "May bot call refund?" in run
    record = client.get("/audit?id=run-1").text
    assert "The record is whole." in record
    assert "input_request" in record
    assert client.get("/run?id=nowhere").status == 404
    assert client.get("/audit?id=nowhere").status == 404


def test_run_whose_process_is_gone_is_shown_so(scene: Scene) -> None:
    """In the list and on its page: nobody moves it on until its lease is taken over."""
    scene.journal.begin("run-9", {"agents": ["bot"]}, ["bot"], "elsewhere:1", -1.0)
    client = scene.client("ada")
    for path in ("/runs", "/run?id=run-9"):
        assert "running (process gone)" in client.get(path).text


def test_record_says_so_when_a_row_was_edited(scene: Scene) -> None:
    """The page names what is broken."""
    import sqlite3

    scene.asks()
    with sqlite3.connect(scene.journal.path) as database:
        (table,) = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if "body" in {column[1] for column in database.execute(f"PRAGMA table_info({name})")}
        ][:1]
        database.execute(f"UPDATE {table} SET body = replace(body, 'lamp', 'lump')")
    database.close()
    page = scene.client("eve").get("/audit?id=run-1").text
    assert "The record is not what was written." in page


@pytest.mark.parametrize(("name", "status"), [("olga", 303), ("root", 303), ("ada", 403), ("bob", 403)])
def test_runs_are_steered_by_operators_only(scene: Scene, name: str, status: int) -> None:
    """Others see no buttons, and a form that they made themselves changes nothing."""
    scene.asks()
    client = scene.client(name)
    page = client.get("/run?id=run-1")
    assert ('action="/run"' in page.text) == (status == 303)
    key = page.form("/sign-out").fields["form_key"]
    assert client.post("/run", form_key=key, id="run-1", action="say", text="use the EU account").status == status
    controls = scene.journal.load("run-1").controls
    assert [(c.action, c.text, c.by) for c in controls] == (
        [("say", "use the EU account", name)] if status == 303 else []
    )


def test_steering_is_refused_when_it_says_nothing(scene: Scene) -> None:
    """An unknown word, an empty text, a run that is not there."""
    scene.asks()
    client = scene.client("olga")
    key = client.get("/run?id=run-1").form("/sign-out").fields["form_key"]
    assert client.post("/run", form_key=key, id="run-1", action="explode").status == 422
    assert client.post("/run", form_key=key, id="run-1", action="say", text=" ").status == 422
    assert client.post("/run", form_key=key, id="nowhere", action="pause").status == 409


def test_list_reads_no_more_than_it_shows(scene: Scene) -> None:
    """A page of the list costs the same however many wait: it reads one more, to know that there are more."""
    asked: list[int] = []
    real: Callable[..., Any] = scene.journal.pending

    def counted(*args: Any, **options: Any) -> Any:
        found = real(*args, **options)
        asked.append(len(found))
        return found

    for _ in range(60):
        scene.asks()
    client = scene.client("ada")
    scene.journal.pending = counted  # type: ignore[method-assign]
    assert client.get("/").status == 200
    assert asked == [51]
