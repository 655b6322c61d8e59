"""A round: everybody speaks in turn, several times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Unpack

from ..agents.conversable import ConversableAgent
from ..conversation.group import GroupState
from ..patterns.sequential import SequentialPattern
from .arguments import TeamOptions, checked_count
from .base import Team


class RoundRobin(Team):
    """Agents that speak in turn, so many times each; each one reads what all others said.

    debate = RoundRobin([optimist, sceptic], rounds=3)
    debate.run(message="Should we rewrite it?").process()
    """

    word: ClassVar[str] = "round"

    def __init__(
        self, members: Sequence[ConversableAgent], *, rounds: int | None = 1, **kwargs: Unpack[TeamOptions]
    ) -> None:
        """Make a round.

        Args:
            members: who speaks, in order.
            rounds: how often each one speaks; None: until a message, a limit or a person ends it.
            **kwargs: more for `Team`: ``name``, ``oversight``, ``limits``, ``is_termination_msg``.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        self.rounds = checked_count("rounds", rounds, "RoundRobin([...], rounds=3)")
        super().__init__(members, **kwargs)
        self.ends_by_itself = rounds is not None or self.limits is not None

    def pattern(self, state: GroupState) -> SequentialPattern:
        """Return who speaks when."""
        return SequentialPattern(self.groupchat, self, self.rounds)
