"""Events of people: what they are asked and what they answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..human import HumanReply, HumanRequest
from .base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRequestEvent(Event):
    """A person is asked. Answer by `respond(text)`, or by the run with the request's id."""

    type: ClassVar[str] = "input_request"

    request: HumanRequest
    _answer: Callable[[HumanReply | BaseException], None] | None = field(default=None, repr=False, compare=False)
    _answered: Callable[[], bool] | None = field(default=None, repr=False, compare=False)
    _watch: Callable[[Callable[[], None]], None] | None = field(default=None, repr=False, compare=False)
    _interrupt: Callable[[], None] | None = field(default=None, repr=False, compare=False)

    @property
    def answered(self) -> bool:
        """Whether somebody has answered already, or nobody waits any more: whoever is told later need not ask."""
        return self._answered is not None and self._answered()

    def when_answered(self, call: Callable[[], None]) -> None:
        """Call a function once the question is `answered`: at once if it is, else later and in any thread."""
        if self._watch is not None:
            self._watch(call)

    @property
    def prompt(self) -> str:
        """What the person reads, exactly."""
        return self.request.prompt

    @property
    def password(self) -> bool:
        """Whether what is typed must not be shown."""
        return self.request.password

    def respond(self, text: str, *, by: str = "", channel: str = "callback") -> Any:
        """Answer the question, from any thread. Only the first answer counts.

        Returns an object that may be awaited and need not be, for processors that write
        ``await event.content.respond(...)``.
        """
        self.reply(HumanReply(self.request.id, text, by=by, channel=channel))
        return _DONE

    def end_input(self, *, channel: str = "terminal") -> None:
        """Say that the channel ended before an answer (Ctrl-D, a closed pipe)."""
        self.reply(HumanReply(self.request.id, "", channel=channel, end_of_input=True))

    def fail(self, error: BaseException) -> None:
        """Say that asking failed; the run raises the error where it waits."""
        if self._answer is not None:
            self._answer(error)

    def interrupt(self) -> None:
        """Say that the person wants to interrupt the run instead (Ctrl-C): they are asked how to go on."""
        if self._interrupt is not None:
            self._interrupt()

    def reply(self, reply: HumanReply) -> None:
        """Hand in a complete reply."""
        if self._answer is not None:
            self._answer(reply)

    def _payload(self) -> dict[str, Any]:
        return {"prompt": self.prompt, "password": self.password, "respond": self.respond, "request": self.request}


class _Done:
    """Nothing left to wait for."""

    def __await__(self) -> Any:
        return iter(())


_DONE = _Done()


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReplyEvent(Event):
    """A person answered, and this answer counts."""

    type: ClassVar[str] = "input_reply"

    reply: HumanReply
    seconds: float = 0.0
    """How long the question stood."""


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
