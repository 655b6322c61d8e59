"""Answers that are known beforehand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ..errors import ConfigError, HumanInputError
from ..events import Event, InputRequestEvent
from ..human import Decision, HumanReply, HumanRequest, Seat
from .base import as_roles, is_asked

ScriptedAnswer = str | Decision | type[EOFError] | Callable[[HumanRequest], str | Decision | None]
"""One answer: a text (empty is Enter), a `Decision`, `EOFError` for the end of the input, or a function
of the request that returns a text, a decision, or None for silence."""


class ScriptedChannel:
    """A channel to a person whose answers are a list, in the order in which they are asked.

        ScriptedChannel("approve", reject("too much"), person="ada", roles=["clerk"])

    An answer that does not count is followed by the next one, as a person would try again.

    Args:
        answers: texts (an empty one is Enter), decisions, `EOFError`, or functions of the
            `HumanRequest`, which run on the loop; where one returns None nobody answers.
        person: who answers; empty: nobody in particular.
        roles: the roles in which they may answer; `*`: every role.
        name: what the channel is called.

    Raises:
        ConfigError: an answer is of another kind.
    """

    def __init__(
        self,
        *answers: ScriptedAnswer,
        person: str = "",
        roles: str | Sequence[str] = ("*",),
        name: str = "scripted",
    ) -> None:
        for number, answer in enumerate(answers, 1):
            if not _is_answer(answer):
                raise ConfigError(
                    f"answer {number} of {type(self).__name__} is {answer!r}; expected a text, a Decision, EOFError, "
                    "or a function of the request"
                )
        self.name = name
        self.seats: Sequence[Seat] = (Seat(person, as_roles(roles)),)
        self._answers = answers
        self._used = 0
        self._lock = threading.Lock()
        self.asked: list[HumanRequest] = []
        """The questions so far."""

    @property
    def left(self) -> int:
        """How many answers nobody has asked for yet."""
        return max(0, len(self._answers) - self._used)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._answers)} answers, {self.left} left)"

    def __call__(self, event: Event, /) -> None:
        """Answer a question to this person; other events are none of its business.

        Raises:
            HumanInputError: there is no answer left.
        """
        if not is_asked(event, self.seats):
            return
        with self._lock:
            self.asked.append(event.request)
        problem = self._answer(event, "")
        while problem:
            problem = self._answer(event, problem)

    def _answer(self, event: InputRequestEvent, problem: str) -> str:
        """Give the next answer; return what is wrong with it, if it does not count."""
        answer = self._next(event.request, problem)
        said = answer(event.request) if callable(answer) and not isinstance(answer, type) else answer
        if said is None:
            return ""
        seat = self.seats[0]
        ended = isinstance(said, type)
        decision = said if isinstance(said, Decision) else None
        receipt = event.reply(
            HumanReply(
                event.request.id,
                "" if ended or decision else str(said),
                by=seat.person,
                channel=self.name,
                end_of_input=ended,
                decision=decision,
                roles=seat.roles,
                authenticated="program",
            )
        )
        return receipt.problem if receipt.status == "invalid" else ""

    def _next(self, request: HumanRequest, problem: str) -> ScriptedAnswer:
        with self._lock:
            position = self._used
            self._used += 1
        if position < len(self._answers):
            return self._answers[position]
        what, count = type(self).__name__, len(self._answers)
        was = f"whose last was refused ({problem})" if problem else "and was asked a question more"
        raise HumanInputError(
            f"{what} has {count} {'answer' if count == 1 else 'answers'} {was}, "
            f"by {request.agent or 'the run'!r}: {request.prompt!r}; add an answer, or end the chat before"
        )


def _is_answer(answer: object) -> bool:
    if isinstance(answer, type):
        return issubclass(answer, EOFError)
    return isinstance(answer, (str, Decision)) or callable(answer)
