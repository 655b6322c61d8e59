"""Events of group chats: who is to speak next, and what groups forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..messages import Message
from .base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChatRunChatEvent(Event):
    """The next speaker of a group was chosen."""

    type: ClassVar[str] = "group_chat_run_chat"

    speaker: str
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChatResumeEvent(Event):
    """A group was given the messages of an earlier conversation."""

    type: ClassVar[str] = "group_chat_resume"

    last_speaker_name: str
    events: Sequence[Message]
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectSpeakerEvent(Event):
    """A person is about to be asked who speaks next."""

    type: ClassVar[str] = "select_speaker"

    agents: tuple[str, ...]
    """From whom they choose, in the order of the numbers, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectSpeakerInvalidInputEvent(Event):
    """What a person typed is none of the numbers."""

    type: ClassVar[str] = "select_speaker_invalid_input"

    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectSpeakerTryCountExceededEvent(Event):
    """A person typed none of the numbers too often: the next speaker is selected without them."""

    type: ClassVar[str] = "select_speaker_try_count_exceeded"

    try_count: int
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerAttempt(Event):
    """A model was asked who speaks next, and answered."""

    type: ClassVar[str] = "speaker_attempt"

    mentions: Mapping[str, int] = field(default_factory=dict[str, int])
    """By name: how often it named each of them."""
    attempt: int = 1
    attempts_left: int = 0
    verbose: bool = False
    """Whether the group asked to have it shown."""

    def _payload(self) -> dict[str, Any]:
        return {**Event._payload(self), "select_speaker_auto_verbose": self.verbose}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerAttemptSuccessfulEvent(SpeakerAttempt):
    """It named one."""

    type: ClassVar[str] = "speaker_attempt_successful"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerAttemptFailedMultipleAgentsEvent(SpeakerAttempt):
    """It named several."""

    type: ClassVar[str] = "speaker_attempt_failed_multiple_agents"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerAttemptFailedNoAgentsEvent(SpeakerAttempt):
    """It named none."""

    type: ClassVar[str] = "speaker_attempt_failed_no_agents"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionMessageEvent(Event):
    """What a model was asked about the next speaker, or what it said. No part of the conversation."""

    type: ClassVar[str] = "selection_message"

    text: str
    sender: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearAgentsHistoryEvent(Event):
    """The members of a group were told to forget messages."""

    type: ClassVar[str] = "clear_agents_history"

    agent_name: str = ""
    """Who forgets; empty: all of them."""
    nr_events_to_preserve: int | None = None
    """How many of the last messages stay; None: none."""

    def _payload(self) -> dict[str, Any]:
        return {"agent": self.agent_name or None, "nr_events_to_preserve": self.nr_events_to_preserve}
