"""What a run's two kinds of response share: its values so far, and the ways to steer it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast

from .._screen import is_tty
from ..agent import Agent
from ..errors import UsageError
from ..events import (
    ControlEvent,
    Event,
    InputReplyEvent,
    InputRequestEvent,
    ModelCallStarted,
    RunCompletionEvent,
)
from ..human import Decision, HumanReply, HumanRequest, Receipt
from ..runtime import Control
from .local import LocalRuntime
from .steering import Steering

if TYPE_CHECKING:
    from ..picture import Picture

OnStart = Callable[[LocalRuntime], None]
"""Is told the runtime of a run that starts."""
REMEMBERED = 20_000
"""Of how many events a response keeps its run, to draw it. Each takes about 300 bytes."""
T = TypeVar("T")
Start: TypeAlias = Callable[[OnStart], Coroutine[Any, Any, T]]
"""Makes the coroutine of a run, or of a queue of runs, which come to a T."""


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

    def __init__(self, agents: Sequence[Agent], yield_on: Sequence[type[Event]] | None, remembers: bool = True) -> None:
        # Before the loop runs: a child forked by an async tool while this thread imports would wait for it for ever.
        from ..observers import console as console

        self.agents = list(agents)
        self._kinds: tuple[type[Event], ...] = (*yield_on, InputRequestEvent) if yield_on else (Event,)
        """What an iteration yields."""
        self._steering = Steering()
        self.asked: list[HumanRequest] = []
        """What people were asked to decide so far; a question that escalates is there at each level."""
        self._completion: RunCompletionEvent | None = None
        self._to: dict[str, tuple[str, ...]] = {}
        self._waits: dict[tuple[str, ...], list[float]] = {}
        self._interrupted = False
        self._over = False
        self._seen: list[Event] | None = [] if remembers else None
        """What was handed out so far, for a picture; None: nobody will ask for one, or it is too much to draw."""

    def _see(self, event: Event) -> None:
        """Learn from an event that is about to be handed out."""
        if self._seen is not None and not event.transient and event.__class__ is not ModelCallStarted:
            self._seen.append(event)
            if len(self._seen) > REMEMBERED:
                self._seen = None
        if isinstance(event, InputRequestEvent):
            if event.request.decisions:
                self.asked.append(event.request)
                self._to[event.request.id] = event.request.to
        elif isinstance(event, InputReplyEvent):
            self._learn_wait(event)
        elif isinstance(event, RunCompletionEvent):
            if event.run_id == self.uuid:
                self._completion = event
        elif isinstance(event, ControlEvent) and event.action != "interrupt":
            self._interrupted = False

    def _learn_wait(self, event: InputReplyEvent) -> None:
        asked = self._to.pop(event.reply.request_id, None) if event.settled else None
        if asked is not None and not event.reply.end_of_input:
            self._waits.setdefault(asked, []).append(event.seconds)

    def _ctrl_c(self, event: Event | None = None) -> None:
        """Interrupt the run at the first Ctrl-C of a terminal; else raise it."""
        runtime = self._steering.runtime
        if runtime is not None and runtime.keeps and any(request.decisions for request in runtime.waiting):
            raise KeyboardInterrupt from None  # it waits as well without this program
        asked_already = isinstance(event, InputRequestEvent) and event.request.moment == "interrupt"
        if asked_already or self._interrupted or not is_tty(sys.stdin):
            raise KeyboardInterrupt from None
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

    def answer(self, request_id: str, answer: str | Decision, *, by: str = "", channel: str = "callback") -> Receipt:
        """Answer an open request by its id, by a text or a decision. From any thread.

        Returns:
            what became of it: accepted, invalid (and why), duplicate, late, conflict or unknown.
        """
        runtime = self._steering.runtime
        if runtime is None:
            return Receipt("unknown", "the run has not started")
        given = answer if isinstance(answer, Decision) else None
        text = answer if isinstance(answer, str) else ""
        return runtime.answer(HumanReply(request_id, text, by=by, channel=channel, decision=given))

    def estimated_wait(self, request: HumanRequest) -> float | None:
        """Return how many seconds such a question took so far, as the median of this run; None: not known yet."""
        from statistics import median  # loads 2 ms that a run without such questions does not need

        waits = self._waits.get(request.to)
        return median(waits) if waits else None

    def revoke(self, grant_id: str = "", by: str = "") -> None:
        """Let an "always" hold no more, from the next boundary on; all of them, if none is named. From any thread."""
        self._steering.steer(Control("revoke", grant_id, by))

    def interrupt(self) -> None:
        """Pause at the next boundary and ask the person how to go on. From any thread."""
        self._steering.steer(Control("interrupt"))

    def say(self, text: str, by: str = "") -> None:
        """Add a person's message to the conversation at the next boundary. From any thread.

        Where a team has the word, its members hear it at once, and those around it when it is done.

        Args:
            text: what they are told.
            by: who says it; empty: they know no more than that it is a person.

        Raises:
            UsageError: it is no text, or blank.
        """
        if not isinstance(cast(object, text), str) or not text.strip():
            raise UsageError(f"say({text!r}): expected what the agents are told, such as 'use the EU account'")
        self._steering.steer(Control("say", text, by))

    def pause(self, by: str = "") -> None:
        """Let the run wait at the next boundary, until `unpause` or `stop`. From any thread."""
        self._steering.steer(Control("pause", by=by))

    def unpause(self, by: str = "") -> None:
        """Let a paused run go on. From any thread."""
        self._steering.steer(Control("unpause", by=by))

    def stop(self, reason: str = "Stopped by a person", *, force: bool = False, by: str = "") -> None:
        """End the run at the next boundary; a model call in flight is cancelled. From any thread.

        Args:
            reason: why, as the result tells.
            force: whether tools in flight are broken off, too: whether they were done is then not known,
                and their `cleanup` is called. Otherwise a tool's result is recorded first.
            by: who stops it.
        """
        self._steering.steer(Control("stop", reason, by, force))

    # ------------------------------------------------------------ pictures

    def to_html(self, title: str = "") -> str:
        """Return a page of HTML that shows what was consumed of the run so far; it needs no script and no network.

        Args:
            title: what stands above it; empty: who takes part.

        Raises:
            UsageError: nothing was consumed yet.
        """
        return self._picture().to_html(title)

    def to_mermaid(self, steps: int | None = 300) -> str:
        """Return what was consumed of the run so far as a `sequenceDiagram` of Mermaid.

        Args:
            steps: after how many the rest is only counted, because Mermaid draws no long text; None: never.

        Raises:
            UsageError: nothing was consumed yet.
        """
        return self._picture().to_mermaid(steps)

    def _picture(self) -> Picture:
        from ..picture import picture_of

        seen, runtime = self._seen, cast(Any, self._steering.runtime)
        if seen is None:
            raise UsageError(
                f"the run had more than {REMEMBERED:,} events, which are not kept; give it a journal= or an "
                "AuditLog among its observers=, and draw it with convagent.picture.picture_of"
            )
        if not seen:
            raise UsageError("there is nothing to draw yet; consume the run, by process() or a loop over its events")
        if runtime is None or not runtime.keeps or seen[0].seq == 1:
            return picture_of(seen)
        return picture_of(runtime.keeper.journal.url, runtime.run_id)  # gone on with: the beginning was told elsewhere
