"""Rules that take agents out of the choice of the next speaker while a group talks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ..agent import Agent
from ..errors import ConfigError, NoEligibleSpeakerError


@dataclass(frozen=True)
class SelectionContext:
    """What a rule knows of the conversation."""

    round: int
    """Messages of the group so far; 1 when the first speaker after the opening is chosen."""
    last_speaker: str | None
    """Who spoke last."""
    participants: tuple[str, ...]
    """All members, whether they may be chosen or not."""

    def __post_init__(self) -> None:
        given: object = self.participants
        if isinstance(given, str):
            raise ConfigError(f"participants={given!r} is a string; expected a tuple of names, ({given!r},)")
        object.__setattr__(self, "participants", tuple(self.participants))


@runtime_checkable
class AgentEligibilityPolicy(Protocol):
    """Says of an agent whether it may be chosen. All rules of a group have to agree."""

    def is_eligible(self, agent: Agent, ctx: SelectionContext) -> bool:
        """Return whether the agent may speak next."""
        ...


def eligible(
    agents: Sequence[Agent], rules: Sequence[AgentEligibilityPolicy], context: SelectionContext
) -> Sequence[Agent]:
    """Return those whom every rule allows.

    Raises:
        NoEligibleSpeakerError: nobody is left.
    """
    found = [agent for agent in agents if all(rule.is_eligible(agent, context) for rule in rules)]
    if not found:
        asked = ", ".join(agent.name for agent in agents)
        raise NoEligibleSpeakerError(f"the eligibility policies of the group allow none of {asked}")
    return found


_UNAVAILABLE = "[UNAVAILABLE] "


class AgentDescriptionGuard:
    """Marks an agent's description, so that a model which chooses speakers leaves it alone for now."""

    def __init__(self, agent: Any) -> None:
        self._agent = agent
        self._lock = threading.Lock()

    def mark_unavailable(self) -> None:
        """Say in front of its description that it is unavailable, once."""
        with self._lock:
            description = self._agent.description or ""
            if not description.startswith(_UNAVAILABLE):
                self._agent.description = f"{_UNAVAILABLE}{description}"

    def mark_available(self) -> None:
        """Take the mark away; what was changed behind it meanwhile stays."""
        with self._lock:
            self._agent.description = (self._agent.description or "").removeprefix(_UNAVAILABLE)
