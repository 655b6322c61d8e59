"""What of a request, a run and an answer is shown, secrets hidden."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...duration import spoken
from ...human import Decision, HumanReply, HumanRequest, Verb
from ...journal.base import StoredRequest
from ...oversight.authority import Directory, refusal
from ...redaction import masked, redacted
from ..payload import request_as_json
from .visit import Visitor

LONGEST = 20_000
"""Characters of one value that a page shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One question as a page shows it."""

    stored: StoredRequest
    request: HumanRequest
    """Without its secrets."""
    stamp: str
    """What it was when it was shown: its level and its action."""
    refusal: str
    """Why this visitor may not answer it; empty: they may."""
    arguments: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    """Names and values of what else is known of the action."""
    given: tuple[str, ...]
    """Who has approved already."""
    secrets: tuple[str, ...]
    """What was hidden, to be hidden elsewhere, too."""

    @property
    def id(self) -> str:
        """The request's id."""
        return self.request.id

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.stored.status == "open"

    @property
    def verbs(self) -> tuple[Verb, ...]:
        """What may be decided."""
        return self.request.decisions

    @property
    def batches(self) -> bool:
        """Whether it can be decided together with others: a word is enough."""
        return not self.refusal and bool({"approve", "reject"} & set(self.verbs))

    @property
    def approves_at_once(self) -> bool:
        """Whether a word is enough to approve it."""
        return "approve" in self.verbs and self.request.form is None and not self.request.options

    @property
    def changed(self) -> tuple[tuple[str, str, str], ...]:
        """How it differs from the last one: name, before, now; a line that says something else stands alone."""
        lines = self.request.changed.splitlines()
        return tuple(_difference(line) for line in lines)

    @property
    def outcome(self) -> str:
        """What became of it, in words."""
        return outcome(self.stored)


def shown(stored: StoredRequest, visitor: Visitor, stamp: str, directory: Directory | None = None) -> Shown:
    """Return a question as a visitor sees it.

    Args:
        stored: the question.
        visitor: who looks.
        stamp: what it is shown as.
        directory: the people of its run; None: those of the web inbox decide, as far as it is known here.
    """
    request = stored.request
    given = (*request.given, *(vote.by for vote in stored.votes))
    action: Mapping[str, Any] = request_as_json(request)["action"] or {}
    safe = redacted(request)
    arguments: Mapping[str, Any] = safe.action.arguments if safe.action is not None else {}
    reply = HumanReply(request.id, by=visitor.name, roles=visitor.roles)
    why = refusal(replace(request, given=given), reply, directory) if request.decisions or request.to else ""
    return Shown(stored, safe, stamp, why, table_of(arguments), _facts(action), given, tuple(secrets_of(request)))


def table_of(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return names and values, each value as a text that is not too long."""
    return tuple((str(name), text_of(value)) for name, value in values.items())


def text_of(value: Any) -> str:
    """Return a value as a person reads it: on one line if it is short."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) > 60 and not isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text) - LONGEST} more characters)"


def secrets_of(request: HumanRequest) -> list[str]:
    """Return the texts that a request hides."""
    found: list[str] = []
    if request.action is not None and request.schema is not None:
        masked(request.schema, request.action.arguments, found)
    return found


def outcome(stored: StoredRequest) -> str:
    """Say how a question stands."""
    reply = stored.reply
    match stored.status:
        case "open":
            return "It waits for an answer."
        case "expired":
            return f"Its time was up before anybody answered{_then(stored.request)}."
        case "cancelled":
            return "It was withdrawn: nobody waits for an answer any more."
        case "answered":
            pass
    if reply is None:
        return "It is answered."
    by = f" by {reply.by}" if reply.by else ""
    if reply.decision is None:
        return f"It was answered{by}."
    more = _more(stored.request, reply.decision)
    always = ", for later ones too" if reply.decision.always else ""
    return f"{_DONE[reply.decision.verb]}{by}{always}{f': {more}' if more else ''}"


def _more(request: HumanRequest, decision: Decision) -> str:
    """Return what was decided beside the verb: the reason, what was changed, what stands in its place."""
    if decision.verb == "edit":
        changed = masked(request.schema or {}, decision.arguments, [])
        return ", ".join(f"{name} = {text_of(value)}" for name, value in changed.items())
    return text_of(decision.value) if decision.verb == "respond" else decision.text


_DONE: Mapping[Verb, str] = {
    "approve": "Approved", "edit": "Approved with changes", "reject": "Rejected", "respond": "Answered in its place",
    "revise": "Sent back to be revised", "retry": "Tried again", "stop": "The run was stopped",
}  # fmt: skip


def _then(request: HumanRequest) -> str:
    return f"; then {request.otherwise}" if request.otherwise else ""


def _facts(action: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if not action:
        return ()
    failure = action.get("failure")
    confidence = action.get("confidence")
    facts = [
        ("Kind", action["kind"]),
        ("Proposed by", action["agent"]),
        ("Done by", action["executor"]),
        ("Risk", action["risk"]),
        ("Estimated impact", "" if action["impact"] is None else text_of(action["impact"])),
        ("Confidence", "" if confidence is None else f"{confidence}"),
        ("Failed with", "" if failure is None else f"{failure['type']}: {failure['text']}"),
        ("Tried", f"{action['attempts']} times" if action["attempts"] else ""),
        ("Digest", action["digest"] or ""),
    ]
    return tuple((name, text) for name, text in facts if text)


def _difference(line: str) -> tuple[str, str, str]:
    name, colon, rest = line.partition(": ")
    before, arrow, now = rest.partition(" -> ")
    alone = line.startswith("  ")  # a line of a longer text
    return (name, before, now) if colon and arrow and not alone else (line, "", "")


def who_for(to: Sequence[str]) -> str:
    """Say for whom a question is."""
    return " or ".join(to) or "anybody"


def age(seconds: float) -> str:
    """Say how long ago, in one unit."""
    whole = max(int(seconds), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size} {unit} ago"
    return "just now"


def left(seconds: float) -> str:
    """Say how much time is left."""
    if seconds <= 0:
        return "time is up"
    return spoken(float(int(seconds))) if seconds >= 60 else f"{max(int(seconds), 1)}s"
