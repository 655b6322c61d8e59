"""`convagent worker`: move runs on until somebody says stop."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from ..agents.conversable import ConversableAgent
from ..agents.durable import advance
from ..agents.specification import named
from ..engine import Engine
from ..errors import ConfigError, JournalError, JournalUnavailable, RunBlocked
from ..journal import open_journal
from ..journal.base import Claim, Journal
from ..journal.counting import Counts
from ..journal.presence import Presence
from ..tools.mcp.link import links
from . import Say
from .engines import Make, engine_of
from .journals import AT_FIRST, patiently, place_of
from .logs import Log, secrets
from .probes import SILENT, Probes
from .teams import Team, team_of
from .telemetry import metrics, telemetry

SIGNALS = (signal.SIGTERM, signal.SIGINT)
ATTEND = 15.0
"""Seconds after which a worker says again that it is there."""
TURN = 5.0
"""Seconds after which the loop shows that it turns."""
PAUSE, LONGEST = 1.0, 15.0
"""Seconds until a journal that cannot be reached is tried again: twice as many each time, up to some."""
GRACE = 10.0
"""Seconds at most in which runs are let go of at the second signal."""


def work(options: Any, say: Say) -> int:
    """Move runs on until SIGTERM or SIGINT.

    Raises:
        ConfigError: there are no such agents, or an option is wrong.
        JournalError: the journal cannot be used; one that cannot be reached just now is waited for, but by ``--once``.
    """
    make, place = engine_of(options), place_of(options)
    team = team_of(options.agents)
    names = frozenset(named(agent) for agent in team())
    log = Log(options.log, _nothing if options.quiet else say, secrets(place))
    shift = _Shift(place, make, team, names, log)
    with log, ExitStack() as closing:
        closing.callback(links.close)  # the programs of MCP servers, before it says that it has ended
        if options.telemetry:
            shift.observers.append(telemetry())
        if options.listen:
            page = metrics(shift.counts)
            shift.observers += [page.observer] if page else []
            probes = closing.enter_context(Probes(options.listen, shift.reach, shift.lives, shift.draining, page))
            log.tell(f"Listening on {probes.url}: /live, /ready, /metrics")
        return asyncio.run(shift.work(once=options.once))


def _nothing(line: str) -> None:
    return None


def _heed(call: Callable[[int], None]) -> None:
    """Have a function called on this loop when somebody says stop."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        try:
            loop.add_signal_handler(number, call, number)
        except NotImplementedError:  # on Windows
            signal.signal(number, lambda number, _: loop.call_soon_threadsafe(call, number))


def _die(number: int) -> None:
    """End now: somebody has said so twice, and what is not let go of by now is in doubt anyway."""
    os._exit(128 + number)


class _Shift:
    """What one worker does between its start and its end."""

    def __init__(self, place: str, make: Make, team: Team, names: frozenset[str], log: Log) -> None:
        self._place, self._make, self._team, self._names, self._log = place, make, team, names, log
        self.observers: list[Any] = []
        self._opened: Journal | None = None
        """None: it was not reached yet."""
        self._engine: Engine | None = None
        self._turned = time.monotonic()
        self._moving: set[str] = set()
        self._told: int = 0
        """The signal that said stop; 0: none did."""
        self._stop = asyncio.Event()

    @property
    def _journal(self) -> Journal:
        if self._opened is None:
            raise JournalUnavailable("the journal was not reached yet")
        return self._opened

    async def work(self, *, once: bool) -> int:
        task = asyncio.current_task()
        assert task is not None
        _heed(lambda number: self._end(number, task))
        turning = asyncio.create_task(self._turn())
        try:
            await (self._serve(once=True) if once else self._last())
        except asyncio.CancelledError:
            if not self._told:
                raise
            return 128 + self._told
        finally:
            turning.cancel()
        return 0

    async def _last(self) -> None:
        """Serve until somebody says stop. A journal that cannot be reached when it is opened is waited for."""
        pause = PAUSE
        while not self._told:
            try:
                return await self._serve()
            except JournalUnavailable as error:
                self._log.tell(f"{error}; it is tried again in {pause:g} s", level="warning")
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stop.wait()
            pause = min(2 * pause, LONGEST)

    async def _serve(self, *, once: bool = False) -> None:
        """Open the journal, and move its runs on."""
        patience = AT_FIRST if once else 0.0
        journal = await asyncio.to_thread(patiently, lambda: open_journal(self._place), patience)
        self._opened = journal
        presence = Presence(journal, journal.heart.worker, self._names)
        attending = asyncio.create_task(self._attend(presence))
        try:
            self._engine = self._make(journal, self.move, self._names)
            self._log.tell(f"Moving on the runs of {', '.join(sorted(self._names))} in {journal.url}. Ctrl-C ends it.")
            if not self._told:
                await self._engine.work(once=once)
        finally:
            self._opened, self._engine = None, None
            attending.cancel()
            await asyncio.to_thread(presence.leave)
            await asyncio.to_thread(journal.close)

    async def _turn(self) -> None:
        while True:
            self._turned = time.monotonic()
            await asyncio.sleep(TURN)

    async def _attend(self, presence: Presence) -> None:
        """Let others see that these agents are known here."""
        while True:
            with suppress(JournalError):  # it is said again
                await asyncio.to_thread(presence.attend)
            await asyncio.sleep(ATTEND)

    def _end(self, number: int, task: asyncio.Task[Any]) -> None:
        if self._told:
            task.cancel()
            asyncio.get_running_loop().call_later(GRACE, _die, number)
            return
        self._told = number
        self._stop.set()
        if self._engine is not None:
            self._engine.stop()
        if self._moving:
            self._log.tell(
                f"Stopping as soon as these come to a pause: {', '.join(sorted(self._moving))}. Once more: at once."
            )

    # ------------------------------------------------------------ one run

    async def move(self, claim: Claim) -> None:
        """Move a claimed run on, and say how far it came."""
        self._moving.add(claim.run)
        self._tell(claim.run, "moves on")
        try:
            result = await advance(self._journal, claim, self._agents, self.observers)
        except asyncio.CancelledError:
            await asyncio.to_thread(self._let_go, claim.run)
            raise
        except Exception as error:
            self._tell(claim.run, f"stops: {type(error).__name__}: {error}")
            raise
        finally:
            self._moving.discard(claim.run)
            for observer in self.observers:
                if (over := getattr(observer, "over", None)) is not None:
                    over(claim.run)
        self._tell(
            claim.run, f"is over: {result.reason or 'done'}" if result is not None else self._how_it_stands(claim)
        )

    def _agents(self) -> Sequence[ConversableAgent]:
        try:
            return self._team()
        except ConfigError as error:
            raise RunBlocked(str(error)) from error

    def _let_go(self, run: str) -> None:
        """Let another worker go on at once with a run that was broken off."""
        try:
            if self._journal.load(run).info.status == "left":
                self._journal.release(run, "ready", "its worker was stopped")
        except JournalError:
            pass  # its lease ends soon, and any worker takes it over
        self._tell(run, "is broken off")

    def _how_it_stands(self, claim: Claim) -> str:
        try:
            asked = self._journal.pending(run=claim.run, limit=1)
            if asked:
                return f"waits for {' or '.join(asked[0].request.to) or 'anybody'}: {asked[0].id}"
            info = self._journal.load(claim.run).info
        except JournalError as error:
            return f"waits ({error})"
        due = "" if info.wake is None else time.strftime(" until %Y-%m-%d %H:%M:%S", time.localtime(info.wake))
        return f"is {info.status}{due}{f': {info.reason}' if info.reason else ''}"

    def _tell(self, run: str, what: str) -> None:
        self._log.tell(what, run)

    # ------------------------------------------------------------ what those who operate it ask

    def lives(self) -> bool:
        """Return whether its loop has turned lately."""
        return time.monotonic() - self._turned < SILENT

    def draining(self) -> bool:
        """Return whether it was told to stop."""
        return bool(self._told)

    def reach(self) -> None:
        """See that the journal can be used.

        Raises:
            JournalError: it cannot, or was not reached yet.
        """
        self._journal.runs(limit=1)

    def counts(self) -> Counts | None:
        """Return how much there is in the journal; None: it cannot be reached."""
        try:
            return self._journal.counts()
        except JournalError:
            return None
