"""How the events of group chats look, to the character."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from ..events import (
    ClearAgentsHistoryEvent,
    GroupChatResumeEvent,
    GroupChatRunChatEvent,
    SelectionMessageEvent,
    SelectSpeakerEvent,
    SelectSpeakerInvalidInputEvent,
    SelectSpeakerTryCountExceededEvent,
    SpeakerAttempt,
    SpeakerAttemptFailedMultipleAgentsEvent,
    SpeakerAttemptFailedNoAgentsEvent,
    SpeakerAttemptSuccessfulEvent,
)

Spans = Iterator[tuple[str, Literal["", "yellow", "red", "green"]]]


def _next_speaker(event: GroupChatRunChatEvent) -> Spans:
    if not event.silent:
        yield f"\nNext speaker: {event.speaker}\n", "green"
        yield "\n", ""


def _resume(event: GroupChatResumeEvent) -> Spans:
    if not event.silent:
        yield f"Prepared group chat with {len(event.events)} events, the last speaker is ", ""
        yield event.last_speaker_name, "yellow"
        yield "\n", ""


def _select(event: SelectSpeakerEvent) -> Spans:
    yield "Please select the next speaker from the following list:\n", ""
    for number, name in enumerate(event.agents, 1):
        yield f"{number}: {name}\n", ""


def _invalid(event: SelectSpeakerInvalidInputEvent) -> Spans:
    yield f"Invalid input. Please enter a number between 1 and {len(event.agents)}.\n", ""


def _exceeded(event: SelectSpeakerTryCountExceededEvent) -> Spans:
    yield f"You have tried {event.try_count} times. The next speaker will be selected automatically.\n", ""


def _named_one(event: SpeakerAttemptSuccessfulEvent) -> Spans:
    return _attempt(event, f"{_of_all(event)} successfully selected: {next(iter(event.mentions))}", "green")


def _named_several(event: SpeakerAttemptFailedMultipleAgentsEvent) -> Spans:
    return _attempt(event, f"{_of_all(event)} failed as it included multiple agent names.", "red")


def _named_none(event: SpeakerAttemptFailedNoAgentsEvent) -> Spans:
    return _attempt(event, f"#{event.attempt} failed as it did not include any agent names.", "red")


def _attempt(event: SpeakerAttempt, what: str, paint: Literal["red", "green"]) -> Spans:
    if event.verbose:
        yield f">>>>>>>> Select speaker attempt {what}", paint
        yield "\n", ""


def _of_all(event: SpeakerAttempt) -> str:
    return f"{event.attempt} of {event.attempt + event.attempts_left}"


def _selection(event: SelectionMessageEvent) -> Spans:
    yield event.sender, "yellow"
    yield f" (to {event.recipient}):\n\n{event.text}\n\n{'-' * 80}\n", ""


def _cleared(event: ClearAgentsHistoryEvent) -> Spans:
    keep = f" except last {event.nr_events_to_preserve} events" if event.nr_events_to_preserve else ""
    yield f"Clearing history for {event.agent_name or 'all agents'}{keep}.\n", ""


GROUPS: Mapping[type, Callable[[Any], Spans]] = {
    GroupChatRunChatEvent: _next_speaker,
    GroupChatResumeEvent: _resume,
    SelectSpeakerEvent: _select,
    SelectSpeakerInvalidInputEvent: _invalid,
    SelectSpeakerTryCountExceededEvent: _exceeded,
    SpeakerAttemptSuccessfulEvent: _named_one,
    SpeakerAttemptFailedMultipleAgentsEvent: _named_several,
    SpeakerAttemptFailedNoAgentsEvent: _named_none,
    SelectionMessageEvent: _selection,
    ClearAgentsHistoryEvent: _cleared,
}
