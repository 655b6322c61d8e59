"""The state of a group's conversation: a fold over its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from ..agent import Agent, Participant
from ..events import ClearAgentsHistoryEvent, Event, HandoffEvent, MessageEvent, PassedEvent
from ..messages import Message, content_text
from .group_thread import MANAGER, GroupThread
from .state import ConversationState


@dataclass(slots=True)
class GroupState(ConversationState):
    """What the conversation of a group has come to: each of them talks with its manager, the recipient.

    It goes on in round trips, as that of two does: the initiator says something, the group speaks until its
    round ends, and the initiator may say something again.
    """

    tells_silence: ClassVar[bool] = True

    members: tuple[Participant, ...] = ()
    """The group, in order."""
    group: Any = None
    """The `GroupChat`, by which code of the user finds its messages while it runs."""
    introduction: str = ""
    """What the manager tells them first; empty: nothing."""
    said_in_round: int = 0
    """Messages since the initiator began the round."""
    speaker: Participant | None = None
    """Who sent the last message."""
    last: Message = field(default_factory=lambda: Message())
    """The last message, as it was sent."""
    empty: int = 0
    """How many messages in a row said nothing."""
    between: bool = False
    """Whether the group's round is over, and it is up to the initiator to begin another one."""
    handed: HandoffEvent | None = None
    """Who wants whom to go on, since the last message; None: nobody handed over."""

    def __post_init__(self) -> None:
        self.auto_replies = [0] * len(self.thread.agents)

    @property
    def participants(self) -> tuple[Participant, ...]:
        """The initiator, the manager, and the other members; their positions are their sides."""
        return cast("tuple[Participant, ...]", self.thread.agents)

    def has(self, agent: Agent) -> bool:
        """Return whether an agent takes part."""
        return self.thread.has(agent, self.recipient)

    def other(self, agent: Agent) -> Participant:
        """Return the manager; for the manager, who began."""
        return self.initiator if agent is self.recipient else self.recipient

    def side(self, agent: Agent) -> int:
        """Return the position of an agent."""
        return self.thread.side(agent)

    @property
    def round_trips(self) -> int:
        """Round trips that are over: the group has spoken, and it is up to the initiator."""
        return self.rounds if self.between else max(self.rounds - 1, 0)

    @property
    def comes_back(self) -> bool:
        """Whether the initiator may speak again, once the group has spoken."""
        return self.max_turns is not None

    @property
    def goes_on(self) -> bool:
        """Whether it may begin another round trip now."""
        return self.comes_back and (self.max_turns is None or self.rounds < self.max_turns)

    def turns(self, rounds: int) -> int:
        """Return how many turns are over: round trips, or those of the members where it speaks once."""
        return self.round_trips if self.comes_back else max(rounds - 1, 0)

    def history(self) -> list[Message]:
        """Return what the group said."""
        return self.thread.view_of(MANAGER)

    def last_said(self) -> Message | None:
        """Return the last message, as it was sent."""
        return self.last if self.opened else None

    def begins(self, agent: Agent) -> bool:
        """Return whether what an agent says next begins a round trip, of which there are so many at most."""
        return self.max_turns is not None and agent is self.initiator and (self.between or not self.opened)

    def wants_reply(self, agent: Agent) -> bool | None:
        """Return whether what an agent says next asks for a reply: in a round nobody asks, the manager gives the word.

        None: the manager replies as usual.
        """
        return self.begins(agent) or (False if self.opened and not self.between else None)

    def is_idle(self, said_nothing: bool) -> bool:
        """Return whether nobody had anything to say for as long as there are members."""
        return said_nothing and self.empty >= len(self.members)

    def apply(self, event: Event) -> None:
        """Fold one event in."""
        if isinstance(event, MessageEvent):  # first: most are
            self.said(event.side, event.message, event.sender, event.inner, event.by, event.owes, event.auto_replies)
            if event.typed_by:
                self.wrote(content_text(event.message.get("content")), event.typed_by)
        elif isinstance(event, ClearAgentsHistoryEvent):
            found = [m for m in self.members if m.name == event.agent_name]
            cast(GroupThread, self.thread).keep_last(found[0] if found else None, event.nr_events_to_preserve or 0)
        elif isinstance(event, HandoffEvent):
            self._spoke(event.source)
            self.handed = event
        elif isinstance(event, PassedEvent):
            self._spoke(event.agent)
            self.said_in_round += 1
        else:
            ConversationState.apply(self, event)

    def _spoke(self, name: str) -> None:
        """Let a member have had the word, without a message."""
        self.speaker = next((m for m in self.members if m.name == name), self.speaker)

    def said(
        self, side: int, message: Message, sender: str, inner: bool = False, by: str = "", owes: bool = True,
        auto_replies: int = 0,
    ) -> None:  # fmt: skip
        """Fold in a message; of one in a round nobody asks for a reply, and the manager gives the word all the same."""
        speaker = cast(Participant, self.thread.agents[side])
        thread = cast(GroupThread, self.thread)
        if inner:
            thread.add(speaker, message, inner)
            return
        if by:
            ConversationState.said(self, side, message, sender, inner, by, owes, auto_replies)
            return
        begins = owes or not self.opened
        if begins and self.introduction:
            thread.introduce(self.introduction, first=False)
        thread.add(speaker, message)
        if begins:
            self.rounds += 1
            self.said_in_round, self.between = 0, False
            if self.introduction:
                thread.introduce(self.introduction, first=True)
        self.opened = True
        self.sent += 1
        self.said_in_round += 1
        self.last_speaker = sender
        self.speaker, self.last, self.handed = speaker, message, None
        self.empty = 0 if _says_anything(message) else self.empty + 1
        self.owes = self.recipient if owes or not begins else None
        self.auto_replies[side] = auto_replies


def _says_anything(message: Mapping[str, Any]) -> bool:
    return bool(message.get("content")) or any(map(message.get, ("tool_calls", "function_call", "tool_responses")))
