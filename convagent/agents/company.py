"""Who is in a chat: those at its sides, and whoever comes along with them at every depth, as members of teams do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from ..errors import ConfigError

if TYPE_CHECKING:
    from ..conversation.state import ConversationState
    from .conversable import ConversableAgent


def participants(state: ConversationState) -> tuple[ConversableAgent, ...]:
    """Return those who take part, each at its side."""
    return cast("tuple[ConversableAgent, ...]", state.participants)


def with_those_they_bring(agents: Iterable[ConversableAgent]) -> list[ConversableAgent]:
    """Return agents and whoever they bring, and those bring; each one once."""
    found = {id(agent): agent for agent in agents}
    queue = list(found.values())
    for agent in queue:  # which grows
        for member in agent.brings():
            if id(member) not in found:
                found[id(member)] = member
                queue.append(member)
    return queue


def list_of(agents: Any) -> list[ConversableAgent]:
    """Return agents that somebody handed in, as a list.

    Raises:
        ConfigError: they are no agents.
    """
    if callable(agents) and not hasattr(agents, "brings"):
        raise ConfigError(f"agents={agents!r}: expected agents, not what makes them; call it")
    if isinstance(agents, str) or not isinstance(agents, Iterable):
        raise ConfigError(f"agents={agents!r}: expected a list of agents")
    found = list(cast(Iterable[Any], agents))
    wrong = [agent for agent in found if not hasattr(agent, "brings")]
    if wrong:
        raise ConfigError(f"agents=: {wrong[0]!r} is a {type(wrong[0]).__name__}, and no agent")
    return found
