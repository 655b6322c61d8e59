"""A team with an orchestrator that plans, watches, and plans anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

from ..agents.conversable import ConversableAgent
from ..conversation.group import GroupState
from ..errors import ConfigError
from ..patterns.magentic import Bounds, MagenticPattern, MagenticState
from .arguments import TeamOptions, whole_number
from .base import Team


class Magentic(Team):
    """Agents led by a model that keeps two ledgers, after Magentic-One (Fourney et al. 2024, arXiv:2411.04468).

        team = Magentic([coder, surfer], llm_config=config, oversight=at("plan", ask("lead")))
        team.run(message="How many people live in the capitals of Europe?").process()

    The task ledger holds what is given, what has to be looked up, what has to be worked out and what is guessed, and a
    plan made of that. Before each step the progress ledger says whether the task is done, whether the work goes in
    circles or brings anything, who comes next and what they are to do, which the orchestrator then says to the team.
    Where too many steps brought nothing, it plans anew with what was learned. In the end it writes the answer.

    The plan is an action of kind ``plan``, the answer one of kind ``finish``: a person may approve, change, send back
    or reject either.
    """

    word: ClassVar[str] = "orchestrator"
    state_kind: ClassVar[type[GroupState]] = MagenticState

    def __init__(
        self,
        members: Sequence[ConversableAgent],
        *,
        llm_config: Any = None,
        max_rounds: int = 20,
        max_stalls: int = 3,
        max_replans: int = 2,
        max_retries: int = 3,
        **kwargs: Unpack[TeamOptions],
    ) -> None:
        """Make a team.

        Args:
            members: who works in it: agents, people, other teams. Their descriptions say what the plan may ask of them.
            llm_config: the model of the orchestrator.
            max_rounds: how often somebody is told to do something, for one task; then it answers with what there is.
            max_stalls: steps, about in a row, that brought nothing, before it plans anew.
            max_replans: how often it plans anew, for one task; then it answers with what there is.
            max_retries: how often its model is asked again for a ledger that cannot be used; then the run fails.
            **kwargs: more for `Team`: ``name``, ``description``, ``oversight``, ``limits``; ``at("plan", ...)`` and
                ``at("finish", ...)`` of `oversight` judge the plan and the answer; no message ends it early where
                ``is_termination_msg`` does not say so.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        kwargs["is_termination_msg"] = kwargs.get("is_termination_msg") or _none
        super().__init__(members, llm_config=llm_config, **kwargs)
        if not self.llm_config:
            raise ConfigError(
                f"Magentic: the orchestrator {self.name!r} plans by a model, and has none; give it an llm_config, "
                "offline a RuleModel or a ScriptedModel"
            )
        self.bounds = Bounds(
            whole_number("max_rounds", max_rounds, 1), whole_number("max_stalls", max_stalls, 1),
            whole_number("max_replans", max_replans, 0), whole_number("max_retries", max_retries, 0),
        )  # fmt: skip

    def pattern(self, state: GroupState) -> MagenticPattern:
        """Return who speaks when."""
        return MagenticPattern(self.groupchat, self, self.bounds)


def _none(message: dict[str, Any]) -> bool:
    return False
