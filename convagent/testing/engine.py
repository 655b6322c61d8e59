"""What an engine promises, as checks that any engine can be put to.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_engine(check, journal):
        asyncio.run(check(Kit(journal, MyEngine)))

An adapter for another engine has to pass them all. The runs are empty ones: an engine knows no conversations.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Container
from contextlib import asynccontextmanager, suppress

from ..engine import Engine, Segment
from ..journal.base import Batch, Claim, Journal

PATIENCE = 20.0
"""Seconds after which what should have happened is taken not to happen."""
MakeEngine = Callable[[Journal, Segment, Container[str], int], Engine]
"""Makes an engine of a journal, the function that moves a run on, the agents that are known, and a number of slots."""
Move = Callable[[Claim, int], Awaitable[Batch]]
"""What is done with a run at its first, second, ... segment, from 1; returns what becomes of it."""


class Kit:
    """A journal, an engine over it, and what was moved.

    Args:
        journal: an empty one.
        make: makes the engine that is checked.
    """

    def __init__(self, journal: Journal, make: MakeEngine) -> None:
        self.journal, self._make = journal, make
        self.moved: list[str] = []
        """The ids of runs, once for each segment that began."""
        self.now: list[str] = []
        """Those that are being moved."""
        self._changed = asyncio.Event()

    def begin(self, run: str, agents: tuple[str, ...] = ("bot",)) -> str:
        """Keep a run that is ready."""
        self.journal.begin(run, {"v": 1}, agents, "", 0.0, "ready")
        return run

    @asynccontextmanager
    async def engine(self, move: Move, knows: Container[str] = ("bot",), slots: int = 10) -> AsyncGenerator[Engine]:
        """Have the engine work while the block lasts."""
        made = self._made(move, knows, slots)
        task = asyncio.create_task(made.work())
        try:
            yield made
        finally:
            made.stop()
            await task

    async def once(self, move: Move, knows: Container[str] = ("bot",)) -> None:
        """Have the engine work until nothing can go on by itself."""
        await self._made(move, knows, 10).work(once=True)

    def _made(self, move: Move, knows: Container[str], slots: int) -> Engine:
        async def segment(claim: Claim) -> None:
            self.now.append(claim.run)
            try:
                kept = False
                while not kept:  # what came in meanwhile is met at once
                    self.moved.append(claim.run)
                    self._changed.set()
                    batch = await move(claim, self.moved.count(claim.run))
                    kept = await asyncio.to_thread(self.journal.append, claim, batch)
            finally:
                self.now.remove(claim.run)
                self._changed.set()

        return self._make(self.journal, segment, knows, slots)

    async def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so.

        Raises:
            AssertionError: it does not become so.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                while not await asyncio.to_thread(is_so):
                    await self._change()
        except TimeoutError:
            raise AssertionError(f"in {PATIENCE:g} s it did not happen that {what}; moved: {self.moved}") from None

    async def _change(self) -> None:
        """Wait until something happens here; a moment at most, for what happens elsewhere."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await self._changed.wait()

    def status(self, run: str) -> str:
        """Return the status of a run."""
        return self.journal.load(run).info.status


async def _done(claim: Claim, number: int) -> Batch:
    return Batch(status="done", reason="over")


# ---------------------------------------------------------------- the promises


async def wakes_a_run_that_is_ready(kit: Kit) -> None:
    """A run that was ready before the engine began is moved, and one that becomes ready while it works."""
    kit.begin("before")
    async with kit.engine(_done):
        await kit.until(lambda: kit.status("before") == "done", "the run that was there was moved")
        await asyncio.to_thread(kit.begin, "after")
        await kit.until(lambda: kit.status("after") == "done", "the run that came was moved")
    assert sorted(kit.moved) == ["after", "before"]


async def wakes_a_run_that_waits_when_something_comes_for_it(kit: Kit) -> None:
    """A run that waits is moved again once something came in, and not before."""

    async def move(claim: Claim, number: int) -> Batch:
        return Batch(status="waiting") if number == 1 else Batch(status="done")

    kit.begin("run")
    async with kit.engine(move):
        await kit.until(lambda: kit.status("run") == "waiting", "it waits")
        assert kit.moved == ["run"]
        assert await asyncio.to_thread(kit.journal.steer, "run", "unpause")
        await kit.until(lambda: kit.status("run") == "done", "it was moved again")
    assert kit.moved == ["run", "run"]


async def wakes_a_run_whose_time_has_come(kit: Kit) -> None:
    """A run that waits until a time is moved then, and not before."""
    due = 0.0

    async def move(claim: Claim, number: int) -> Batch:
        nonlocal due
        if number > 1:
            assert await asyncio.to_thread(kit.journal.now) >= due
            return Batch(status="done")
        due = await asyncio.to_thread(kit.journal.now) + 0.5
        return Batch(status="waiting", wake=due)

    kit.begin("run")
    async with kit.engine(move):
        await kit.until(lambda: kit.status("run") == "done", "its time came")
    assert kit.moved == ["run", "run"]


async def gives_a_run_that_waits_no_slot(kit: Kit) -> None:
    """With one slot, a run that is ready is moved although others wait in front of it."""

    async def move(claim: Claim, number: int) -> Batch:
        return Batch(status="waiting") if claim.run.startswith("waits") else Batch(status="done")

    for number in range(20):
        kit.begin(f"waits{number}")
    kit.begin("ready")
    async with kit.engine(move, slots=1):
        await kit.until(lambda: kit.status("ready") == "done", "the run behind those that wait was moved")


async def leaves_to_others_what_is_not_known_here(kit: Kit) -> None:
    """A run that needs an agent which is not known here is not moved here, and not lost."""
    kit.begin("foreign", ("somebody else",))
    kit.begin("own")
    async with kit.engine(_done):
        await kit.until(lambda: kit.status("own") == "done", "the run that is known was moved")
    assert kit.moved == ["own"]
    assert kit.status("foreign") in ("ready", "blocked")
    async with kit.engine(_done, knows=("somebody else",)):
        await kit.until(lambda: kit.status("foreign") == "done", "the one who knows it moved it")


async def outlives_a_segment_that_fails(kit: Kit) -> None:
    """A segment that raises ends neither the engine nor other runs."""

    async def move(claim: Claim, number: int) -> Batch:
        if claim.run == "bad":
            raise RuntimeError("on purpose")
        return Batch(status="done")

    kit.begin("bad")
    async with kit.engine(move):
        await kit.until(lambda: "bad" in kit.moved, "the bad run was moved")
        await asyncio.to_thread(kit.begin, "good")
        await kit.until(lambda: kit.status("good") == "done", "another run was moved after it")


async def makes_up_for_a_worker_that_is_gone(kit: Kit) -> None:
    """A run whose worker let its lease end is taken over."""
    kit.journal.begin("run", {"v": 1}, ("bot",), "elsewhere:1:nobody", 0.1)
    async with kit.engine(_done):
        await kit.until(lambda: kit.status("run") == "done", "it was taken over")


async def lets_what_it_moves_come_to_its_pause(kit: Kit) -> None:
    """Told to stop, it begins nothing more, and what it moves is finished."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def move(claim: Claim, number: int) -> Batch:
        begun.set()
        await go_on.wait()
        return Batch(status="done")

    kit.begin("run")
    async with kit.engine(move) as engine:
        await begun.wait()
        engine.stop()
        await asyncio.to_thread(kit.begin, "later")
        go_on.set()
    assert kit.status("run") == "done"
    assert kit.status("later") == "ready"


async def ends_by_itself_where_nothing_can_go_on(kit: Kit) -> None:
    """Asked to work once, it returns when every run waits or is over."""

    async def move(claim: Claim, number: int) -> Batch:
        return Batch(status="waiting") if claim.run == "waits" else Batch(status="done")

    kit.begin("waits")
    kit.begin("ends")
    await kit.once(move)
    assert (kit.status("waits"), kit.status("ends")) == ("waiting", "done")


async def moves_no_run_twice_at_once(kit: Kit) -> None:
    """However often a run is woken while it is moved, nobody else moves it meanwhile."""
    at_once: list[int] = []

    async def move(claim: Claim, number: int) -> Batch:
        at_once.append(len(kit.now))
        for _ in range(5):
            await asyncio.to_thread(kit.journal.steer, "run", "unpause")
        return Batch(status="done") if number == 3 else Batch(status="waiting")

    kit.begin("run")
    async with kit.engine(move):
        await kit.until(lambda: kit.status("run") == "done", "it came to its end")
    assert at_once == [1, 1, 1]


CHECKS: tuple[Callable[[Kit], Awaitable[None]], ...] = (
    wakes_a_run_that_is_ready,
    wakes_a_run_that_waits_when_something_comes_for_it,
    wakes_a_run_whose_time_has_come,
    gives_a_run_that_waits_no_slot,
    leaves_to_others_what_is_not_known_here,
    outlives_a_segment_that_fails,
    makes_up_for_a_worker_that_is_gone,
    lets_what_it_moves_come_to_its_pause,
    ends_by_itself_where_nothing_can_go_on,
    moves_no_run_twice_at_once,
)
"""Every promise; each is an async function of a `Kit`."""
