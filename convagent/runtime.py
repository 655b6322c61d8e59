"""The seam between a conversation and the world: six verbs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from .events import Event
from .human import HumanReply, HumanRequest
from .tools.tool import Effect

if TYPE_CHECKING:
    from random import Random

T = TypeVar("T")


Steer = Literal["interrupt", "say", "stop"]
"""`interrupt`: pause and ask; `say`: add a message; `stop`: end."""
ANY: tuple[Steer, ...] = ("interrupt", "say", "stop")


@dataclass(frozen=True, slots=True)
class Control:
    """What somebody outside wants of the run."""

    action: Steer
    text: str = ""
    """What to say, or why to stop."""
    by: str = ""


class Interrupted(Exception):
    """A wait was cut short by a control message, which `Runtime.control()` now gives."""

    def __init__(self) -> None:
        super().__init__("interrupted")


class Runtime(Protocol):
    """How a conversation touches the world. In memory now; a journal implements the same verbs."""

    run_id: str

    @property
    def rng(self) -> Random:
        """Return the run's source of chance, seeded by its id."""
        ...

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    def emit(self, event: Event) -> None:
        """Tell every observer; sets the envelope (`run_id`, `seq`, `at`)."""
        ...

    async def step(self, key: str, fn: Callable[[], Awaitable[T]], effect: Effect = "idempotent") -> T:
        """Do a thing once and remember its result under `key`."""
        ...

    async def wait(self, request: HumanRequest) -> HumanReply:
        """Emit a request and wait for its reply."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        ...

    def control(self) -> Control | None:
        """Take the oldest control message that is waiting, if there is one; a stop comes first, and stays."""
        ...

    async def breakable(self, fn: Callable[[], Awaitable[T]], by: Sequence[Steer] = ANY) -> T:
        """Await something that control messages of these kinds cancel.

        Raises:
            Interrupted: it was cancelled for one, or one was waiting already.
        """
        ...

    def stop(self, control: Control) -> None:
        """End the run, and whichever around it the last interruption was meant for."""
        ...

    async def breathe(self) -> None:
        """Yield to whoever else needs the loop, between two turns."""
        ...

    def branch(self, name: str) -> Runtime:
        """Return the runtime of a child run: same observers, id `parent/name`."""
        ...
