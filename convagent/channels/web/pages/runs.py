"""The runs: how they stand, what was said, whether the record is whole, and how they are steered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from ....errors import JournalError, JournalUnavailable
from ....events import Event
from ....journal.base import OVER, RunInfo
from ..desk import Desk
from ..talk import Said, conversation, record
from ..visit import Answer, Denied, Visit, Visitor, sent_to

PAGE = 50
LINES = 200
"""How many lines of a conversation stand on one page."""

STEERS = ("pause", "unpause", "say", "stop")


def listed(desk: Desk, visit: Visit, visitor: Visitor) -> Answer:
    """Show the runs, the latest first."""
    found = desk.inbox.journal.runs(limit=PAGE + 1, after=visit.asked("after"))
    return Answer(
        "runs.html",
        {
            "title": "Runs",
            "runs": found[:PAGE],
            "next": found[PAGE - 1].id if len(found) > PAGE else "",
            "over": OVER,
        },
    )


def shown(desk: Desk, visit: Visit, visitor: Visitor) -> Answer:
    """Show what was said in a run."""
    return _run(desk, visit, visitor, "run.html", conversation)


def audited(desk: Desk, visit: Visit, visitor: Visitor) -> Answer:
    """Show every event of a run, and whether the record is as it was written."""
    return _run(desk, visit, visitor, "audit.html", record)


def _run(
    desk: Desk, visit: Visit, visitor: Visitor, page: str, tell: Callable[[Sequence[Event]], list[Said]]
) -> Answer:
    id = visit.asked("id")
    info, events, problem = _read(desk, id)
    said = tell(events)
    end = _number(visit.asked("end"), len(said))
    return Answer(
        page,
        {
            "title": f"Run {id}",
            "id": id,
            "info": info,
            "over": OVER,
            "problem": problem,
            "said": said[max(end - LINES, 0) : end],
            "earlier": end - LINES if end > LINES else 0,
            "later": min(end + LINES, len(said)) if end < len(said) else 0,
            "open": [desk.shown(s, visitor) for s in desk.inbox.pending(run=id, limit=20)],
            "steers": desk.steers(visitor),
            "done": visit.asked("done"),
            "verdict": desk.inbox.verify(id.partition("/")[0]) if page == "audit.html" else None,
        },
    )


def _read(desk: Desk, id: str) -> tuple[RunInfo | None, list[Event], str]:
    """Return a run as it stands, its events, and what is wrong with them; reading goes through the chain."""
    journal, root = desk.inbox.journal, id.partition("/")[0]
    try:
        journal.spec(root)
    except JournalUnavailable:
        raise
    except JournalError:
        raise Denied(404, "There is no such run. It may have been deleted, or the link is not whole.") from None
    try:
        return journal.load(root).info, desk.inbox.conversation(id), ""
    except JournalUnavailable:
        raise
    except JournalError as damaged:
        return None, [], str(damaged)


def _number(text: str, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 10 else most


def steered(desk: Desk, visit: Visit, visitor: Visitor) -> Answer:
    """Pause, unpause, stop a run, or say something in it."""
    desk.access.check_form(visit, visitor)
    id, action, text = visit.typed("id"), visit.typed("action"), visit.typed("text").strip()
    if not desk.steers(visitor):
        roles = " or ".join(sorted(desk.operators)) or "nobody"
        raise Denied(403, f"Runs are steered by {roles}, and you are not. Nothing was done.")
    if action not in STEERS:
        raise Denied(422, "A run can be paused, unpaused, stopped, or something can be said in it. Nothing was done.")
    if action == "say" and not text:
        raise Denied(422, "There is nothing to say: the text was empty.")
    if not desk.inbox.steer(id, action, text, visitor.name):
        raise Denied(409, "This run is over, or there is none of this name. Nothing was done.")
    return sent_to("/run?" + urlencode({"id": id, "done": action}, errors="replace"))
