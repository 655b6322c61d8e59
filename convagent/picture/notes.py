"""What a picture says of events that are no arrow: the facts that a console has a sentence for, or their own fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..duration import spoken
from ..events import (
    ClearAgentsHistoryEvent,
    ClearConversableAgentHistoryEvent,
    ConfidenceEvent,
    Event,
    GroupChatResumeEvent,
    MergedEvent,
    ModelCallStarted,
    ModelFallbackEvent,
    ModelRetryEvent,
    PassedEvent,
    PlanEvent,
    PlanProgressEvent,
    PostCarryoverProcessingEvent,
    PrintEvent,
    ReviewedEvent,
    RulingEvent,
    SelectionMessageEvent,
    SelectSpeakerEvent,
    SelectSpeakerInvalidInputEvent,
    SelectSpeakerTryCountExceededEvent,
    SpeakerAttemptFailedMultipleAgentsEvent,
    SpeakerAttemptFailedNoAgentsEvent,
    SpeakerAttemptSuccessfulEvent,
    TerminationAndHumanReplyNoInputEvent,
    UsageSummaryEvent,
    UsingAutoReplyEvent,
)
from ..serde import Record, write_body
from ..transcript.decisions import FACTS
from .value import Mood

Note = tuple[str, str, Mood]
"""A word or two, the text, and whether it is good or bad."""

UNSAID = (
    ModelCallStarted,
    PostCarryoverProcessingEvent,
    SelectSpeakerEvent,
    SelectionMessageEvent,
    SpeakerAttemptSuccessfulEvent,
    TerminationAndHumanReplyNoInputEvent,
    UsageSummaryEvent,
    UsingAutoReplyEvent,
)
"""What another event says, too, or only a console wants to know."""


def note(event: Event) -> Note | None:
    """Return what is said of an event; None: nothing worth a line."""
    say = _NOTES.get(type(event))
    if say is not None:
        return say(event)
    fact = FACTS.get(type(event))
    if fact is not None:
        text = fact(event)
        return (event.type.replace("_", " "), text, _MOODS.get(event.type, "")) if text else None
    return _by_its_fields(event)


def _by_its_fields(event: Event) -> Note:
    own: dict[str, Any] = json.loads(write_body(event))
    kind = event.kind if isinstance(event, Record) else event.type
    lines = [f"{name}={_plain(item)}" for name, item in own.items() if name not in ("v", "type", "agent")]
    return kind.replace("_", " "), "\n".join(lines), "quiet"


def _plain(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def _by(name: str) -> str:
    return f" by {name}" if name else ""


def _ruled(event: RulingEvent) -> Note | None:
    text = FACTS[RulingEvent](event)
    return ("denied", text, "bad") if text else None


def _reviewed(event: ReviewedEvent) -> Note:
    head = f"round {event.round}: {event.verdict}{_by(event.by)}"
    return head, event.reason or event.result or event.draft, "good" if event.verdict == "approve" else "bad"


def _merged(event: MergedEvent) -> Note:
    failed = f"\n\nwithout {', '.join(event.failed)}" if event.failed else ""
    return f"merged{_by(event.by)} from {', '.join(event.sources)}", event.text + failed, "good"


def _plan(event: PlanEvent) -> Note:
    return f"plan {event.number}{_by(event.by)}", f"{event.plan}\n\n{event.facts}".strip(), ""


def _progress(event: PlanProgressEvent) -> Note:
    if event.satisfied:
        return "the task is done", event.reason, "good"
    stalls = f", {event.stalls} steps brought nothing" if event.stalls else ""
    return f"{event.speaker} is next{stalls}", event.instruction or event.reason, "bad" if event.stalls else "quiet"


_MOODS: Mapping[str, Mood] = {"answer_refused": "bad", "channel_failed": "bad", "grant": "good"}

_NOTES: Mapping[type[Event], Callable[[Any], Note | None]] = {
    ClearAgentsHistoryEvent: lambda e: ("forgets", e.agent_name or "all members", "quiet"),
    ClearConversableAgentHistoryEvent: lambda e: ("forgets", f"{e.no_events_preserved} messages are kept", "quiet"),
    ConfidenceEvent: lambda e: ("confidence", f"{e.value} by {e.source}{f': {e.reason}' if e.reason else ''}", "quiet"),
    GroupChatResumeEvent: lambda e: ("goes on", f"after {len(e.events)} messages of an earlier conversation", "quiet"),
    MergedEvent: _merged,
    ModelFallbackEvent: lambda e: (f"{e.model} failed", f"the next model is tried: {e.error}", "bad"),
    ModelRetryEvent: lambda e: (f"{e.model} {e.reason}", f"tried again after {spoken(round(e.seconds, 1))}", "bad"),
    PassedEvent: lambda e: ("passes", e.reason, "quiet"),
    PlanEvent: _plan,
    PlanProgressEvent: _progress,
    PrintEvent: lambda e: ("prints", e.sep.join(map(str, e.objects)), "quiet"),
    ReviewedEvent: _reviewed,
    RulingEvent: _ruled,
    SelectSpeakerInvalidInputEvent: lambda e: ("asked again", "what was typed is none of the numbers", "bad"),
    SelectSpeakerTryCountExceededEvent: lambda e: ("given up", f"after {e.try_count} tries", "bad"),
    SpeakerAttemptFailedMultipleAgentsEvent: lambda e: ("names several", ", ".join(e.mentions), "bad"),
    SpeakerAttemptFailedNoAgentsEvent: lambda e: ("names nobody", f"{e.attempts_left} attempts left", "bad"),
}
