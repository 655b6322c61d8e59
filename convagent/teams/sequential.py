"""A pipeline: one works after another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Unpack

from ..action import Policy
from ..agents.conversable import ConversableAgent
from ..conversation.group import GroupState
from ..patterns.sequential import SequentialPattern
from .arguments import TeamOptions, at_kind
from .base import Team


class Sequential(Team):
    """Agents that work one after another; each one reads the task and what those before it said.

    pipeline = Sequential([researcher, writer, editor], review_between=ask("chief"))
    pipeline.run(message="Write about pens").process()
    """

    word: ClassVar[str] = "pipeline"

    def __init__(
        self,
        members: Sequence[ConversableAgent],
        *,
        review_between: Policy | Iterable[Policy] = (),
        **kwargs: Unpack[TeamOptions],
    ) -> None:
        """Make a pipeline.

        Args:
            members: who works, in order.
            review_between: judges what each one but the last says before the next one reads it: approved, edited,
                sent back with a wish (the same one writes again), or refused, which ends the conversation.
            **kwargs: more for `Team`: ``name``, ``description``, ``oversight``, ``limits``, ``is_termination_msg``.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        super().__init__(members, **kwargs)
        self.review_between = at_kind("reply", review_between)

    def pattern(self, state: GroupState) -> SequentialPattern:
        """Return who speaks when."""
        return SequentialPattern(self.groupchat, self, review_between=self.review_between)
