"""Events of people: what they are asked and what they answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..human import ANYBODY, Decision, HumanReply, HumanRequest, Receipt, Seat
from .base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRequestEvent(Event):
    """A person is asked. Answer by `respond(text)`, or by the run with the request's id."""

    type: ClassVar[str] = "input_request"

    request: HumanRequest
    seat: Seat | None = ANYBODY
    """Who is asked where the run's events are consumed; None: others are, through channels of the run."""
    _answer: Callable[[HumanReply | BaseException], Receipt] | None = field(default=None, repr=False, compare=False)
    _answered: Callable[[], bool] | None = field(default=None, repr=False, compare=False)
    _watch: Callable[[Callable[[], None]], None] | None = field(default=None, repr=False, compare=False)
    _interrupt: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    _failed: Callable[[str, BaseException | str], None] | None = field(default=None, repr=False, compare=False)
    _refused: Callable[[HumanReply, str], Receipt] | None = field(default=None, repr=False, compare=False)
    _serves: Callable[[Seat], bool] | None = field(default=None, repr=False, compare=False)
    _kept_in: str = field(default="", repr=False, compare=False)

    @property
    def answered(self) -> bool:
        """Whether somebody has answered already, or nobody waits any more: whoever is told later need not ask."""
        return self._answered is not None and self._answered()

    @property
    def kept_in(self) -> str:
        """The journal through which other processes may answer, while the run waits; empty: none can."""
        return self._kept_in

    def when_answered(self, call: Callable[[], None]) -> None:
        """Call a function once the question is `answered`: at once if it is, else later and in any thread."""
        if self._watch is not None:
            self._watch(call)

    def is_for(self, seat: Seat) -> bool:
        """Return whether somebody may sit there whom the question is for. The people of the run, if it has, say so."""
        return seat.serves(self.request.to) if self._serves is None else self._serves(seat)

    @property
    def prompt(self) -> str:
        """What the person reads, exactly."""
        return self.request.prompt

    @property
    def password(self) -> bool:
        """Whether what is typed must not be shown."""
        return self.request.password

    def respond(self, answer: str | Decision, *, by: str = "", channel: str = "callback") -> Receipt:
        """Answer the question, from any thread, by a text or a decision. The first valid answer counts.

        Returns:
            what became of it: where it is not accepted, why, and the question stands as it did.
        """
        given = answer if isinstance(answer, Decision) else None
        text = answer if isinstance(answer, str) else ""
        return self.reply(HumanReply(self.request.id, text, by=by, channel=channel, decision=given))

    def end_input(self, *, channel: str = "terminal") -> None:
        """Say that the channel ended before an answer (Ctrl-D, a closed pipe)."""
        self.reply(HumanReply(self.request.id, "", channel=channel, end_of_input=True))

    def fail(self, error: BaseException) -> None:
        """Say that asking failed; the run raises the error where it waits."""
        if self._answer is not None:
            self._answer(error)

    def channel_failed(self, channel: str, error: BaseException | str) -> None:
        """Say, on the loop, that a channel could not put the question to anybody. It stands on the others."""
        if self._failed is not None:
            self._failed(channel, error)

    def interrupt(self) -> None:
        """Say that the person wants to interrupt the run instead (Ctrl-C): they are asked how to go on."""
        if self._interrupt is not None:
            self._interrupt()

    def refuse(self, reply: HumanReply, problem: str) -> Receipt:
        """Say that a reply does not count, and have it recorded: who gave it does not sit at the channel."""
        return self._refused(reply, problem) if self._refused is not None else Receipt("invalid", problem)

    def reply(self, reply: HumanReply) -> Receipt:
        """Hand in a complete reply; returns what became of it."""
        if self._answer is None:
            return Receipt("unknown", "nobody waits for this answer")
        return self._answer(reply)

    def _payload(self) -> dict[str, Any]:
        return {"prompt": self.prompt, "password": self.password, "respond": self.respond, "request": self.request}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReplyEvent(Event):
    """A person answered, and this answer counts."""

    type: ClassVar[str] = "input_reply"

    reply: HumanReply
    seconds: float = 0.0
    """How long the question stood."""
    settled: bool = True
    """Whether it settles the question; else more people have to agree."""

    @property
    def request_id(self) -> str:
        """The request that it answers; empty where none was made: an override or an `iostream` asked by itself."""
        return self.reply.request_id

    def _payload(self) -> dict[str, Any]:
        return {**Event._payload(self), "request_id": self.request_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminationAndHumanReplyNoInputEvent(Event):
    """A person was asked and pressed Enter."""

    type: ClassVar[str] = "termination_and_human_reply_no_input"

    no_human_input_msg: str
    sender: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsingAutoReplyEvent(Event):
    """No person spoke for this agent, so it replies by itself (not emitted in mode NEVER)."""

    type: ClassVar[str] = "using_auto_reply"

    human_input_mode: str
    sender: str = ""
    recipient: str = ""
