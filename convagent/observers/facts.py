"""What people were asked elsewhere and answered, one line a fact."""

from __future__ import annotations

import sys
from collections.abc import Callable

from .._screen import is_tty
from ..events import (
    AnswerRefusedEvent,
    ChannelFailedEvent,
    DecidedEvent,
    ErrorEvent,
    EscalatedEvent,
    Event,
    InputReplyEvent,
    InputRequestEvent,
    RunCompletionEvent,
    RunStarted,
)
from ..transcript.decisions import decided


class Facts:
    """Remembers the questions of runs, to say what became of those that this console does not show.

    Of a silent run nothing is said, but what became of a question that stood at this console.
    """

    def __init__(self) -> None:
        self.typed_here = False
        """Whether answers that are typed at the console are on the screen already."""
        self._asked: dict[str, tuple[InputRequestEvent, bool]] = {}
        """Open requests, and whether a classic one is answered elsewhere."""
        self._here: dict[str, None] = {}
        self._silent: dict[str, None] = {}

    def see(self, event: Event) -> None:
        """Learn which runs are silent, and what is asked."""
        if isinstance(event, RunStarted):
            if event.silent:
                self._silent[event.run_id] = None
        elif isinstance(event, (RunCompletionEvent, ErrorEvent)):
            self._silent.pop(event.run_id, None)
            self._forget(lambda asked: asked.run_id == event.run_id)
        elif isinstance(event, InputRequestEvent):
            # Answered already, it was elsewhere; where it stands again, an interruption had taken it away.
            self._asked[event.request.id] = (event, event.answered or event.seat is None)
        elif isinstance(event, EscalatedEvent):
            self._asked.pop(event.request.id, None)  # what follows may be the same request, a level higher
        elif isinstance(event, DecidedEvent) and self._asked:
            self._forget(lambda asked: asked.request.action is event.action)  # those that were withdrawn

    def _forget(self, over: Callable[[InputRequestEvent], bool]) -> None:
        self._asked = {id: asked for id, asked in self._asked.items() if not over(asked[0])}

    @property
    def asks(self) -> bool:
        """Whether a question stands anywhere, as far as the events tell that were seen."""
        return bool(self._asked)

    def asked_here(self, request_id: str) -> None:
        """Be told that a question is put to who sits at this console."""
        self._here[request_id] = None

    def is_silent(self, event: Event) -> bool:
        """Return whether the run of an event is silent."""
        return event.run_id in self._silent

    def hides(self, event: Event) -> bool:
        """Return whether an event of people or teams is not to be shown: its run is silent, or it stands there."""
        if isinstance(event, AnswerRefusedEvent) and self.typed_here and event.channel in _HERE:
            return True  # who typed it was told, whether or not what they typed is on the screen
        if isinstance(event, ChannelFailedEvent) and event.channel in _HERE and event.request_id in self._here:
            return True  # the end of the input stands on the screen
        return self.is_silent(event) and not (isinstance(event, EscalatedEvent) and event.request.id in self._here)

    def answered(self, event: InputReplyEvent) -> str:
        """Return what to say of an answer that counts; empty if it stands on the screen already."""
        reply = event.reply
        found = self._asked.get(reply.request_id)
        here = reply.request_id in self._here
        if event.settled:
            self._asked.pop(reply.request_id, None)
            self._here.pop(reply.request_id, None)
        if found is None or self._on_screen(reply.channel) or (self.is_silent(event) and not here):
            return ""
        request, elsewhere = found[0].request, found[1]
        if request.decisions:
            line = decided(event, request.action)
            return f"[{line}]\n" if line else ""
        if elsewhere:
            said = "end of input" if reply.end_of_input else reply.text
            return f"{request.prompt}{said} [{reply.channel}]\n"
        return ""

    def _on_screen(self, channel: str) -> bool:
        return self.typed_here and channel in _HERE and is_tty(sys.stdin)


_HERE = ("terminal", "iostream")
"""The channels of whoever sits at the console."""
