"""The state of a group pattern's conversation: a fold over its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ..agent import Agent, Participant
from ..conversation.group import GroupState
from ..events import AfterWorksTransitionEvent, Event, HandoffEvent, PassedEvent, TransitionEvent
from ..messages import Message
from .transit import without_transit

if TYPE_CHECKING:
    from .plan import Plan


@dataclass(slots=True)
class PatternState(GroupState):
    """What the conversation of a group pattern has come to."""

    plan: Plan | None = None
    """Who is in it, and who hands over to whom."""
    max_rounds: int = 20
    """Messages at most; the first one counts."""
    worker: Participant | None = None
    """Whoever of the agents spoke last: not the user, not the executor of tools."""
    refused: str = ""
    """To whom it may not be handed over in this turn, because somebody refused it; empty: nobody was refused."""
    has_transit: bool = False
    """Whether anything was said that is not shown to models."""
    _wanted: Mapping[str, Any] = field(default_factory=dict[str, Any])
    _wanted_after: int = -1
    _wanted_by: str = ""

    @property
    def wanted(self) -> Mapping[str, Any] | None:
        """The target to which the last message hands over, as JSON values; None: to none."""
        return self._wanted if self._wanted and self._wanted_after + 1 == self.said_in_round else None

    @property
    def wanted_by(self) -> str:
        """By what it hands over to that; empty: it does not."""
        return self._wanted_by if self.wanted is not None else ""

    def apply(self, event: Event) -> None:
        """Fold one event in."""
        if isinstance(event, TransitionEvent):
            if not isinstance(event, AfterWorksTransitionEvent):  # that one is acted upon where it is told
                self._wanted, self._wanted_after = event.target, self.said_in_round
                self._wanted_by = _WHY.get(event.type, "")
        else:
            GroupState.apply(self, event)
            if isinstance(event, HandoffEvent):  # by a tool of its own; it counts, so that two cannot go on for ever
                self.worker = self.speaker
                self.said_in_round += 1
            elif isinstance(event, PassedEvent) and event.agent in cast("Plan", self.plan).workers:
                self.worker = self.speaker

    def said(
        self, side: int, message: Message, sender: str, inner: bool = False, by: str = "", owes: bool = True,
        auto_replies: int = 0,
    ) -> None:  # fmt: skip
        """Fold in a message."""
        GroupState.said(self, side, message, sender, inner, by, owes, auto_replies)
        assert self.plan is not None
        if not inner and not by and sender in self.plan.workers:
            self.worker = self.speaker
        if message.get("tool_calls") and not self.has_transit:
            names = {(call.get("function") or {}).get("name") for call in message.get("tool_calls") or ()}
            self.has_transit = not names.isdisjoint(self.plan.transit)

    def view_for(self, agent: Agent) -> list[Message]:
        """Return what an agent is shown: its history, without the calls that only hand over."""
        assert self.plan is not None
        view = self.thread.view(agent)
        return without_transit(view, self.plan.transit) if self.has_transit else view


_WHY = {
    "on_condition_llm_transition": "its model called for it",
    "on_context_condition_transition": "the context variables say so",
    "reply_result_transition": "a tool returned it",
    "guardrail_transition": "a guardrail found something",
}
