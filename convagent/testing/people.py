"""People whose answers are known beforehand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ..errors import ConfigError, HumanInputError
from ..events import Event, InputRequestEvent
from ..human import HumanReply, HumanRequest

Answer = str | type[EOFError] | Callable[[HumanRequest], str]
"""One answer: a text (empty is Enter), `EOFError` for the end of the input, or a function of the request."""


class People:
    """Answer the questions of runs from a list, in the order in which they are asked.

    It is a channel, to be passed as an observer; nobody else is asked what it has answered:

        people = People("shorter, please", "exit")
        alice.initiate_chat(bob, message="hi", observers=[people])

    A question more than there are answers ends the run with a `HumanInputError`. As a context
    manager it also checks, where the block ends well, that every answer was asked for.

    Agents that override `get_human_input`, and functions given an `iostream` of their own, ask
    nobody, and so not these people either.

    Args:
        answers: texts (an empty one is Enter), `EOFError`, or functions of the `HumanRequest`.
        by: who is said to have answered.

    Raises:
        ConfigError: an answer is of another kind.
    """

    name = "scripted"

    def __init__(self, *answers: Answer, by: str = "") -> None:
        for number, answer in enumerate(answers, 1):
            is_function = callable(answer) and not isinstance(answer, type)
            if not isinstance(answer, str) and not is_function and not _is_end(answer):
                raise ConfigError(
                    f"answer {number} of People is {answer!r}; expected a text, EOFError, or a function of the request"
                )
        self._answers = answers
        self._by = by
        self._lock = threading.Lock()
        self.asked: list[HumanRequest] = []
        """The questions so far."""

    @property
    def left(self) -> int:
        """How many answers nobody has asked for yet."""
        return max(0, len(self._answers) - len(self.asked))

    def __repr__(self) -> str:
        return f"People({len(self._answers)} answers, {self.left} left)"

    def __call__(self, event: Event, /) -> None:
        """Answer a question; other events are none of its business.

        Raises:
            HumanInputError: there is no answer left.
        """
        if not isinstance(event, InputRequestEvent) or event.answered:
            return
        request = event.request
        with self._lock:
            position = len(self.asked)
            self.asked.append(request)
        if position >= len(self._answers):
            count = len(self._answers)
            raise HumanInputError(
                f"People has {count} {'answer' if count == 1 else 'answers'} and was asked a question more, "
                f"by {request.agent or 'the run'!r}: {request.prompt!r}; add an answer, or end the chat before"
            )
        answer = self._answers[position]
        if isinstance(answer, type):
            event.reply(HumanReply(request.id, "", by=self._by, channel=self.name, end_of_input=True))
            return
        text = answer if isinstance(answer, str) else str(answer(request))
        event.reply(HumanReply(request.id, text, by=self._by, channel=self.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is None and self.left:
            raise AssertionError(f"{self.left} of {len(self._answers)} answers of People were not asked for")


def _is_end(answer: object) -> bool:
    return isinstance(answer, type) and issubclass(answer, EOFError)
