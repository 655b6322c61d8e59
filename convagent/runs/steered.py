"""What a run's two kinds of response share: its values so far, and the ways to steer it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from .._screen import is_tty
from ..agent import Agent
from ..conversation.result import ChatResult
from ..events import ControlEvent, Event, InputRequestEvent, RunCompletionEvent
from ..human import HumanRequest
from ..runtime import Control
from .local import LocalRuntime
from .steering import Steering

OnStart = Callable[[LocalRuntime], None]
"""Is told the runtime of a run that starts."""
Start = Callable[[OnStart], Coroutine[Any, Any, ChatResult]]
"""Makes the coroutine of a run."""


class EventProcessor(Protocol):
    """What `process()` hands events to; the classic shape."""

    def process_event(self, event: Any) -> Any:
        """Handle one event; answer an `InputRequestEvent` by `event.content.respond(text)`."""
        ...


def takes_runs(processor: object) -> bool:
    """Whether a processor brings its own `process(response)`, which the classic calls, and iterates itself."""
    process = getattr(type(processor), "process", None)
    return process is not None and not process.__module__.startswith(__name__.partition(".")[0] + ".")


class Steered:
    """What a run's two kinds of response share: its values so far and its controls."""

    def __init__(self, agents: Sequence[Agent]) -> None:
        self.agents = list(agents)
        self._steering = Steering()
        self._completion: RunCompletionEvent | None = None
        self._interrupted = False
        self._over = False

    def _see(self, event: Event) -> None:
        """Learn from an event that is about to be handed out."""
        if isinstance(event, RunCompletionEvent):
            if event.run_id == self.uuid:
                self._completion = event
        elif isinstance(event, ControlEvent) and event.action != "interrupt":
            self._interrupted = False

    def _ctrl_c(self, event: Event | None = None) -> None:
        """Interrupt the run at the first Ctrl-C of a terminal; else raise it."""
        asked_already = isinstance(event, InputRequestEvent) and event.request.moment == "interrupt"
        if asked_already or self._interrupted or not is_tty(sys.stdin):
            raise KeyboardInterrupt
        self._interrupted = True
        self.interrupt()

    @property
    def uuid(self) -> str:
        """The run's id; empty until it has started."""
        runtime = self._steering.runtime
        return runtime.run_id if runtime is not None else ""

    @property
    def waiting(self) -> list[HumanRequest]:
        """The questions that nobody has answered yet, those of chats inside this run included."""
        runtime = self._steering.runtime
        return runtime.waiting if runtime is not None else []

    def interrupt(self) -> None:
        """Pause at the next boundary and ask the person how to go on. From any thread."""
        self._steering.steer(Control("interrupt"))

    def say(self, text: str) -> None:
        """Add a person's message to the conversation at the next boundary. From any thread."""
        self._steering.steer(Control("say", text))

    def stop(self, reason: str = "Stopped by a person") -> None:
        """End the run at the next boundary; a model call in flight is cancelled, a tool is not. From any thread."""
        self._steering.steer(Control("stop", reason))
