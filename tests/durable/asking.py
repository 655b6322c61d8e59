"""What the tests of the journal write: rows, questions and answers made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from convagent.events import InputRequestEvent
from convagent.human import Decision, HumanReply, HumanRequest, approve
from convagent.journal import Batch, Claim, NewRequest, NewRow
from convagent.journal.base import Journal
from convagent.serde import write_body

LEASE = 30.0


def row(run: str, seq: int, text: str = "hello", key: str = "") -> NewRow:
    """Return a row that holds a text."""
    body = json.dumps({"v": 1, "type": "step", "value": text}, separators=(",", ":"))
    return NewRow(run, seq, key or f"1/say#{seq}", 1700000000.0 + seq / 7, body)


def question(id: str, **more: Any) -> HumanRequest:
    """Return a question that takes a decision."""
    return HumanRequest(id, "Pay?", "bot", **{"moment": "decision", "decisions": ("approve", "reject"), **more})


def asked(id: str, **more: Any) -> NewRequest:
    """Return a question of the run that its id names."""
    return NewRequest(id.rpartition(":")[0], f"1/ask#{id}", question(id, **more))


def told(id: str, seq: int, **more: Any) -> tuple[NewRow, NewRequest]:
    """Return a question with the row that tells of it and holds it."""
    new = asked(id, **more)
    event = InputRequestEvent(request=new.request, agent=new.request.agent)
    row = NewRow(new.run, seq, f"1/{id}/{new.request.level}", 1700000000.0, write_body(event))
    return row, replace(new, told=row.key)


def yes(id: str, by: str = "ada") -> HumanReply:
    """Return an approval."""
    return answer(id, approve, by)


def answer(id: str, decision: Decision, by: str = "ada") -> HumanReply:
    """Return an answer."""
    return HumanReply(id, decision=decision, by=by, channel="inbox")


def begin(journal: Journal, run: str = "r", worker: str = "w", agents: tuple[str, ...] = ("bot",)) -> Claim:
    """Begin a run."""
    return journal.begin(run, {"is": "chat", "people": None}, agents, worker, LEASE)


def waiting(journal: Journal, run: str = "r", *ids: str, wake: float | None = None, **more: Any) -> Claim:
    """Begin a run and let it wait for answers to these questions, or to one called `run:1`."""
    claim = begin(journal, run)
    requests = [asked(id, **more) for id in ids or (f"{run}:1",)]
    assert journal.append(claim, Batch(rows=[row(run, 1)], requests=requests, status="waiting", wake=wake))
    return claim
