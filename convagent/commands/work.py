"""`convagent worker`: move runs on until somebody says stop."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from ..agents.conversable import ConversableAgent
from ..agents.durable import advance, named
from ..engine import Engine
from ..errors import ConfigError, JournalError, RunBlocked
from ..journal.base import Claim, Journal
from . import Say
from .engines import engine_of
from .journals import opened, where
from .logs import Log, secrets
from .probes import SILENT, Probes
from .teams import Team, team_of
from .telemetry import metrics, telemetry

SIGNALS = (signal.SIGTERM, signal.SIGINT)
ATTEND = 60.0
"""Seconds after which a worker says again that it is there."""
TURN = 5.0
"""Seconds after which the loop shows that it turns."""
GRACE = 5.0
"""Seconds in which runs are let go of at the second signal."""


def work(options: Any, say: Say) -> int:
    """Move runs on until SIGTERM or SIGINT.

    Raises:
        ConfigError: there are no such agents, or an option is wrong.
        JournalError: the journal cannot be used.
    """
    if options.slots < 1:
        raise ConfigError(f"--slots {options.slots}: expected 1 or more")
    team = team_of(options.agents)
    names = frozenset(named(agent) for agent in team())
    log = Log(options.log, _nothing if options.quiet else say, secrets(where(options)))
    observers = [telemetry()] if options.telemetry else []
    with opened(options, create=True) as journal, ExitStack() as closing:
        closing.enter_context(log)
        page = metrics(journal) if options.listen else None
        shift = _Shift(journal, team, names, log, [*observers, *([page.observer] if page else [])])
        shift.engine = engine_of(options, journal, shift.move, names)
        if options.listen:
            probes = closing.enter_context(Probes(options.listen, journal, shift.lives, shift.draining, page))
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
    """End by a signal: a plain function of a tool cannot be broken off, and what it does is in doubt anyway."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


class _Shift:
    """What one worker does between its start and its end."""

    engine: Engine

    def __init__(
        self, journal: Journal, team: Team, names: frozenset[str], log: Log, observers: Sequence[Any]
    ) -> None:  # fmt: skip
        self._journal, self._team, self._names, self._log = journal, team, names, log
        self._observers = observers
        self._turned = time.monotonic()
        self._moving: set[str] = set()
        self._told: int = 0
        """The signal that said stop; 0: none did."""

    async def work(self, *, once: bool) -> int:
        task = asyncio.current_task()
        assert task is not None
        _heed(lambda number: self._stop(number, task))
        self._log.tell(
            f"Moving on the runs of {', '.join(sorted(self._names))} in {self._journal.url}. Ctrl-C ends it."
        )
        present = asyncio.create_task(self._attend())
        try:
            await self.engine.work(once=once)
        except asyncio.CancelledError:
            if not self._told:
                raise
            return 128 + self._told
        finally:
            present.cancel()
        return 0

    async def _attend(self) -> None:
        """Let others see that these agents are known here."""
        journal = self._journal
        while True:
            try:
                await asyncio.to_thread(journal.attend, journal.heart.worker, sorted(self._names))
            except JournalError:
                pass  # it is said again
            for _ in range(int(ATTEND / TURN)):
                self._turned = time.monotonic()
                await asyncio.sleep(TURN)

    def _stop(self, number: int, task: asyncio.Task[Any]) -> None:
        if self._told:
            task.cancel()
            asyncio.get_running_loop().call_later(GRACE, _die, number)
            return
        self._told = number
        self.engine.stop()
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
            result = await advance(self._journal, claim, self._agents, self._observers)
        except asyncio.CancelledError:
            await asyncio.to_thread(self._let_go, claim.run)
            raise
        except Exception as error:
            self._tell(claim.run, f"stops: {type(error).__name__}: {error}")
            raise
        finally:
            self._moving.discard(claim.run)
            for observer in self._observers:
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
