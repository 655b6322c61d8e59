"""The runtime in memory: events fan out, a wait is a future, a step is an await."""

from __future__ import annotations

import asyncio
import math
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from .._sync import Host
from ..events import (
    AnswerRefusedEvent,
    ChannelFailedEvent,
    ErrorEvent,
    Event,
    InputReplyEvent,
    InputRequestEvent,
    stamp,
)
from ..human import ANYBODY, Decision, HumanReply, HumanRequest, Receipt, Seat
from ..oversight.authority import Directory, sits
from ..runtime import ANY, Control, Steer
from ..tools.tool import Effect
from .clock import MACHINE, Clock, at_work, idle, inside_steps
from .questions import HOST, Question, in_words
from .steering import Steering
from .yielding import Yielding

if TYPE_CHECKING:
    from random import Random

T = TypeVar("T")
Observer = Callable[[Event], Any]


class LocalRuntime(Yielding):
    """A run in this process. Ends with it."""

    keeps = False
    kept_in = ""
    """The journal that keeps it."""

    def __init__(
        self,
        host: Host | None,
        observers: Sequence[Observer] = (),
        *,
        run_id: str = "",
        parent: LocalRuntime | None = None,
        channels: Sequence[Observer] = (),
        directory: Directory | None = None,
        clock: Clock = MACHINE,
    ) -> None:
        self.run_id = run_id or _new_id()
        self.host = host
        self.observers = tuple(observers)
        self.parent = parent
        self.channels = tuple(channels)
        """The ways to people; none: whoever consumes the run is asked."""
        self.directory = directory
        self.clock = clock
        self.steering = Steering(parent.steering if parent is not None else None)
        self._seq = 0
        self._requests = 0
        self._children = 0
        self._questions: dict[str, Question] = {}
        self._settled: dict[str, Question] = {}
        self._kept: dict[str, HumanReply] = {}
        self._interrupted: Steering | None = None
        self._rng: Random | None = None
        Yielding.__init__(self)

    def observe(self, observers: Sequence[Observer]) -> None:
        """Tell these what happens."""
        self.observers = tuple(observers)

    @property
    def rng(self) -> Random:
        """Seeded by the run's id, so that a run can be repeated."""
        if self._rng is None:
            from random import Random

            self._rng = Random(self.run_id)
        return self._rng

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self.clock.now()

    def began(self) -> float:
        """Return the time: whoever asks begins."""
        return self.now()

    # ------------------------------------------------------------ the verbs

    def emit(self, event: Event) -> None:
        """Stamp an event and tell the observers, then the host. An observer that raises ends the run."""
        if not event.transient:
            self._seq += 1
        stamp(event, self.run_id, self._seq, self.clock.now())
        if event.transient and getattr(event, "draft", False):
            self._tell_drafts(event)
            return
        for observer in self.observers:
            observer(event)
        for channel in self.channels:
            self._tell_channel(channel, event)
        outer = self.parent
        while outer is not None:
            for observer in outer.observers:
                observer(event)
            for channel in outer.channels:
                outer._tell_channel(channel, event)
            outer = outer.parent
        if self.host is not None:
            self.host.deliver(event)

    def _tell_drafts(self, event: Event) -> None:
        """Tell of a draft, which may never be sent, only those who ask for drafts."""
        for runtime in self._outward():
            for observer in runtime.observers:
                if getattr(observer, "drafts", False):
                    observer(event)
            for channel in runtime.channels:
                if getattr(channel, "drafts", False):
                    runtime._tell_channel(channel, event)

    def fail(self, error: BaseException) -> None:
        """Emit what made the run fail, as its last event. What observers raise here is noted on that error."""
        event = ErrorEvent(error=error)
        self._seq += 1
        stamp(event, self.run_id, self._seq, self.clock.now())
        for runtime in self._outward():
            for observer in runtime.observers:
                _tell_end(observer, event)
        if self.host is not None:
            self.host.deliver(event)

    def recorded(self, event: Event) -> Event:
        """Return the event: in memory a turn is never entered again."""
        return event

    def step(
        self, key: str, fn: Callable[[], Awaitable[T]], effect: Effect = "idempotent", kind: type[T] | None = None
    ) -> Awaitable[T]:
        """Do a thing. Nothing is remembered."""
        return fn() if self.clock is MACHINE else at_work(self.clock, fn)

    def kept_before(self) -> Iterable[Mapping[str, Any]]:
        """Return nothing: in memory no run is gone on with."""
        return ()

    def begun(self, strand: str) -> bool:
        """Return False: in memory a turn is entered once."""
        return False

    def settled(self, key: str) -> bool:
        """Return False: in memory a turn is entered once."""
        return False

    def remember(self, key: str, make: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Make it."""
        return make()

    def request_id(self) -> str:
        """Return the id of the next request: the run's, and a number."""
        self._requests += 1
        return f"{self.run_id}:{self._requests}"

    def working(self, called: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Return the call: in memory nothing depends on whether the run is busy."""
        return called

    async def wait(self, request: HumanRequest, form: Any = None) -> HumanReply | None:
        """Emit a request and wait for its reply; None: its time is up."""
        if request.id in self._kept:
            return self._kept.pop(request.id)
        question = self.question(request, form)
        around = self._outward()
        for runtime in around:
            runtime._questions[request.id] = question
        left = None if request.deadline is None else request.deadline - self.now()
        timer = None if left is None else self.clock.call_later(max(left, 0.0), question.expire)
        try:
            self.emit(self._told_of(request, question))
            return await self.waited(question.future)
        except asyncio.CancelledError:
            if question.reply is not None:  # it came in this very moment, and the question may stand again
                self._kept[request.id] = question.reply
            raise
        finally:
            if timer is not None:
                timer.cancel()
            question.close()
            for runtime in around:
                runtime._questions.pop(request.id, None)
                if request.decisions:  # an answer that comes later is told so
                    runtime._settled[request.id] = question

    def _told_of(self, request: HumanRequest, question: Question) -> InputRequestEvent:
        """Return what tells of a question, with the ways to answer it."""
        directory = self.directory
        return InputRequestEvent(
            request=request,
            seat=self._reached()[1],
            agent=request.agent,
            _answer=question.answer,
            _answered=question.is_closed,
            _watch=question.when_closed,
            _interrupt=self._interrupt,
            _failed=question.channel_failed,
            _refused=question.refuse,
            _serves=None if directory is None else lambda seat: sits(seat, request.to, directory),
            _kept_in=self.kept_in,
        )

    def question(self, request: HumanRequest, form: Any) -> Question:
        """Return a question that stands in this run."""
        return Question(request, self, form)

    def waited(self, future: asyncio.Future[T]) -> Awaitable[T]:
        """Return what awaits an answer."""
        return future if self.clock is MACHINE and not inside_steps() else idle(future)

    def stood(self, request: HumanRequest, began: float) -> float:
        """Return for how many seconds a request has stood that was put at this time."""
        return self.now() - began

    # ------------------------------------------------------------ what a question asks its run

    def read(self, request: HumanRequest, reply: HumanReply, form: Any) -> Decision | None:
        """Return what a reply decides about a request of this run."""
        return _reader()(request, reply, self.directory, form)

    def channels_for(self, request: HumanRequest) -> set[str]:
        """Return the names of the channels on which somebody may answer; `HOST` among them for the run's consumer."""
        channels, seat = self._reached()
        elsewhere = [c for c in channels if not _is_at_host(c)]
        names = {_name_of(c) for c in elsewhere if any(self._may_answer(s, request) for s in seats_of(c))}
        return {*names, HOST} if seat is not None and self._may_answer(seat, request) else names

    def _may_answer(self, seat: Seat, request: HumanRequest) -> bool:
        """Return whether somebody sits there whom a request is for, and who has not approved it yet."""
        return sits(seat, request.to, self.directory) and (not seat.person or seat.person not in request.given)

    # ------------------------------------------------------------ who is reached

    def _reached(self) -> tuple[Sequence[Observer], Seat | None]:
        """Return the channels that are asked, and who is asked where the run is consumed, if anybody is."""
        for runtime in self._outward():
            if runtime.channels:
                at_host = [c for c in runtime.channels if _is_at_host(c)]
                return runtime.channels, (seats_of(at_host[0])[0] if at_host else None)
        return (), getattr(self.host, "seat", None) or ANYBODY

    @property
    def asks_whoever_consumes(self) -> bool:
        """Whether questions go to the consumer of the run, of whom nothing is known."""
        return self._reached()[1] is ANYBODY and self.directory is None

    def reaches(self, who: tuple[str, ...], need: int = 1, but: tuple[str, ...] = ()) -> bool:
        """Return whether enough different people can be asked who are one of these or have such a role."""
        channels, seat = self._reached()
        seats = [s for c in channels for s in seats_of(c)]
        if seat is not None:
            seats.append(seat)
        directory = self.directory
        if directory is not None:
            known = [p for p in directory.serves(who) if p not in but]
            there = [p for p in known if any(not s.person or s.person == p for s in seats)]
            return len(there) >= need
        persons = {s.person for s in seats if s.serves(who) and (not s.person or s.person not in but)}
        return "" in persons or len(persons) >= need  # whoever is there may be anybody, and several

    def _tell_channel(self, channel: Observer, event: Event) -> None:
        try:
            channel(event)
        except Exception as error:  # noqa: BLE001 - a channel that fails is an event, and the question stands on the others
            if isinstance(event, ChannelFailedEvent):
                return
            asked = self._questions.get(event.request.id) if isinstance(event, InputRequestEvent) else None
            if asked is not None:
                asked.channel_failed(_name_of(channel), error)
            else:
                self.failed(None, _name_of(channel), error)

    def failed(self, request: HumanRequest | None, channel: str, error: BaseException | str) -> None:
        """Record that a channel could not be told something, or not put a request to anybody."""
        about = request.id if request is not None else ""
        self.emit(ChannelFailedEvent(channel=channel, error=in_words(error), request_id=about))

    def told(self, request: HumanRequest, reply: HumanReply, receipt: Receipt, since: float) -> None:
        """Record an answer that does not count, or not yet alone."""
        if receipt.status == "accepted":
            seconds = self.now() - since
            event: Event = InputReplyEvent(reply=reply, seconds=seconds, agent=request.agent, settled=False)
        else:
            event = AnswerRefusedEvent(
                request_id=request.id, status=receipt.status, problem=receipt.problem, by=reply.by,
                channel=reply.channel, agent=request.agent,
            )  # fmt: skip
        try:
            self.emit(event)
        except Exception as error:  # noqa: BLE001 - it is nobody's turn in which it could be raised
            why = f"an answer to {request.id} could not be recorded: {error}"
            self.steering.steer(Control("stop", why))  # a run that has ended takes no notice
            warnings.warn(why, RuntimeWarning, stacklevel=1)

    def _interrupt(self) -> None:
        self._outward()[-1].steer(Control("interrupt"))

    def _outward(self) -> list[LocalRuntime]:
        found: list[LocalRuntime] = [self]
        while (outer := found[-1].parent) is not None:
            found.append(outer)
        return found

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        forever = seconds == math.inf
        await idle(asyncio.get_running_loop().create_future() if forever else self.clock.sleep(seconds))

    def control(self, kinds: Sequence[Steer] | None = None) -> Control | None:
        """Take the oldest control message that is waiting, of these kinds; a stop comes first, and stays."""
        found = self.steering.take(kinds)
        if found is None:
            return None
        control, self._interrupted = found
        return control

    def breakable(self, fn: Callable[..., Awaitable[T]], by: Sequence[Steer] = ANY, *args: Any) -> Awaitable[T]:
        """Await a call with these arguments, which control messages of these kinds cancel; then raise `Interrupted`."""
        return self.steering.breakable(fn, by, *args)

    def stop(self, control: Control) -> None:
        """End the run, and whichever around it the last interruption was meant for."""
        (self._interrupted or self.steering).steer(control)

    def end_turn(self) -> Awaitable[None]:
        """Yield, where anybody waits for the loop: in memory a turn leaves nothing behind."""
        return self.soon()

    def breathe(self) -> Awaitable[None]:
        """Yield, where anybody waits. Without it a model that never suspends locks out interrupts and other chats."""
        return self.soon()

    def branch(self, name: str, host: Host | None = None) -> LocalRuntime:
        """Return a child's runtime: observers of this run are told its events, too, and its host gets them.

        Args:
            name: how it is called in the child's id; empty: a number.
            host: who consumes the child; None: whoever consumes this run.
        """
        self._children += 1
        child = f"{self.run_id}/{name}" if name else f"{self.run_id}/{self._children}"
        return LocalRuntime(host or self.host, run_id=child, parent=self, directory=self.directory, clock=self.clock)

    # ------------------------------------------------------------ from outside, any thread

    @property
    def waiting(self) -> list[HumanRequest]:
        """The requests that nobody has answered yet, those of runs inside this one included."""
        return [q.request for q in tuple(self._questions.values()) if not q.is_closed()]

    def answer(self, reply: HumanReply) -> Receipt:
        """Hand in a reply; returns what became of it. The first valid one counts."""
        question = self._questions.get(reply.request_id) or self._settled.get(reply.request_id)
        if question is None:
            return Receipt("unknown", f"there is no request {reply.request_id!r} in this run")
        return question.answer(reply)

    def steer(self, control: Control) -> None:
        """Hand in a control message; it is met at the next boundary, a model call is cancelled for it."""
        self.steering.steer(control)


_ANYBODY = (ANYBODY,)


def seats_of(channel: Observer) -> tuple[Seat, ...]:
    """Return who answers at a channel; one that does not say: anybody."""
    return tuple(getattr(channel, "seats", ())) or _ANYBODY


def _is_at_host(channel: Observer) -> bool:
    """Return whether a channel leaves the asking to whoever consumes the run."""
    return bool(getattr(channel, "at_host", False))


def _name_of(channel: Observer) -> str:
    return str(getattr(channel, "name", "") or type(channel).__name__)


@cache
def _reader() -> Callable[..., Decision | None]:
    from ..oversight.answers import read_answer  # loaded with the first answer

    return read_answer


def _new_id() -> str:
    import uuid  # 5 ms that making agents does not need

    return str(uuid.uuid4())


def _tell_end(observer: Observer, end: ErrorEvent) -> None:
    """Tell an observer what made the run fail; what it raises itself is noted on that error."""
    try:
        observer(end)
    except Exception as another:  # noqa: BLE001 - the run fails already, perhaps for this observer
        if another is not end.error:
            end.error.add_note(f"At the end observer {observer!r} failed, too: {another!r}")
