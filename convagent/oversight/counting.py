"""Which answer to a question counts: the last approval that was missing, one of several, or one that comes too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..human import Decision, HumanReply, HumanRequest, Receipt


def given(request: HumanRequest, votes: Sequence[HumanReply]) -> tuple[str, ...]:
    """Return who has approved so far."""
    return (*request.given, *(vote.by for vote in votes))


def missing(request: HumanRequest, votes: Sequence[HumanReply]) -> int:
    """Return how many more have to approve."""
    return request.need - len(given(request, votes))


def as_it_stands(request: HumanRequest, votes: Sequence[HumanReply]) -> HumanRequest:
    """Return a request as the next answer meets it, after these approvals."""
    return replace(request, given=given(request, votes)) if votes else request


def is_vote(request: HumanRequest, votes: Sequence[HumanReply], decision: Decision | None) -> bool:
    """Return whether a decision is an approval to which others must agree."""
    return decision is not None and decision.verb == "approve" and missing(request, votes) > 1


def voted(left: int) -> Receipt:
    """Say what became of an approval after which some more are missing."""
    return Receipt("accepted", f"approved; {left} more must" if left > 1 else "approved; one more must", left)


def outdated(request: HumanRequest, level: int | None) -> Receipt | None:
    """Say what becomes of an answer to a question that was read at another level.

    Args:
        request: the question as it stands.
        level: that at which it was read; None: nobody says.

    Returns:
        None: it is the level of now.
    """
    if level is None or level == request.level:
        return None
    if level > request.level:
        return Receipt("invalid", f"the question stands at level {request.level}; level {level} is yet to come")
    who = " or ".join(request.to) or "anybody"
    return Receipt("late", f"it was escalated to {who} meanwhile; this is an answer to the question as it stood before")


def too_late(request: HumanRequest, settled: HumanReply | None, decision: Decision | None) -> Receipt:
    """Say what becomes of an answer to a question that is open no more.

    Args:
        request: the question.
        settled: the answer that counted; None: none did.
        decision: what the late one decides; None: it is a text, or cannot be read.
    """
    if settled is None:
        return Receipt("late", "nobody waits for this answer any more")
    if settled.decision is None and not request.decisions:
        return Receipt("late", "that question is answered already")
    who = f" by {settled.by}" if settled.by else ""
    if decision == settled.decision:
        return Receipt("duplicate", f"this was decided so already{who}")
    return Receipt("conflict", f"this was decided already{who}: {settled.decision}")
