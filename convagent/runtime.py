"""The seam between a conversation and the world: six verbs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
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

    def step(self, key: str, fn: Callable[[], Awaitable[T]], effect: Effect = "idempotent") -> Awaitable[T]:
        """Do a thing once and remember its result under `key`."""
        ...

    async def wait(self, request: HumanRequest, form: Any = None) -> HumanReply | None:
        """Emit a request and wait for its reply; None: its deadline has passed.

        Args:
            request: the question, as plain data.
            form: the pydantic model of its form, whose own validators a reply must satisfy, too.
        """
        ...

    def reaches(self, who: tuple[str, ...], need: int = 1, but: tuple[str, ...] = ()) -> bool:
        """Return whether enough different people can be asked who are one of these or have such a role."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        ...

    def control(self, kinds: Sequence[Steer] | None = None) -> Control | None:
        """Take the oldest control message that is waiting, of these kinds; a stop comes first, and stays."""
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

    def breathe(self) -> Awaitable[None]:
        """Yield to whoever else needs the loop, between two turns."""
        ...

    def branch(self, name: str) -> Runtime:
        """Return the runtime of a child run: same observers, id `parent/name`."""
        ...
