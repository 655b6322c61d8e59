"""The code changes while runs wait, and what comes in is hostile: only what was approved is done."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from convagent import ConversableAgent, approve, ask, tool
from convagent.agents.chat import Chat
from convagent.agents.durable import resume
from convagent.agents.specification import spec_of
from convagent.human import respond
from convagent.journal import Inbox
from convagent.journal.base import Batch, Journal, NewRow
from convagent.testing import ScriptedModel
from tests.durable.mortal import Ledger, enqueue_in, work_in
from tests.durable.places import Place
from tests.durable.teams import Desk, begin, call, decide, pending, status, work


def desk_whose_refund(paid: list[Any], currency: str) -> list[ConversableAgent]:
    """Return a desk whose tool fills in a currency, which a deploy may change."""

    def refund(customer: str, amount: float, currency: str = currency) -> str:
        """Pay."""
        paid.append((customer, amount, currency))
        return "paid"

    model = ScriptedModel([[call("refund", customer="Bob", amount=250)], "Done."])
    desk = ConversableAgent("desk", llm_config=model, tools=[tool(refund, approval=ask("clerk"))])
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


def test_approval_does_not_hold_when_a_deploy_changed_what_would_be_done(journal: Journal) -> None:
    """250 EUR were approved; the new code would pay 250 USD: that is asked anew."""
    paid: list[Any] = []
    old, new = partial(desk_whose_refund, paid, "EUR"), partial(desk_whose_refund, paid, "USD")
    begin(journal, old)
    work(journal, old)
    first = pending(journal)
    assert decide(journal, approve) == "accepted"
    work(journal, new)
    second = pending(journal)
    assert (paid, status(journal), second.id != first.id) == ([], "waiting", True)
    assert second.request.action is not None
    assert second.request.action.arguments["currency"] == "USD"
    assert decide(journal, approve) == "accepted"
    work(journal, new)
    assert (paid, status(journal)) == ([("Bob", 250, "USD")], "done")


def test_run_waits_for_its_agents_when_a_deploy_has_lost_one(journal: Journal) -> None:
    """No worker takes it that does not know them all; it goes on as soon as one does."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    decide(journal, approve)
    work(journal, desk.agents, knows=["desk"])
    assert (status(journal), desk.paid) == ("ready", [("Ada", 40)])
    work(journal, desk.agents)
    assert (status(journal), desk.paid) == ("done", [("Ada", 40), ("Bob", 250)])


@pytest.mark.parametrize("what", ["an event of a later version", "a specification of a later version"])
def test_run_is_blocked_when_it_was_written_by_another_convagent(place: Place, tmp_path: Path, what: str) -> None:
    """It says so, touches nothing, and the others go on."""
    journal, ledger = place.open(), Ledger(tmp_path / "ledger")
    claim = journal.begin("later", later_spec(what), ["customer", "desk"], "w", 60.0)
    body = json.dumps({"v": 99, "type": "thought_transferred", "to": "desk"})
    journal.append(claim, Batch(rows=[NewRow("later", 1, "1/x", 1.0, body)], turns={"later": 1}, status="ready"))
    enqueue_in(place.target, ledger, "now")
    work_in(place.target, ledger)
    states = {info.id: info for info in journal.runs()}
    assert states["now"].status == "waiting"
    assert states["later"].status == "blocked", states["later"]
    assert "convagent" in states["later"].reason


def later_spec(what: str) -> dict[str, Any]:
    desk, customer = Desk().agents()
    spec = spec_of(Chat(customer, desk, "pay"), None)
    return {**spec, "v": 99} if "specification" in what else spec


def test_paused_runs_take_no_slot_of_a_worker(journal: Journal) -> None:
    """A worker with one slot parks fifty runs, and still moves the next."""
    desk = Desk()
    for n in range(50):
        begin(journal, desk.agents, f"r{n}")
    work(journal, desk.agents, slots=1)
    assert {info.status for info in journal.runs(limit=60)} == {"waiting"}
    free = Desk(script=("Hello.",))
    begin(journal, free.agents, "free")
    work(journal, free.agents, slots=1)
    assert status(journal, "free") == "done"


# ---------------------------------------------------------------- hostile payloads

PAYLOADS = {
    "10 MB": "x" * 10_000_000,
    "NUL": "a\x00b",
    "half of a pair": "a\ud800b\udfff",
    "controls": "".join(map(chr, range(32))) + "\x7f\x9b\u202e",
    "markup": "<script>alert(1)</script>' OR 1=1; DROP TABLE events; -- {{7*7}} %s ? \\u0000",
    "deep": "[" * 5000,
    "erased": '{"erased": "digest"}',
    "a reference": "sha256:" + "0" * 64,
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_comes_through_a_whole_run_as_it_was(journal: Journal, name: str) -> None:
    """As a message, an argument, a result and an answer, through parking, another process and the end."""
    text = PAYLOADS[name]
    desk = Desk(script=([call("refund", customer=text, amount=250)], "It is done."))
    begin(journal, desk.agents, message=text, silent=True)
    work(journal, desk.agents)
    assert decide(journal, approve) == "accepted"
    work(journal, desk.agents)
    assert (status(journal), desk.paid) == ("done", [(text, 250)])
    history = resume(journal, "run", desk.agents()).result.chat_history
    assert [m["content"] for m in history] == [text, "It is done."]


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_answer_is_kept_or_refused(journal: Journal, name: str) -> None:
    """As a text it is no decision; as a result that a person enters it is kept as it is."""
    text, desk = PAYLOADS[name], Desk(script=([call("refund", customer="Bob", amount=250)], "It is done."))
    begin(journal, desk.agents)
    work(journal, desk.agents)
    inbox, request = Inbox(journal), pending(journal).id
    assert inbox.decide(request, text, by=text).status == "invalid"
    assert inbox.decide(text, approve, by=text, decision_id=text).status == "unknown"
    assert inbox.decide(request, respond(text), by="ann", decision_id=text).status == "accepted"
    assert inbox.decide(request, respond(text), by="ann", decision_id=text).status == "duplicate"
    work(journal, desk.agents)
    assert (status(journal), desk.paid) == ("done", [])


def test_bytes_are_refused_and_never_unpickled(place: Place, tmp_path: Path) -> None:
    """What a tool returns is text or JSON; a pickle that stands in a table is damage, not code."""
    bomb = pickle.dumps(Bomb(tmp_path / "exploded"))

    def export(customer: str) -> Any:
        """Return bytes."""
        return bomb

    journal = place.open()
    desk = Desk(script=([call("export", customer="Bob")], "It is done."), tools=[tool(export)])
    begin(journal, desk.agents)
    work(journal, desk.agents)
    assert status(journal) == "done"
    ledger = Ledger(tmp_path / "ledger")
    enqueue_in(place.target, ledger, "second")
    place.change("UPDATE runs SET spec = ? WHERE id = 'second'", bomb.hex())
    work_in(place.target, ledger)
    assert status_of(journal, "second") == "blocked"
    assert not (tmp_path / "exploded").exists()


class Bomb:
    """Something that does harm when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, Sequence[Any]]:
        return os.mkdir, (str(self.path),)


def status_of(journal: Journal, run: str) -> str:
    """Return the status of a run that may be damaged."""
    return next(info.status for info in journal.runs() if info.id == run)
