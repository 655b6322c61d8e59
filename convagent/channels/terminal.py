"""Ask the person at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .._reader import LineReader, os_user
from ..events import Event
from ..human import HumanReply, HumanRequest, Seat
from ..observers.console import ConsoleEventProcessor
from ..observers.desk import reply_of
from .base import as_roles, is_asked


class Terminal:
    """A channel to whoever types at this process's standard input.

        user.initiate_chat(bot, message="refund 500", channels=[Terminal(person="ada", roles=["clerk"])])

    Of a run whose channel it is, whoever shows the events at the console asks, so that what is shown
    and what is asked do not meet; decisions that come together are asked as a list. As a plain
    observer it asks by itself, and holds up the run meanwhile.

    On a terminal: editing, history (in memory, for this object), completion of `exit` and
    the offered choices by Tab, and pasted lines as one answer. Elsewhere, and where
    `builtins.input` was replaced, `input` is called with the prompt. What a person reads is
    `request.prompt`, to the character; of a decision all that they have to know.

    Args:
        person: who sits there; empty: the operating-system user. They count as one person.
        roles: the roles in which they may answer; `*`: every role.
    """

    name = "terminal"
    at_host = True
    """The question is put where the events of the run are consumed."""

    def __init__(self, person: str = "", roles: str | Sequence[str] = ("*",)) -> None:
        self.seats: Sequence[Seat] = (Seat(person or os_user() or "terminal", as_roles(roles)),)
        self._reader = LineReader()
        self._console = ConsoleEventProcessor()

    def __repr__(self) -> str:
        return f"Terminal({self.seats[0]!r})"

    def __call__(self, event: Event, /) -> None:
        """Answer a question that nobody else asks here; other events are none of its business."""
        if not is_asked(event, self.seats) or event.seat is self.seats[0]:
            return
        if not event.request.decisions:
            event.reply(self.ask(event.request))
            return
        self._console.ask(event, self.seats[0])

    def ask(self, request: HumanRequest) -> HumanReply:
        """Ask and wait, in the calling thread, whichever it is.

        The end of the input (Ctrl-D, a closed pipe, no standard input) is a reply with
        `end_of_input`. Ctrl-C raises KeyboardInterrupt.
        """
        try:
            text = self._reader.read(request.prompt, password=request.password, choices=request.choices)
        except EOFError:
            return self._ended(request)
        return self._answered(request, text)

    async def a_ask(self, request: HumanRequest) -> HumanReply:
        """Ask while the event loop goes on; otherwise as `ask`."""
        try:
            text = await self._reader.a_read(request.prompt, password=request.password, choices=request.choices)
        except EOFError:
            return self._ended(request)
        return self._answered(request, text)

    def _answered(self, request: HumanRequest, text: str) -> HumanReply:
        return reply_of(self.seats[0], request, text, self.name)

    def _ended(self, request: HumanRequest) -> HumanReply:
        return replace(self._answered(request, ""), end_of_input=True)
