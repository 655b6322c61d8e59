"""Ask the person at the terminal."""

from __future__ import annotations

from .._reader import LineReader, os_user
from ..events import Event, InputRequestEvent
from ..human import HumanReply, HumanRequest


class Terminal:
    """A channel to whoever types at this process's standard input.

    On a terminal: editing, history (in memory, for this object), completion of `exit` and
    the offered choices by Tab, and pasted lines as one answer. Elsewhere, and where
    `builtins.input` was replaced, `input` is called with the prompt. What a person reads is
    `request.prompt`, to the character.
    """

    name = "terminal"

    def __init__(self) -> None:
        self._reader = LineReader()

    def __call__(self, event: Event, /) -> None:
        """Answer a question that nobody has answered yet; other events are none of its business."""
        if isinstance(event, InputRequestEvent) and not event.answered:
            event.reply(self.ask(event.request))

    def ask(self, request: HumanRequest) -> HumanReply:
        """Ask and wait, in the calling thread, whichever it is.

        The end of the input (Ctrl-D, a closed pipe, no standard input) is a reply with
        `end_of_input`. Ctrl-C raises KeyboardInterrupt.
        """
        try:
            text = self._reader.read(request.prompt, password=request.password, choices=request.choices)
        except EOFError:
            return _ended(request)
        return _answered(request, text)

    async def a_ask(self, request: HumanRequest) -> HumanReply:
        """Ask while the event loop goes on; otherwise as `ask`."""
        try:
            text = await self._reader.a_read(request.prompt, password=request.password, choices=request.choices)
        except EOFError:
            return _ended(request)
        return _answered(request, text)


def _answered(request: HumanRequest, text: str) -> HumanReply:
    return HumanReply(request.id, text, by=os_user(), channel=Terminal.name)


def _ended(request: HumanRequest) -> HumanReply:
    return HumanReply(request.id, "", by=os_user(), channel=Terminal.name, end_of_input=True)
