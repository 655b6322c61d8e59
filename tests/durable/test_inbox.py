"""What people meet: requests that stand in a journal, and what becomes of their answers."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, field_validator

from convagent.action import Action
from convagent.errors import ConfigError, JournalError
from convagent.human import Decision, HumanReply, HumanRequest, approve, reject
from convagent.journal import Batch, Inbox, Journal, NewRequest
from tests.durable.asking import asked, begin, row, waiting

REFUND = Action(kind="tool", agent="bot", name="refund", arguments={"amount": 120}, asked_by="cyd")


def test_decide_is_accepted_once_when_it_is_handed_in_again(journal: Journal) -> None:
    """The five honest answers: accepted, duplicate, conflict, late, unknown. What was decided stays so."""
    waiting(journal)
    inbox = Inbox(journal)
    assert inbox.decide("r:1", "maybe", by="ada").status == "invalid"
    assert inbox.decide("r:1", approve, by="ada", decision_id="d1").status == "accepted"
    assert inbox.decide("r:1", approve, by="ada", decision_id="d1").status == "duplicate"
    assert inbox.decide("r:1", "approve", by="ada").status == "duplicate"
    conflict = inbox.decide("r:1", reject("too much"), by="bob")
    assert (conflict.status, conflict.problem) == ("conflict", "this was decided already by ada: approve")
    assert inbox.decide("nobody:1", approve, by="ada").status == "unknown"
    stored = inbox.get("r:1")
    assert stored is not None
    assert stored.reply is not None
    assert (stored.reply.decision, stored.reply.by, stored.reply.channel, stored.reply.authenticated) == (
        approve, "ada", "inbox", "claimed",
    )  # fmt: skip


@pytest.mark.parametrize("how", ["time", "withdrawn", "run over"])
def test_decide_is_late_when_nobody_waits_any_more(journal: Journal, how: str) -> None:
    """After its time, when it was withdrawn and when the run is over, an answer is late, and says so."""
    claim = begin(journal)
    deadline = journal.now() - 1 if how == "time" else None
    journal.append(claim, Batch(requests=[asked("r:1", deadline=deadline)]))
    if how != "time":
        journal.append(claim, Batch(closed=["r:1"]) if how == "withdrawn" else Batch(status="done"))
    receipt = Inbox(journal).decide("r:1", approve, by="ada")
    assert receipt.status == "late"
    assert "nobody waits" in receipt.problem
    stored = journal.request("r:1")
    assert stored is not None
    assert (stored.reply, stored.status) == (None, "expired" if how == "time" else "cancelled")


def test_decide_wants_several_people_when_the_request_does(journal: Journal) -> None:
    """Each approval is kept; the last that was missing settles it. Nobody counts twice; one rejection is enough."""
    waiting(journal, "r", "r:1", "r:2", need=3, given=("dan",))
    inbox = Inbox(journal)
    first = inbox.decide("r:1", approve, by="ada")
    assert (first.status, first.problem) == ("accepted", "approved; one more must")
    again = inbox.decide("r:1", approve, by="ada")
    assert (again.status, again.problem) == ("duplicate", "ada has approved already; 3 different people must")
    assert inbox.decide("r:1", approve, by=" ADA ").status == "invalid"
    assert inbox.decide("r:1", approve, by="dan").status == "invalid"
    assert inbox.decide("r:1", approve).status == "invalid"
    assert inbox.decide("r:1", approve, by="bob").status == "accepted"
    stored = inbox.get("r:1")
    assert stored is not None
    assert stored.reply is not None
    assert (stored.status, stored.reply.by, [v.by for v in stored.reply.votes]) == ("answered", "bob", ["ada"])

    assert inbox.decide("r:2", approve, by="ada").status == "accepted"
    assert inbox.decide("r:2", reject("no"), by="bob").status == "accepted"
    stored = inbox.get("r:2")
    assert stored is not None
    assert stored.status == "answered"


def test_decide_is_refused_when_somebody_may_not(journal: Journal) -> None:
    """The directory says who may; nobody approves what they proposed or asked for."""
    waiting(journal, "r", "r:1", to=("manager",), action=REFUND)
    inbox = Inbox(journal, {"ada": ["clerk"], "bob": ["manager"], "cyd": ["manager"]})
    assert "this is for manager" in inbox.decide("r:1", approve, by="ada", roles=("manager",)).problem
    assert "not among the people" in inbox.decide("r:1", approve, by="eve").problem
    assert "asked for this" in inbox.decide("r:1", approve, by="cyd").problem
    assert inbox.decide("r:1", approve, by="bob").status == "accepted"


def test_decide_asks_the_people_of_the_run_when_the_inbox_has_none(journal: Journal) -> None:
    """A run that was begun with a list of people is decided by those; of a run inside it, too."""
    claim = journal.begin("r", {"people": {"ada": ["clerk"]}}, ["bot"], "w", 30)
    journal.append(claim, Batch(requests=[asked("r/in:1", to=("clerk",))], rows=[row("r", 1)]))
    inbox = Inbox(journal)
    assert inbox.decide("r/in:1", approve, by="eve", roles=("clerk",)).status == "invalid"
    assert inbox.decide("r/in:1", approve, by="ada").status == "accepted"


def test_decide_takes_a_text_when_the_question_does(journal: Journal) -> None:
    """A classic question takes any text, and no decision; a second answer is late."""
    claim = begin(journal)
    question = HumanRequest("r:1", "Your name?", "bot")
    journal.append(claim, Batch(requests=[NewRequest("r", "1/ask", question)], status="waiting"))
    inbox = Inbox(journal)
    assert inbox.decide("r:1", approve, by="ada").status == "invalid"
    assert inbox.decide("r:1", "Ada \x00\ud800", by="ada").status == "accepted"
    assert inbox.decide("r:1", "Bob").status == "late"
    stored = inbox.get("r:1")
    assert stored is not None
    assert stored.reply is not None
    assert (stored.reply.text, stored.reply.decision) == ("Ada \x00\ud800", None)


class Payment(BaseModel):
    """A form."""

    amount: int

    @field_validator("amount")
    @classmethod
    def _positive(cls, value: int) -> int:
        if value <= 0:
            raise ValueError("nothing to pay")
        return value


def test_answer_asks_the_form_when_a_channel_has_it(journal: Journal) -> None:
    """The validators of a form's model have a say where its process takes the answer."""
    waiting(journal, "r", "r:1", form=Payment.model_json_schema())
    inbox = Inbox(journal)
    receipt = inbox.answer(HumanReply("r:1", "approve amount=0", by="ada"), Payment)
    assert (receipt.status, receipt.problem) == ("invalid", "the form: amount: nothing to pay")
    assert inbox.answer(HumanReply("r:1", "approve amount=5", by="ada"), Payment).status == "accepted"


HOSTILE = [
    "", " ", "\x00", "\ud800", "approve " + "x=1 " * 5000, "edit {" + '"a":' * 20000, "always 9 for -1h", "sha256:0",
    "'; DROP TABLE requests; --", "approve\napprove", "ＡＰＰＲＯＶＥ",
]  # fmt: skip


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_decide_raises_nothing_when_somebody_types_it(journal: Journal, typed: str) -> None:
    """Whatever is typed is refused with a sentence, and the question stands."""
    waiting(journal)
    receipt = Inbox(journal).decide("r:1", typed, by=typed, decision_id=typed, channel=typed)
    assert receipt.status == "invalid"
    assert receipt.problem
    assert [r.id for r in journal.pending()] == ["r:1"]


def test_decide_many_goes_on_when_one_is_refused(journal: Journal) -> None:
    """Each request of a batch is answered by itself."""
    waiting(journal, "a")
    waiting(journal, "b")
    pairs = [("a:1", approve), ("nobody:1", approve), ("b:1", "perhaps"), ("b:1", "reject no")]
    receipts = Inbox(journal).decide_many(pairs, by="ada", decision_id="batch")
    assert [r.status for r in receipts] == ["accepted", "unknown", "invalid", "accepted"]


def test_escalate_ends_the_level_when_somebody_passes_it_on(journal: Journal) -> None:
    """The level is over as if its time were up, once; then the next one stands under the same id."""
    waiting(journal, "r", "r:1", to=("clerk",))
    inbox = Inbox(journal)
    assert inbox.escalate("r:1", "ada").status == "accepted"
    assert inbox.escalate("r:1", "ada").status == "late"
    assert inbox.escalate("nobody:1", "ada").status == "unknown"
    assert inbox.decide("r:1", approve, by="ada").status == "late"
    (claim,) = journal.claim_ready("w2", {"bot"}, 30)
    journal.append(claim, Batch(requests=[asked("r:1", to=("manager",), level=1)], status="waiting"))
    assert inbox.decide("r:1", approve, by="bob", roles=("manager",)).status == "accepted"
    stored = inbox.get("r:1")
    assert stored is not None
    assert [(h["level"], h["status"], h["by"]) for h in stored.history] == [(0, "escalated", "ada")]


def _escalated(journal: Journal) -> Inbox:
    """Let a clerk's question go on to the manager, after a clerk's first of two approvals."""
    waiting(journal, "r", "r:1", to=("clerk",), need=2)
    inbox = Inbox(journal)
    assert inbox.decide("r:1", approve, by="ada", level=0).status == "accepted"
    assert inbox.escalate("r:1", "ada", level=0).status == "accepted"
    (claim,) = journal.claim_ready("w2", {"bot"}, 30)
    journal.append(claim, Batch(requests=[asked("r:1", to=("manager", "cfo"), level=1)], status="waiting"))
    return inbox


@pytest.mark.parametrize("decision", [approve, reject("no"), "approve", "perhaps"], ids=str)
def test_decide_is_late_when_the_question_was_escalated_since_it_was_read(
    journal: Journal, decision: Decision | str
) -> None:
    """What somebody decided of the clerk's question does not decide the manager's, who is named."""
    inbox = _escalated(journal)
    receipt = inbox.decide("r:1", decision, by="ada", level=0)
    assert (receipt.status, receipt.problem) == (
        "late", "it was escalated to manager or cfo meanwhile; this is an answer to the question as it stood before",
    )  # fmt: skip
    assert inbox.escalate("r:1", "ada", level=0).status == "late"
    assert [r.id for r in inbox.pending()] == ["r:1"]
    assert inbox.decide("r:1", approve, by="bob", level=2).status == "invalid"
    assert inbox.decide("r:1", approve, by="bob", level=1).status == "accepted"
    assert inbox.decide("r:1", approve, by="ada", level=0).problem == "this was decided so already by bob"


def test_pending_shows_what_a_person_may_answer_when_roles_are_known(journal: Journal) -> None:
    """By role, by person with the roles of the directory, by run, page by page."""
    waiting(journal, "r", "r:1", "r:2", to=("clerk",))
    waiting(journal, "s", "s:1", to=("manager",))
    waiting(journal, "t", "t:1", to=("ada",))
    waiting(journal, "u", "u:1")
    inbox = Inbox(journal, {"ada": ["clerk"]})
    assert [r.id for r in inbox.pending(person="ada")] == ["r:1", "r:2", "t:1", "u:1"]
    assert [r.id for r in inbox.pending(role="manager")] == ["s:1", "u:1"]
    assert [r.id for r in inbox.pending(run="r", limit=1)] == ["r:1"]
    assert [r.id for r in inbox.pending(limit=2, after="r:2")] == ["s:1", "t:1"]


def test_standing_says_what_has_changed_without_reading_it(journal: Journal) -> None:
    """A level and a vote change it, nothing else does; the order, and who may see what, are those of `pending`."""
    waiting(journal, "s", "s:1", to=("manager",))
    inbox = _escalated(journal)
    waiting(journal, "r2", "r2:1", need=2, deadline=journal.now() + 1000)
    before = {one.id: one for one in inbox.standing()}
    assert [*before] == [one.id for one in inbox.pending()] == ["r2:1", "s:1", "r:1"]
    assert [one.level for one in before.values()] == [0, 0, 1]
    assert inbox.decide("r2:1", approve, by="ada").status == "accepted"
    after = {one.id: one for one in inbox.standing()}
    assert [id for id in after if after[id] != before[id]] == ["r2:1"]
    assert [one.id for one in inbox.standing(role="manager")] == ["r2:1", "s:1", "r:1"]
    assert [one.id for one in inbox.standing(role="clerk")] == ["r2:1"]
    assert [one.id for one in inbox.standing(run="s")] == ["s:1"]


def test_steer_reaches_the_run_when_it_waits(journal: Journal) -> None:
    """A control message from the inbox wakes the run, and says who sent it."""
    waiting(journal)
    assert Inbox(journal).steer("r", "say", "hurry", "ada")
    (claim,) = journal.claim_ready("w2", {"bot"}, 30)
    (control,) = journal.news(claim, []).controls
    assert (control.action, control.text, control.by) == ("say", "hurry", "ada")


@pytest.mark.parametrize(
    "given", [{"request_id": 5}, {"by": None}, {"decision_id": 1}, {"decision": None}, {"decision": 3}]
)
def test_decide_refuses_what_no_person_can_have_typed(journal: Journal, given: dict[str, Any]) -> None:
    """A mistake of a program is told by the name of the argument, and decides nothing."""
    waiting(journal)
    (name,) = given
    with pytest.raises(ConfigError, match=f"{name}="):
        Inbox(journal).decide(**{"request_id": "r:1", "decision": approve, "by": "ada", **given})
    assert [r.id for r in Inbox(journal).pending()] == ["r:1"]


def test_steer_refuses_what_no_run_understands(journal: Journal) -> None:
    """A misspelt action is told, not kept for the run to stumble over."""
    waiting(journal)
    with pytest.raises(ConfigError, match=r"action='puase' is not one of .*did you mean pause"):
        Inbox(journal).steer("r", "puase")
    with pytest.raises(ConfigError, match="what is to be said"):
        Inbox(journal).steer("r", "say", " ")
    assert journal.load("r").info.status == "waiting"


@pytest.mark.parametrize("status", ["done", ("done", "waitng")])
def test_runs_refuses_a_status_that_there_is_not(journal: Journal, status: Any) -> None:
    """The statuses are named; a text in place of several is refused, too."""
    with pytest.raises(ConfigError, match="is not one of"):
        Inbox(journal).runs(status)


@pytest.mark.parametrize("person", ["", " "])
def test_forget_wants_a_name(journal: Journal, person: str) -> None:
    """An empty variable of a script is no person: rows with an empty text are not theirs."""
    waiting(journal)
    with pytest.raises(ConfigError, match="expected the name of a person"):
        Inbox(journal).forget(person)


def test_answer_between_two_levels_is_told_where_the_question_goes(journal: Journal) -> None:
    """Its run has not asked the next level yet; the answer does not count, and somebody does wait for another."""
    waiting(journal, otherwise="it goes to manager")
    inbox = Inbox(journal)
    assert inbox.escalate("r:1", "ada").status == "accepted"
    late = inbox.decide("r:1", approve, by="bob")
    assert (late.status, late.problem) == ("late", "its time was up, or somebody passed it on: it goes to manager")


def test_conversation_of_a_run_inside_that_there_is_not_is_an_error(journal: Journal) -> None:
    """A misspelt name shows no empty conversation."""
    waiting(journal)
    with pytest.raises(JournalError, match="no run 'r/nobody'"):
        Inbox(journal).conversation("r/nobody")
