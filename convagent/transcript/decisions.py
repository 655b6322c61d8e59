"""What policies and people decided, as one sentence a fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from shlex import quote
from typing import Any

from ..action import Action
from ..duration import spoken
from ..events import (
    AnswerRefusedEvent,
    ChannelFailedEvent,
    DecidedEvent,
    EscalatedEvent,
    GrantEvent,
    GrantRevokedEvent,
    InputReplyEvent,
    RulingEvent,
)
from ..human import HumanRequest


def decided(event: InputReplyEvent, action: Action | None) -> str:
    """Say what a person decided about an action, and how long it took them; empty if it was no decision."""
    reply, what = event.reply, subject(action)
    if reply.end_of_input:
        who = through(reply.by, reply.channel)
        return f"{what}: {who} cannot answer any more" if who else f"{what}: nobody can answer any more"
    if reply.decision is None:
        return ""
    who = through(reply.by, reply.channel)
    done = DONE[reply.decision.verb] + (f" by {who}" if who else "")
    if not event.settled:
        return f"{what}: {done}; more people have to"
    took = f" after {spoken(round(event.seconds, 1 if event.seconds < 60 else 0))}" if event.seconds >= 1 else ""
    return f"{what}: {done}{took}" + (f": {reply.decision.text}" if reply.decision.text else "")


DONE: Mapping[str, str] = {
    "approve": "approved",
    "edit": "changed",
    "reject": "rejected",
    "respond": "answered in its place",
    "revise": "sent back",
    "retry": "tried again",
    "stop": "stopped",
}
"""What a decision did, by its verb."""


def subject(action: Action | None) -> str:
    """Return what a decision is about, in a word or two."""
    if action is None:
        return "question"
    if action.kind == "tool":
        return action.name
    if action.kind in ("plan", "finish"):
        return action.name  # the plan, the answer: there is one at a time
    return {"reply": "reply to ", "error": "failure of "}.get(action.kind, f"{action.kind} ") + action.name


def through(by: str, channel: str) -> str:
    """Return who answered and where."""
    return f"{by} ({channel})" if by and channel else by or channel


def command_to_answer(request: HumanRequest, journal: str) -> str:
    """Return the command that answers a question from anywhere else, wherever it is kept."""
    word = "approve" if "approve" in request.decisions else "TEXT"
    return f"convagent inbox answer {request.id} {word} --by NAME --journal {quote(journal)}"


def _escalated(event: EscalatedEvent) -> str:
    asked = event.request
    what, who = subject(asked.action), " or ".join(asked.to) or "anybody"
    if event.why == "time is up":
        return f"{what}: {who} did not answer in {spoken(asked.within or 0)}; {event.to}"
    who = f"{asked.need} of {who}" if asked.need > 1 else who
    # Where nothing follows, not reaching anybody is no denial: it ends the run.
    return f"{what}: {who} cannot be reached; {'the run ends' if event.to == 'it is denied' else event.to}"


def _ruling(event: RulingEvent) -> str:
    if event.ruling != "deny":
        return ""
    return f"{subject(event.action)}: denied by its rules" + (f": {event.reason}" if event.reason else "")


def _decided(event: DecidedEvent) -> str:
    # What people decided stands in their replies.
    return f'{subject(event.action)}: approved by an earlier "always"' if event.grants and not event.by else ""


def _answer_refused(event: AnswerRefusedEvent) -> str:
    who = through(event.by, event.channel)
    return f"refused answer{f' of {who}' if who else ''}: {event.problem}"


def _granted(event: GrantEvent) -> str:
    given = event.grant
    where = "with exactly these arguments" if given.scope == "exact" else f"where {given.because}"
    return f"{given.name}: from now on approved by {given.by or 'a person'} {where}"


def _revoked(event: GrantRevokedEvent) -> str:
    return f'an "always" holds no more{f" by {event.by}" if event.by else ""}: {event.why}'


def _channel_failed(event: ChannelFailedEvent) -> str:
    return f"channel {event.channel} failed: {event.error}"


FACTS: Mapping[type, Callable[[Any], str]] = {
    RulingEvent: _ruling,
    DecidedEvent: _decided,
    EscalatedEvent: _escalated,
    AnswerRefusedEvent: _answer_refused,
    GrantEvent: _granted,
    GrantRevokedEvent: _revoked,
    ChannelFailedEvent: _channel_failed,
}
"""Facts that need no more than their event. Empty: nothing worth a line."""
