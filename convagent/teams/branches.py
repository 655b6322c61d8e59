"""Members of a team that work side by side, each in a run of its own."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

from ..agent import Ending
from ..agents.chat import Chat, hold
from ..agents.conversable import ConversableAgent
from ..conversation.context import RunContext
from ..conversation.result import ChatResult
from ..errors import BranchError, JournalError, NobodyReachable, RunError
from ..events import ControlEvent
from ..messages import content_text
from ..runs.clock import at_work
from ..runs.local import LocalRuntime
from ..runs.steering import Steering
from ..runtime import Control, strand
from .seat import outcome_of

LEGIBLE = 20
"""So many branches can be read as they go; of more of them the one result is shown."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What became of one member's work."""

    name: str
    content: str = ""
    """What it replied."""
    error: str = ""
    """Why it came to nothing; empty: it did not."""
    how: Ending = "done"
    """How its conversation ended, as in `ChatResult.how`."""


class Branches:
    """Members at work on one task.

    Each one's part is a run inside that of the team, in a strand of its own, and what it came to is a step: where the
    turn is entered again, a branch that had ended does not begin anew.

    Args:
        run: the team's conversation.
        team: who gives them the task.
        reports: whether a branch that fails is a result, too, so that it is not tried again.
        most: how many work at the same time; None: all. One that waits for a person leaves its place to another.
    """

    def __init__(self, run: RunContext, team: ConversableAgent, *, reports: bool, most: int | None) -> None:
        self.run, self.team, self.reports = run, team, reports
        self._places = _Places(most)
        self._told = _Told(run)
        self._silent = run.silent

    async def work(self, members: Sequence[ConversableAgent], task: Any) -> list[Branch]:
        """Let all of them work, and return what came of it in their order.

        Raises:
            BranchError: some failed, and that is not to be reported; all others have ended.
        """
        self._silent = self.run.silent or len(members) > LEGIBLE
        base = strand.get()
        tasks = [asyncio.ensure_future(self._in_strand(f"{base}b{i}.", m, task)) for i, m in enumerate(members)]
        with self._steering.noting(self._told.note):
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            finally:  # the run is left, or cannot go on: the failure of a branch is a value
                for one in tasks:
                    one.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        for raised in [one.exception() for one in tasks if not one.cancelled()]:
            if raised is not None:
                raise raised
        return self._all([one.result() for one in tasks])

    def _all(self, ended: Sequence[Branch | _Failure]) -> list[Branch]:
        failed = {one.name: one.error for one in ended if isinstance(one, _Failure)}
        nobody = next((error for error in failed.values() if isinstance(error, NobodyReachable)), None)
        if nobody is not None:
            raise nobody
        if failed:
            raise BranchError(self.team.name, failed) from next(iter(failed.values()))
        return cast("list[Branch]", list(ended))

    async def _in_strand(self, name: str, member: ConversableAgent, task: Any) -> Branch | _Failure:
        self.run.enter_strand(name)
        await self._places.free()
        try:
            found = await at_work(self._places, lambda: self._step(member, task))
        except (JournalError, RunError):
            raise  # the whole run cannot go on
        except Exception as error:  # noqa: BLE001 - the others go on, and it is raised when they have ended
            return _Failure(member.name, error)
        if found.get("typed_by"):
            self.run.state.heard_inside({found["content"].strip(): found["typed_by"]})
        return Branch(member.name, found["content"], found["error"], found.get("how", "done"))

    async def _step(self, member: ConversableAgent, task: Any) -> Mapping[str, Any]:
        async def once() -> Mapping[str, Any]:
            return await self._work(member, task)

        try:
            return await self.run.step("branch", once)
        except Exception:
            raise
        except BaseException:  # the run is left: nobody is to begin in the place that gets free
            self._places.close()
            raise

    async def _work(self, member: ConversableAgent, task: Any) -> Mapping[str, Any]:
        """Return what a member replies to the task, or why it came to nothing."""
        chat = Chat(self.team, member, task, summary_method=None, silent=self._silent, one_answer=True)
        try:
            result = await self._beside(chat)
        except Exception as error:
            if not self.reports or isinstance(error, (NobodyReachable, JournalError, RunError)):
                raise
            return {"content": "", "error": f"{type(error).__name__}: {error}", "how": "failed"}
        found = reply_in(result, member)
        return {
            "content": found or "", "error": result.reason or "no reply" if found is None else "",
            "typed_by": self.run.state.typed_inside(found or ""), "how": result.how,
        }  # fmt: skip

    async def _beside(self, chat: Chat) -> ChatResult:
        """Hold a chat that hears what the others are told, and were told before it began."""
        with ExitStack() as lasting:

            def begun(runtime: LocalRuntime) -> None:
                lasting.enter_context(self._steering.beside(runtime.steering))
                self._told.tell(runtime)

            return await hold(chat, begun)

    @property
    def said(self) -> list[Control]:
        """What people said to all of them."""
        return [control for control in self._told.controls if control.action == "say"]

    @property
    def _steering(self) -> Steering:
        return cast(LocalRuntime, self.run.runtime).steering


def reply_in(result: ChatResult, member: ConversableAgent) -> str | None:
    """Return the text of what a member replied in a chat; None: nothing, or it was not to be passed on."""
    content = outcome_of(result, member)
    return None if content is None else content_text(content)


@dataclass(frozen=True, slots=True)
class _Failure:
    name: str
    error: Exception


class _Told:
    """What those side by side are told: who waits for a place meanwhile is told it at the beginning.

    It is kept with the turn of the team. Where that is entered again, each one is told what it has not heard yet.
    """

    def __init__(self, run: RunContext) -> None:
        self._run, self._strand, self._count = run, strand.get(), 0
        self.controls: list[Control] = []
        while run.runtime.begun(self._next):
            self.note(Control("say"))

    @property
    def _next(self) -> str:
        return f"{self._strand}told{self._count}."

    def note(self, control: Control) -> None:
        """Remember what was said."""
        here = self._run.enter_strand(self._next)
        said = {"action": control.action, "text": control.text, "by": control.by}
        self.controls.append(Control(**self._run.runtime.remember("told", lambda: said)))
        self._run.enter_strand(here)
        self._count += 1

    def tell(self, runtime: LocalRuntime) -> None:
        """Tell a branch that begins, or is gone on with, what it has not heard."""
        kept = [body for body in runtime.kept_before() if body.get("type") == ControlEvent.type]
        heard = _lasting([Control(body["action"], body.get("text", ""), body.get("by", "")) for body in kept])
        for control in _lasting(self.controls):
            if control in heard:
                heard.remove(control)
            else:
                runtime.steer(control)


def _lasting(controls: Sequence[Control]) -> list[Control]:
    """Return which of some control messages hold still: all that was said, and a pause until it is over."""
    over = max((i for i, control in enumerate(controls) if control.action == "unpause"), default=-1)
    return [one for i, one in enumerate(controls) if one.action == "say" or (one.action == "pause" and i > over)]


class _Places:
    """So many places to work at; who comes first has the next one that gets free."""

    def __init__(self, most: int | None) -> None:
        self._left = sys.maxsize if most is None else most
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def free(self) -> None:
        """Wait until a place is free."""
        while self._left <= 0:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn

    def busy(self, by: int) -> None:
        """Be told that somebody takes a place (1) or leaves it (-1), for a while or for good."""
        self._left -= by
        for _ in range(min(self._left, len(self._waiting))):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)

    def close(self) -> None:
        """Let nobody take a place any more."""
        self._waiting.clear()
        self._left = -sys.maxsize
