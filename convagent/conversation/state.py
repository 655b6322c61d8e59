"""The state of a conversation: a fold over its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..agent import Agent, Ending, Participant
from ..events import (
    DecidedEvent,
    Event,
    GrantEvent,
    GrantRevokedEvent,
    InputReplyEvent,
    MessageEvent,
    TerminationEvent,
)
from ..human import Grant, HumanReply, words_of
from ..messages import Message, content_text
from .thread import Thread


class Stopped(Exception):
    """Somebody outside stopped the run. The loop ends for it; code that swallows it meets it again."""

    def __init__(self, reason: str, how: Ending = "stopped") -> None:
        super().__init__(reason)
        self.reason = reason
        self.how: Ending = how


@dataclass(slots=True)
class ConversationState:
    """What a two-party conversation has come to. Changed by `apply` alone."""

    tells_silence: ClassVar[bool] = False
    """Whether an agent without a reply ends it by a termination, and not by saying nothing."""

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
    """By side (initiator, recipient, others): replies in a row without a person."""
    answers: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """By agent: what people typed for it."""
    typed: dict[str, HumanReply] = field(default_factory=dict[str, HumanReply])
    """By agent: what a person answered for it last."""
    written: dict[str, str] | None = None
    """By text: the person who typed it here, or in a conversation inside whose outcome was said here."""
    inside: dict[str, str] | None = None
    """By text: the person who typed it in a conversation inside. Found out anew by the turn that holds that one."""
    deaf: frozenset[int] = frozenset()
    """Sides that were told not to reply to what they receive."""
    reason: str = ""
    """Why it ended, as told by the last termination."""
    how: Ending = "done"
    """How it ended, as told by the last termination."""
    grants: tuple[Grant, ...] = ()
    """What people approved beyond one action."""
    variables: Any = None
    """The context variables that all share who take part; None: each agent has its own."""
    approved: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """By tool: the arguments of the last call that a person approved."""

    @property
    def participants(self) -> tuple[Participant, ...]:
        """All who take part; their positions are their sides."""
        return (self.initiator, self.recipient)

    def has(self, agent: Agent) -> bool:
        """Return whether an agent takes part."""
        return agent is self.initiator or agent is self.recipient

    @property
    def round_trips(self) -> int:
        """Round trips that are over."""
        return self.rounds if self.owes is self.initiator else max(self.rounds - 1, 0)

    def turns(self, rounds: int) -> int:
        """Return how many turns are over, which are round trips here; given: how often somebody had the word."""
        return self.round_trips

    def history(self) -> list[Message]:
        """Return what was said, as the initiator has it."""
        return self.thread.view(self.initiator)

    def last_said(self) -> Message | None:
        """Return the last message that went from one to the other, as it was sent."""
        return self.thread.last_said()

    def begins(self, agent: Agent) -> bool:
        """Return whether what an agent says next begins a round trip, of which there are so many at most."""
        return self.max_turns is not None and agent is self.initiator

    def wants_reply(self, agent: Agent) -> bool | None:
        """Return whether what an agent says next asks for a reply; None: whoever receives it replies as usual."""
        return self.begins(agent) or None

    def is_idle(self, said_nothing: bool) -> bool:
        """Return whether nobody has anything to say; given: whether the last message was empty."""
        return said_nothing

    def other(self, agent: Agent) -> Participant:
        """Return the one it talks with."""
        return self.recipient if agent is self.initiator else self.initiator

    def side(self, agent: Agent) -> int:
        """Return 0 for the initiator, 1 for the other."""
        return 0 if agent is self.initiator else 1

    def apply(self, event: Event) -> None:
        """Fold one event in."""
        if isinstance(event, MessageEvent):
            self.said(event.side, event.message, event.sender, event.inner, event.by, event.owes, event.auto_replies)
            if event.typed_by:
                self.wrote(content_text(event.message.get("content")), event.typed_by)
        elif isinstance(event, TerminationEvent):
            self.reason, self.how = event.termination_reason, event.how
        elif isinstance(event, InputReplyEvent):
            self.typed[event.agent] = event.reply
            self.wrote(words_of(event.reply), event.reply.by)
            if event.reply.decision is None and not event.reply.end_of_input and event.agent:
                self.answers.setdefault(event.agent, []).append(event.reply.text)
        elif isinstance(event, DecidedEvent):
            if event.decision.verb == "approve" and event.action.kind == "tool":
                self.approved[event.action.name] = event.action.arguments
        elif isinstance(event, GrantEvent):
            self.grants = (*self.grants, event.grant)
        elif isinstance(event, GrantRevokedEvent):
            self.grants = tuple(g for g in self.grants if g.id != event.grant_id)

    def wrote(self, text: str, person: str) -> None:
        """Fold in what a person typed."""
        if person and text.strip():
            self.written = self.written if self.written is not None else {}
            self.written[text.strip()] = person

    def heard_inside(self, typed: Mapping[str, str]) -> None:
        """Take over who typed what in a conversation inside."""
        if typed:
            self.inside = self.inside if self.inside is not None else {}
            self.inside.update(typed)

    @property
    def all_typed(self) -> Mapping[str, str]:
        """By text: the person who typed it, here or in a conversation inside."""
        return {**(self.inside or {}), **(self.written or {})}

    def typed_inside(self, content: Any) -> str:
        """Return which person typed the content of a message in a conversation inside; empty: none did."""
        return self.inside.get(content_text(content).strip(), "") if self.inside else ""

    def said(
        self, side: int, message: Message, sender: str, inner: bool = False, by: str = "", owes: bool = True,
        auto_replies: int = 0,
    ) -> None:  # fmt: skip
        """Fold in a message; the arguments are the fields of a `MessageEvent`."""
        speaker = self.recipient if side else self.initiator
        self.thread.add(speaker, message, inner)
        if inner:
            return
        self.opened = True
        self.sent += 1
        self.last_speaker = sender
        if by:  # nobody's turn is used up by it, and the side is that of whom it was said to
            self.owes = speaker
            return
        self.owes = self.other(speaker) if owes else None
        if side == 0:
            self.rounds += 1
        self.auto_replies[side] = auto_replies
