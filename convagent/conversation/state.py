"""The state of a conversation: a fold over its events."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..agent import Agent, Participant
from ..events import Event, InputReplyEvent, MessageEvent, TerminationEvent
from .thread import Thread


@dataclass(slots=True)
class ConversationState:
    """What a two-party conversation has come to. Changed by `apply` alone."""

    initiator: Participant
    recipient: Participant
    thread: Thread
    max_turns: int | None = None
    """Round trips at most; None: until somebody ends it."""

    opened: bool = False
    """Whether the opening message was sent."""
    owes: Participant | None = None
    """Who has to reply to the last message; None: nobody."""
    sent: int = 0
    """Messages that went from one to the other."""
    rounds: int = 0
    """Messages that the initiator sent."""
    last_speaker: str = ""
    """Who sent the last message."""
    auto_replies: list[int] = field(default_factory=lambda: [0, 0])
    """By side (initiator, recipient): replies in a row without a person."""
    answers: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """By agent: what people typed for it."""
    deaf: set[int] = field(default_factory=set[int])
    """Sides that were told not to reply to what they receive."""
    reason: str = ""
    """Why it ended, as told by the last termination."""

    def other(self, agent: Agent) -> Participant:
        """Return the one it talks with."""
        return self.recipient if agent is self.initiator else self.initiator

    def side(self, agent: Agent) -> int:
        """Return 0 for the initiator, 1 for the other."""
        return 0 if agent is self.initiator else 1

    def apply(self, event: Event) -> None:
        """Fold one event in."""
        if isinstance(event, MessageEvent):
            if event.inner:
                return
            self.opened = True
            self.sent += 1
            self.last_speaker = event.sender
            if event.by:
                return  # nobody's turn is used up by it
            if event.side == 0:
                self.rounds += 1
            self.auto_replies[event.side] = event.auto_replies
        elif isinstance(event, TerminationEvent):
            self.reason = event.termination_reason
        elif isinstance(event, InputReplyEvent):
            if not event.reply.end_of_input and event.agent:
                self.answers.setdefault(event.agent, []).append(event.reply.text)
