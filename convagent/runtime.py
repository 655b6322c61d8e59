"""The seam between a conversation and the world: six verbs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from .events import Event
from .human import HumanReply, HumanRequest
from .tools.tool import Effect

if TYPE_CHECKING:
    from random import Random

T = TypeVar("T")


Steer = Literal["interrupt", "say", "stop", "pause", "unpause", "revoke", "force"]
"""`interrupt`: pause and ask; `say`: add a message; `stop`: end; `pause`, `unpause`: wait, and go on; `revoke`: a
grant ends; `force`: what a stop does that also breaks off tools, never a message by itself."""
ANY: tuple[Steer, ...] = ("interrupt", "say", "stop")


@dataclass(frozen=True, slots=True)
class Control:
    """What somebody outside wants of the run."""

    action: Steer
    text: str = ""
    """What to say, why to stop, which grant to revoke."""
    by: str = ""
    force: bool = False
    """Whether a stop also breaks off tools in flight, which leaves them in doubt."""
    number: int = 0
    """What a journal knows it by; 0: it came from this process."""


class Parked(BaseException):
    """A run waits, its process lets go of it, and it is entered again later. No body may keep it from passing.

    Args:
        again: whether something came in while it let go, so that it is to be entered again at once.
    """

    def __init__(self, again: bool = False) -> None:
        super().__init__("the run waits, and its process has let go of it")
        self.again = again


class InDoubt(Exception):
    """A step that may be done once only was begun, and nobody knows whether it was done: its process died in it."""


strand: ContextVar[str] = ContextVar("convagent_strand", default="")
"""Which stretch of a turn this code belongs to. What runs side by side has different ones, so that what happens in
each can be counted, and found again by a journal when the turn is entered again."""


class Interrupted(Exception):
    """A wait was cut short by a control message, which `Runtime.control()` now gives."""

    def __init__(self) -> None:
        super().__init__("interrupted")


class Runtime(Protocol):
    """How a conversation touches the world. In memory now; a journal implements the same verbs."""

    run_id: str
    keeps: bool
    """Whether what happens is kept, so that a turn may be entered again and find what it did before."""

    @property
    def rng(self) -> Random:
        """Return the run's source of chance, seeded by its id."""
        ...

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    def began(self) -> float:
        """Return when the run began, by the same clock; now, where it begins."""
        ...

    def emit(self, event: Event) -> None:
        """Tell every observer; sets the envelope (`run_id`, `seq`, `at`)."""
        ...

    def recorded(self, event: Event) -> Event:
        """Return an event as it happened when this turn was entered before; the event itself where it is new."""
        ...

    def step(
        self, key: str, fn: Callable[[], Awaitable[T]], effect: Effect = "idempotent", kind: type[T] | None = None
    ) -> Awaitable[T]:
        """Do a thing once and remember its result under `key`.

        Args:
            key: what it is, the same when its turn is entered again.
            fn: does it.
            effect: what doing it twice means; of an unsafe one its beginning is kept, too.
            kind: the class of its result; None: plain JSON values.

        Raises:
            InDoubt: it is unsafe, was begun before, and whether it was done is not known.
        """
        ...

    def begun(self, strand: str) -> bool:
        """Return whether this strand of the turn was begun when the turn was entered before."""
        ...

    def settled(self, key: str) -> bool:
        """Return whether this step of the strand returned before, and nobody judged it: it is not judged any more."""
        ...

    def remember(self, key: str, make: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return what was made under this key when the turn was entered before, or make it and keep it."""
        ...

    def request_id(self) -> str:
        """Return the id of the next request, the same when its turn is entered again."""
        ...

    async def wait(self, request: HumanRequest, form: Any = None) -> HumanReply | None:
        """Emit a request and wait for its reply; None: its deadline has passed.

        Args:
            request: the question, as plain data.
            form: the pydantic model of its form, whose own validators a reply must satisfy, too.
        """
        ...

    def stood(self, request: HumanRequest, began: float) -> float:
        """Return for how many seconds a request has stood that was put at this time; of an answered one until then."""
        ...

    def reaches(self, who: tuple[str, ...], need: int = 1, but: tuple[str, ...] = ()) -> bool:
        """Return whether enough different people can be asked who are one of these or have such a role."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for a time; for ever, where it is infinite."""
        ...

    def control(self, kinds: Sequence[Steer] | None = None) -> Control | None:
        """Take the oldest control message that is waiting, of these kinds; a stop comes first, and stays."""
        ...

    def working(self, called: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Return a call of the user's code such that the run counts as busy while it lasts."""
        ...

    def breakable(self, fn: Callable[..., Awaitable[T]], by: Sequence[Steer] = ANY, *args: Any) -> Awaitable[T]:
        """Await a call with these arguments, which control messages of these kinds cancel.

        Raises:
            Interrupted: it was cancelled for one, or one was waiting already.
        """
        ...

    def stop(self, control: Control) -> None:
        """End the run, and whichever around it the last interruption was meant for."""
        ...

    def end_turn(self) -> Awaitable[None]:
        """Let what the turn did be final, and yield to whoever else needs the loop."""
        ...

    def breathe(self) -> Awaitable[None]:
        """Yield to whoever else needs the loop."""
        ...

    def branch(self, name: str) -> Runtime:
        """Return the runtime of a child run: same observers, id `parent/name`."""
        ...
