"""The list of those who wait, and what is decided of several at once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from ....human import Decision, Receipt, approve, reject
from ..desk import Desk
from ..shown import Shown
from ..visit import Answer, Denied, Visit, Visitor

PAGE = 50
_MOST = 200
"""How many are decided at once at most."""


def listed(desk: Desk, visit: Visit, visitor: Visitor) -> Answer:
    """Show who waits, the one that is due first first."""
    who, after = visit.asked("who", "mine"), visit.asked("after")
    found = [desk.shown(s, visitor) for s in desk.pending(visitor, who, PAGE + 1, after)]
    return Answer(
        "list.html",
        {
            "title": "Inbox",
            "requests": found[:PAGE],
            "next": found[PAGE - 1].id if len(found) > PAGE else "",
            "count": f"{PAGE}+" if len(found) > PAGE else str(len(found)),
            "who": who,
            "after": after,
            "roles": _roles(desk, visitor, who, found),
            "decision_id": secrets.token_urlsafe(12),
        },
    )


def _roles(desk: Desk, visitor: Visitor, who: str, found: Sequence[Shown]) -> list[str]:
    """Return the roles that a list can be narrowed to."""
    known = set(desk.people.roles) if desk.people is not None else {name for s in found for name in s.request.to}
    mine = [role for role in visitor.roles if role != "*"]
    others = sorted((known | {who}) - set(mine) - {"all", "mine", visitor.name})
    return [*mine, *others]


def batch(desk: Desk, visit: Visit, visitor: Visitor) -> Answer:
    """Decide several at once, each as if it stood alone; what changed since it was shown is left."""
    desk.access.check_form(visit, visitor)
    chosen = visit.form.get("chosen", ())
    verb = visit.typed("verb")
    if verb not in ("approve", "reject"):
        raise Denied(422, "Several requests can be approved or rejected. Nothing was done.")
    if not 1 <= len(chosen) <= _MOST:
        raise Denied(422, f"Choose between 1 and {_MOST} requests. Nothing was done.")
    decision = approve if verb == "approve" else reject(visit.typed("text").strip())
    results = [_decided(desk, one, decision, visitor, visit.typed("decision_id")) for one in chosen]
    done = sum(receipt.status == "accepted" for _, _, receipt in results)
    return Answer("batch.html", {"title": f"{done} of {len(results)} decided", "results": results, "done": done})


def _decided(desk: Desk, one: str, decision: Decision, visitor: Visitor, name: str) -> tuple[str, str, Receipt]:
    stamp, _, id = one.partition(" ")
    stored = desk.inbox.get(id)
    if stored is None:
        return id, "", Receipt("unknown", "There is no such request.")
    prompt = desk.shown(stored, visitor).request.prompt
    if stored.status == "open" and stamp != desk.stamp(stored.request):
        return id, prompt, Receipt("invalid", "It has changed since it was shown. Look at it again.")
    return id, prompt, desk.decide(stored.request, decision, visitor, f"{name}:{id}")
