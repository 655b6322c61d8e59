"""One question: what is to be known of it, and the answer."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from ....errors import JournalError
from ....human import Decision, Receipt
from ....journal.base import StoredRequest
from ....redaction import scrubbed
from ..desk import Desk
from ..reading import Draft, blank, read
from ..shown import secrets_of
from ..talk import Said, conversation
from ..visit import Answer, Denied, Visit, Visitor, sent_to

AROUND = 40
"""How many things of the conversation stand beside a question."""


def shown(desk: Desk, visit: Visit, visitor: Visitor) -> Answer:
    """Show one question, or what became of it."""
    stored = _stored(desk, visit.asked("id"))
    done = visit.asked("done")
    return _page(desk, stored, visitor, blank(stored.request), done=done if done in ("accepted", "voted") else "")


def answered(desk: Desk, visit: Visit, visitor: Visitor) -> Answer:
    """Take the answer to a question."""
    desk.access.check_form(visit, visitor)
    stored = _stored(desk, visit.typed("id"))
    if stored.status == "open" and visit.typed("stamp") != desk.stamp(stored.request):
        raise Denied(409, "The question has changed since it was shown to you. Nothing was decided; look at it again.")
    if visit.typed("verb") == "escalate":
        return _escalated(desk, stored, visitor)
    answer, draft = read(stored.request, visit)
    if answer is None:
        return _page(desk, stored, visitor, draft, status=422)
    receipt = desk.decide(stored.request, answer, visitor, visit.typed("decision_id"))
    return _after(desk, stored, visitor, draft, receipt, answer)


def _after(
    desk: Desk, stored: StoredRequest, visitor: Visitor, draft: Draft, receipt: Receipt, answer: Decision | str
) -> Answer:
    if receipt.status == "accepted":
        now = desk.inbox.get(stored.id)
        voted = now is not None and now.status == "open"
        return sent_to(address_of(stored.id, done="voted" if voted else "accepted"))
    if receipt.status == "invalid":
        draft.problem = receipt.problem
        return _page(desk, stored, visitor, draft, status=422)
    return what_became(desk, stored, receipt)


def what_became(desk: Desk, stored: StoredRequest, receipt: Receipt) -> Answer:
    """Tell that an answer did not count, and why."""
    stored = desk.inbox.get(stored.id) or stored
    shown = {"title": _TITLES[receipt.status], "receipt": receipt, "id": stored.id, "stored": stored}
    return Answer("receipt.html", shown, status=404 if receipt.status == "unknown" else 409)


_TITLES = {
    "accepted": "Your answer counts",
    "invalid": "This answer does not count",
    "duplicate": "It was decided this way already",
    "conflict": "Somebody else was first",
    "late": "Too late",
    "unknown": "There is no such request",
}


def _escalated(desk: Desk, stored: StoredRequest, visitor: Visitor) -> Answer:
    if desk.shown(stored, visitor).refusal:
        raise Denied(403, "This question is not for you, so you cannot pass it on. Nothing was done.")
    receipt = desk.inbox.escalate(stored.id, visitor.name, level=stored.request.level)
    if receipt.status == "accepted":
        return sent_to(address_of(stored.id))
    return what_became(desk, stored, receipt)


def address_of(id: str, **more: str) -> str:
    """Return the address of a question's page."""
    return "/request?" + urlencode({"id": id, **more}, errors="replace")


def _stored(desk: Desk, id: str) -> StoredRequest:
    stored = desk.inbox.get(id)
    if stored is None:
        raise Denied(404, "There is no such request. It may have been deleted, or the link is not whole.")
    return stored


def _page(
    desk: Desk, stored: StoredRequest, visitor: Visitor, draft: Draft, *, status: int = 200, done: str = ""
) -> Answer:
    one = desk.shown_to_answer(stored, visitor)
    talk, more = around(desk, stored)
    hidden = secrets_of(stored.request)
    return Answer(
        "request.html",
        {
            "title": one.request.prompt[:80] or "Question",
            "one": one,
            "draft": replace(draft, problem=scrubbed(draft.problem, hidden)) if hidden else draft,
            "talk": talk,
            "talk_is_cut": more,
            "done": done,
            "next": _next(desk, stored, visitor) if stored.status != "open" or done else None,
            "decision_id": draft.typed.get("decision_id") or secrets.token_urlsafe(12),
        },
        status=status,
    )


def _next(desk: Desk, stored: StoredRequest, visitor: Visitor) -> Any:
    for other in desk.pending(visitor, "mine", 5):
        one = desk.shown(other, visitor)
        if other.id != stored.id and not one.refusal:
            return one
    return None


def around(desk: Desk, stored: StoredRequest) -> tuple[list[Said], bool]:
    """Return the conversation up to a question, and whether there is more of it."""
    try:
        said = conversation(desk.inbox.conversation(stored.run))
    except JournalError as error:  # damaged: the question can be answered all the same
        return [Said(0, stored.asked, "", "error", f"The conversation cannot be read: {error}")], False
    return said[-AROUND:], len(said) > AROUND
