"""People whose answers are known beforehand."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ..channels.scripted import ScriptedAnswer, ScriptedChannel


class People(ScriptedChannel):
    """Answer the questions of runs from a list, in the order in which they are asked.

    It is a channel, to be passed as an observer; nobody else is asked what it has answered:

        people = People("shorter, please", "exit")
        alice.initiate_chat(bob, message="hi", observers=[people])

    A question more than there are answers ends the run with a `HumanInputError`. As a context
    manager it also checks, where the block ends well, that every answer was asked for.

    Agents that override `get_human_input`, and functions given an `iostream` of their own, ask
    nobody, and so not these people either.

    Args:
        answers: texts (an empty one is Enter), decisions, `EOFError`, or functions of the
            `HumanRequest`.
        by: who is said to have answered.

    Raises:
        ConfigError: an answer is of another kind.
    """

    def __init__(self, *answers: ScriptedAnswer, by: str = "") -> None:
        super().__init__(*answers, person=by)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is None and self.left:
            raise AssertionError(f"{self.left} of {len(self._answers)} answers of People were not asked for")
