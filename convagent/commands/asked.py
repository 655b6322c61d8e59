"""A question as the commands print it: in a line, in full, as JSON. Secrets are hidden."""

from __future__ import annotations

import json
from typing import Any

from .._screen import visible
from ..channels.payload import request_as_json
from ..human import HumanReply, HumanRequest
from ..journal.base import StoredRequest
from ..observers.card import WIDTH, card, in_one_line
from ..redaction import redacted
from ..transcript.decisions import through
from .tables import ago, at, span


def in_short(stored: StoredRequest, now: float) -> tuple[str, ...]:
    """Return id, age, time left, for whom, and the question, as cells of a table."""
    request = stored.request
    due = "-" if request.deadline is None else _due(request.deadline - now)
    given = f" ({len(_given(stored))} of {request.need} approved)" if request.need > 1 else ""
    to = " or ".join(request.to) or "anybody"
    return stored.id, ago(now - stored.asked), due, visible(to) + given, in_one_line(redacted(request))


def _due(left: float) -> str:
    return f"in {span(left)}" if left > 0 else "overdue"


def _given(stored: StoredRequest) -> tuple[str, ...]:
    return (*stored.request.given, *(vote.by for vote in stored.votes))


def settled_in_short(stored: StoredRequest) -> str:
    """Say in a line what became of a question."""
    return visible(f"{_became(stored)}  {stored.id}  {in_one_line(redacted(stored.request))}")


def _became(stored: StoredRequest) -> str:
    reply = stored.reply
    if stored.status != "answered" or reply is None:
        return stored.status
    who = through(reply.by, reply.channel)
    return f"answered{f' by {who}' if who else ''}: {_said(stored, reply)}"


def _said(stored: StoredRequest, reply: HumanReply) -> str:
    if reply.decision is not None:
        return _decision(stored, reply)
    return "(hidden)" if stored.request.password else repr(reply.text)


def _decision(stored: StoredRequest, reply: HumanReply) -> str:
    decision = reply.decision
    assert decision is not None
    hides = stored.request.schema is not None and redacted(stored.request) is not stored.request
    if decision.arguments and not hides:
        return f"{decision.verb} {', '.join(f'{name}={value!r}' for name, value in decision.arguments.items())}"
    if decision.value is not None and stored.request.form is None:
        return f"{decision.verb} {decision.value!r}"
    return str(decision)


def told(stored: StoredRequest, now: float) -> str:
    """Return a question in full, and how it is answered."""
    request = redacted(stored.request)
    lines = [
        f"request {stored.id} of run {stored.run}, asked {ago(now - stored.asked)} ({at(stored.asked)}): "
        + (f"{stored.status}" if stored.status == "open" else _became(stored))
    ]
    lines += [f"before: level {past.get('level')} was {past.get('status')}" for past in stored.history]
    if request.decisions:
        lines.append(card(request).rstrip("\n"))
    else:
        lines += ["-" * WIDTH, visible(request.prompt) or "(a question without words)"]
        lines += [f"  {line}" for line in visible(request.preview).splitlines()]
        lines += [f"For {' or '.join(request.to)}."] if request.to else []
        lines.append(_may_say(request))
    lines += [f"Approved by {visible(vote.by)} already." for vote in stored.votes]
    if stored.status == "open" and request.deadline is not None:
        lines.append(f"Due: {at(request.deadline)}, {_due(request.deadline - now)}.")
    if stored.status == "open":
        word = "approve" if "approve" in request.decisions else "TEXT"
        level = f" --level {request.level}" if request.otherwise or request.level else ""
        lines.append(f"To answer: convagent inbox answer {stored.id} {word} --by NAME{level}")
    return "\n".join(visible(line) for line in lines)


def _may_say(request: HumanRequest) -> str:
    """Say what answers a question for a text takes."""
    if request.moment != "speak":
        return "Answer: any text."
    return f"Answer: your message, or by itself {' or '.join(request.choices)}."


def as_json(stored: StoredRequest) -> dict[str, Any]:
    """Return a question as JSON values: what the webhook sends of it, and how it stands."""
    return {
        **request_as_json(stored.request),
        "run": stored.run,
        "root": stored.root,
        "status": stored.status,
        "asked": stored.asked,
        "decided": stored.decided,
        "answer": _answer(stored),
        "history": json.loads(json.dumps(list(stored.history), default=dict)),
    }


def _answer(stored: StoredRequest) -> dict[str, Any] | None:
    reply = stored.reply
    if reply is None:
        return None
    return {
        "by": reply.by,
        "channel": reply.channel,
        "authenticated": reply.authenticated,
        "verb": None if reply.decision is None else reply.decision.verb,
        "text": _said(stored, reply),
    }
