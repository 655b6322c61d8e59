"""The runtime over a journal: a run in this process that any other process can go on with.

What a turn does has a key (`reentry`). When a turn is entered again, because its process ended or let go of the run,
what has a key that is kept already is not done again: a step returns its result, a question its answer, an
event is neither kept nor told. So user code has no rules of determinism beyond its own turn, and finished turns are
never run again: they are folded into the state.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from .. import serde
from .._sync import Host
from ..events import Event, InputRequestEvent, ModelCallStarted, RunCompletionEvent, RunStarted
from ..human import HumanReply, HumanRequest
from ..journal.base import NewMessage, NewRow, Row
from ..runtime import ANY, Control, InDoubt, Interrupted, Steer
from ..tools.tool import Effect
from .clock import MACHINE, at_work, idle
from .keeper import Keeper
from .local import LocalRuntime, Observer
from .questions import Question
from .reentry import STEP, TurnInFlight, cut_off, rows_by_run
from .stored_question import StoredQuestion

if TYPE_CHECKING:
    from random import Random

T = TypeVar("T")


class JournaledRuntime(LocalRuntime):
    """A run that is kept as it goes."""

    keeps = True

    def __init__(
        self, host: Host | None, observers: Sequence[Observer] = (), *, keeper: Keeper, run_id: str,
        parent: JournaledRuntime | None = None, **given: Any,
    ) -> None:  # fmt: skip
        super().__init__(host, run_id=run_id, parent=parent, **given)
        self.keeper, self.kept_in = keeper, keeper.journal.url
        self._rows: Mapping[str, Sequence[Row]] = parent._rows if parent is not None else rows_by_run(keeper.loaded)
        self.observe(observers)
        self.extras: Callable[[], Mapping[str, Any]] | None = None
        """What else the state of the run holds, kept at the end of a turn where it changed."""
        self.past: list[Mapping[str, Any]] = []
        """What happened in the turns that are finished: events as JSON."""
        self.kept_extras: Mapping[str, Any] = {}
        """What was kept of `extras` last."""
        self.turn = keeper.loaded.turns.get(run_id, 0) if keeper.loaded is not None else 0
        """The last turn that is finished."""
        self._flight = TurnInFlight(self.turn + 1)
        self._steps: list[NewRow] = []
        """What the steps of the turn in flight returned: of no use once it is over."""
        self._key = ("", "")
        """The key and the type of the event that is told next."""
        self._asked: dict[str, str] = {}
        """By the id of a request: its key."""
        self._ids = {r.key: r.id for r in keeper.requests.values() if r.run == run_id}
        self._requests = sum(r.run == run_id for r in keeper.requests.values())
        self._read(self._rows.get(run_id, ()))
        self._cut_off: Mapping[str, Sequence[str]] = parent._cut_off if parent is not None else cut_off(self._rows)
        self._inside = {run for run in self._cut_off.get(run_id, ()) if run.startswith(f"{run_id}/{self.turn + 1}.")}
        """Runs inside the turn that is entered again which had not come to their end, until they are entered, too."""

    def observe(self, observers: Sequence[Observer]) -> None:
        """Tell these what happens, after it is kept."""
        self.observers = (self._keep, *observers)

    def _read(self, rows: Sequence[Row]) -> None:
        for row in rows:
            turn, _, name = row.key.partition("/")
            self._seq = max(self._seq, row.seq)
            body = row.body
            if int(turn) > self.turn:
                self._flight.remember(row.key, body)
            elif body.get("type") != STEP:
                self.past.append(body)
            elif name == "extras":
                self.kept_extras = cast("Mapping[str, Any]", serde.revived(body["value"]))

    # ------------------------------------------------------------ events

    def recorded(self, event: Event) -> Event:
        """Return an event as it happened when this turn was entered before; the event itself where it is new."""
        key = self._flight.key(event.type)
        body = self._flight.kept.get(key)
        self._key = (key, event.type)
        if body is None:
            return event
        return serde.read_body(body, self.run_id, 1, self.clock.now())

    def emit(self, event: Event) -> None:
        """Keep an event and tell it, unless that was done when this turn was entered before."""
        if event.seq or self.keeper.let_go:
            self._key = ("", "")
            return
        if event.transient or isinstance(event, (ModelCallStarted, InputRequestEvent)):
            super().emit(event)
            return
        key, kind = self._key
        if kind != event.type:
            key = self._flight.key(event.type)
            if key in self._flight.kept:
                if not isinstance(event, RunStarted):
                    return
                key = ""  # it is kept; whoever watches here has to know what the tools mark as secret
        self._key = (key, event.type if key else "")
        super().emit(event)

    def tell(self, event: Event) -> None:
        """Tell an event that is not kept, even after this process has let go of the run."""
        super().emit(event)

    def standing(self, id: str) -> Question | None:
        """Return a question that stands here, of this run or of one inside it."""
        return self._questions.get(id)

    def _keep(self, event: Event) -> None:
        """Be the first observer of this run: what is told is kept."""
        key, kind = self._key
        self._key = ("", "")
        if event.transient or event.run_id != self.run_id or kind != event.type:
            return
        if isinstance(event, RunCompletionEvent):  # its history stands in the rows before it
            event = replace(event, history=())
        self.keeper.put(self.run_id, event.seq, key, event.at, serde.write_body(event))

    def fail(self, error: BaseException) -> None:
        """Keep and tell what made the run fail, as its last event."""
        if not self.keeper.let_go:
            self._key = (self._flight.key("error"), "error")
            super().fail(error)

    # ------------------------------------------------------------ steps

    async def step(
        self, key: str, fn: Callable[[], Awaitable[T]], effect: Effect = "idempotent", kind: type[T] | None = None
    ) -> T:
        """Do a thing once; what it returned before is returned again.

        Before anything that must not be done twice, or that depends on what was decided, what is known so far is
        written; of what is unsafe also that it begins, and at once that it is done.
        """
        name = self._flight.key(key)
        body = self._flight.kept.get(name)
        if body is not None:
            return self._result(body, kind)
        if effect == "read":
            self._meet()
        if effect == "unsafe":
            if f"{name}!" in self._flight.kept:
                raise InDoubt(name)
            self._keep_step(f"{name}!", {})
        if effect != "read":
            await self.keeper.flush()
        result = await self._do(fn, effect)
        self.keeper.check()
        self._keep_step(name, {"value": result if kind is None else serde.own(result)})
        if effect == "unsafe":
            await self.keeper.flush()
        return result

    def _keep_step(self, key: str, body: Mapping[str, Any]) -> None:
        self._seq += 1
        text = serde.encode({"v": serde.VERSION, "type": STEP, **body})
        self._steps.append(self.keeper.put(self.run_id, self._seq, key, self.clock.now(), text))

    async def _do(self, fn: Callable[[], Awaitable[T]], effect: Effect) -> T:
        if effect == "unsafe":
            # Its body cannot be entered again, so whoever it asks is waited for here.
            self.keeper.busy(1)
            try:
                return await self._timed(fn)
            finally:
                self.keeper.busy(-1)
        return await at_work(self.keeper, lambda: self._timed(fn))

    def _timed(self, fn: Callable[[], Awaitable[T]]) -> Awaitable[T]:
        return fn() if self.clock is MACHINE else at_work(self.clock, fn)

    def _result(self, body: Mapping[str, Any], kind: type[T] | None) -> T:
        value = body.get("value")
        return cast(T, serde.revived(value)) if kind is None else serde.made(kind, value)

    def begun(self, strand: str) -> bool:
        """Return whether this strand of the turn was begun when the turn was entered before."""
        return self._flight.begun(strand)

    def settled(self, key: str) -> bool:
        """Return whether this step of the strand returned before, and nobody judged it: before a deploy, or a fork."""
        return self._flight.settled(key)

    def remember(self, key: str, make: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return what was made under this key when the turn was entered before, or make it and keep it."""
        name = self._flight.key(key)
        body = self._flight.kept.get(name)
        if body is not None:
            return cast("Mapping[str, Any]", serde.revived(body["value"]))
        value = make()
        self._keep_step(name, {"value": value})
        return value

    def working(self, called: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Return a call such that the run does not park while it lasts, unless it is waiting itself."""
        return at_work(self.keeper, lambda: called)

    # ------------------------------------------------------------ people

    def request_id(self) -> str:
        """Return the id of the next request: the run's and a number, the same when its turn is entered again."""
        key = self._flight.key("ask")
        found = self._ids.get(key)
        if found is None:
            self._requests += 1
            found = self._ids[key] = f"{self.run_id}:{self._requests}"
        self._asked[found] = key
        return found

    async def wait(self, request: HumanRequest, form: Any = None) -> HumanReply | None:
        """Ask people, of this process and of any other, and return the answer; None: the time is up."""
        self._flight.move_on()
        kept = self.keeper.requests.get(request.id)
        if kept is not None and not _same(kept.request, request):  # what it was about has changed: it does not count
            self.keeper.withdraw(request.id)
            request = replace(request, id=f"{request.id}.{request.action.digest[:6] if request.action else ''}")
            kept = self.keeper.requests.get(request.id)
        if kept is not None and kept.request.level >= request.level and kept.status != "cancelled":
            if kept.request.level > request.level or kept.status == "expired":
                return None
            if kept.status == "answered":
                return kept.reply
            request = kept.request
        else:
            self._keep_request(request)
        self._meet()
        self.keeper.asked.append(request)
        try:
            if self.keeper.parks and not self._reached()[0] and kept is None:
                self.keeper.flush_soon()  # with the parking itself, where nothing else goes on
            else:
                await self.keeper.flush()
                self.keeper.look_soon()  # it may have been settled while nobody here looked
            return await super().wait(request, form)
        except asyncio.CancelledError:
            self.keeper.withdraw(request.id)
            raise
        finally:
            self.keeper.asked.remove(request)

    def _keep_request(self, request: HumanRequest) -> None:
        key = self._asked.get(request.id) or self._flight.key("ask")
        told = f"{self.turn + 1}/{request.id}/{request.level}"
        self.keeper.ask(self.run_id, key, request, told, self.now())
        self._seq += 1
        if told not in self._flight.kept:
            event = InputRequestEvent(request=request, agent=request.agent)
            self.keeper.put(self.run_id, self._seq, told, self.clock.now(), serde.write_body(event))
        for letter in filter(None, (write(request, self.now()) for write in self._writers())):
            self.keeper.send(letter)

    def _writers(self) -> list[Callable[[HumanRequest, float], NewMessage | None]]:
        """Return what writes to people outside: channels whose messages are kept until they are delivered."""
        channels, _ = self._reached()
        return [channel.letter for channel in cast("Sequence[Any]", channels) if hasattr(channel, "letter")]

    def question(self, request: HumanRequest, form: Any) -> StoredQuestion:
        """Return the question as it stands here: its answers are settled in the journal."""
        return StoredQuestion(request, self, self.keeper, form)

    def waited(self, future: asyncio.Future[T], due: float | None = None) -> Awaitable[T]:
        """Await what may take long: the run may park meanwhile."""
        return idle(self._parking(future, due))

    async def _parking(self, future: asyncio.Future[T], due: float | None) -> T:
        with self.keeper.waiting(future, due):
            return await future

    def stood(self, request: HumanRequest, began: float) -> float:
        """Return for how many seconds a request has stood, whichever process put it, until it was answered."""
        kept = self.keeper.requests.get(request.id)
        return super().stood(request, began) if kept is None else (kept.decided or self.now()) - kept.asked

    def reaches(self, who: tuple[str, ...], need: int = 1, but: tuple[str, ...] = ()) -> bool:
        """Return whether enough people are known: the inbox reaches every one."""
        if self.directory is None:
            return True
        return len([p for p in self.directory.serves(who) if p not in but]) >= need

    def channels_for(self, request: HumanRequest) -> set[str]:
        """Return the names of the channels on which somebody may answer: the inbox is always among them."""
        return {*super().channels_for(request), "inbox"}

    # ------------------------------------------------------------ time and steering

    def now(self) -> float:
        """Return the time in seconds since the epoch, by the journal's clock, as deadlines are meant."""
        return self.clock.now() + self.keeper.ahead

    def began(self) -> float:
        """Return when the run began, in whichever process that was."""
        rows = self._rows.get(self.run_id)
        return rows[0].time + self.keeper.ahead if rows else self.now()

    async def sleep(self, seconds: float) -> None:
        """Wait for a time, until the moment that was meant when this turn was first entered."""
        key = self._flight.key("sleep")
        self._meet()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        if seconds == math.inf:
            await self.keeper.flush()
            await self.waited(future)
            return
        due = self.keeper.timers.get((self.run_id, key))
        if due is None:
            due = self.now() + seconds
            self.keeper.remind(self.run_id, key, due)
        if due <= self.now():
            return
        timer = self.clock.call_later(due - self.now(), lambda: future.done() or future.set_result(None))
        try:
            await self.waited(future, due)
        finally:
            timer.cancel()

    def control(self, kinds: Sequence[Steer] | None = None) -> Control | None:
        """Take a control message, and keep that it was met: it is met again where this turn is entered again."""
        if self._flight.is_met_again():
            return self._flight.meet_again()
        control = super().control(self._met_here(kinds) if self._inside else kinds)
        if control is None or self.keeper.let_go:
            return control
        met = self._flight.met(control)  # where it was met: before its own key
        self._keep_step(self._flight.key("control"), met)
        if control.number:
            self.keeper.take(control.number)
        return control

    def breakable(self, fn: Callable[..., Awaitable[T]], by: Sequence[Steer] = ANY, *args: Any) -> Awaitable[T]:
        """Await a call with these arguments, which control messages of these kinds cancel; then raise `Interrupted`."""
        return super().breakable(fn, self._met_here(by) if self._inside else by, *args)

    def _met_here(self, kinds: Sequence[Steer] | None) -> tuple[Steer, ...]:
        """Return which of these kinds are met here while a run inside is about to go on, which is told things first."""
        return tuple(kind for kind in kinds or get_args(Steer) if kind != "say")

    def _meet(self) -> None:
        """Be interrupted where this strand was when its turn was entered before."""
        if self._flight.is_met_again():
            raise Interrupted

    # ------------------------------------------------------------ turns and runs inside

    async def end_turn(self) -> None:
        """Keep what the turn did, as final, and yield."""
        self.keeper.forget(self._steps)  # a turn that is over is never entered again
        extras = dict(self.extras()) if self.extras is not None else {}
        if extras != self.kept_extras:
            self.kept_extras = extras
            self._keep_step(f"{self.turn + 1}/extras", {"value": extras})
        self.turn += 1
        self.keeper.finished(self.run_id, self.turn)
        self._steps.clear()
        self._flight.begin(self.turn + 1)
        self._inside.clear()
        self._rng = None
        await self.keeper.flush()
        await asyncio.sleep(0)

    @property
    def rng(self) -> Random:
        """Seeded by run and turn, so that a turn that is entered again has the same luck."""
        if self._rng is None:
            from random import Random

            self._rng = Random(f"{self.run_id}/{self.turn}")
        return self._rng

    def branch(self, name: str, host: Host | None = None) -> JournaledRuntime:
        """Return a child's runtime, which goes on where it was if it was begun before."""
        key = self._flight.key(f"run/{name}" if name else "run").replace("#", ".")
        child = f"{self.run_id}/{key.replace('/', '.')}"
        self._inside.discard(child)
        return JournaledRuntime(
            host or self.host, keeper=self.keeper, run_id=child, parent=self, directory=self.directory,
            clock=self.clock,
        )  # fmt: skip

    @property
    def unfinished(self) -> list[Mapping[str, Any]]:
        """What happened before in the turn that is entered: events as JSON."""
        return [body for body in self._flight.kept.values() if body.get("type") != STEP]

    def kept_before(self) -> Iterator[Mapping[str, Any]]:
        """Give all that happened in this run and those inside it until it was loaded: events and steps as JSON."""
        for run, rows in self._rows.items():
            if run == self.run_id or run.startswith(f"{self.run_id}/"):
                yield from (row.body for row in rows)

    @property
    def completed(self) -> Event | None:
        """The last event of a run that came to its end before; None: it did not."""
        found = [body for body in self._flight.kept.values() if body.get("type") == "run_completion"]
        return serde.read_body(found[0], self.run_id, 1, self.clock.now()) if found else None


def _same(kept: HumanRequest, now: HumanRequest) -> bool:
    if kept.action is None or now.action is None:
        return kept.action is now.action
    return kept.action.digest == now.action.digest
