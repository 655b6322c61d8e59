"""Let a function answer: a bot of your own, a form, a call to another system."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any, cast

from .._sync import Boxed, hold_on, in_worker, is_async
from ..events import Event, InputRequestEvent
from ..human import Decision, HumanReply, HumanRequest, Seat
from .base import as_roles, is_asked

Answer = str | Decision | None
Answering = Callable[[HumanRequest], Answer | Awaitable[Answer]]
"""Answers as typed, or by a decision; None: it does not answer, and the question stands."""


class CallableChannel:
    """A channel to whoever a function asks.

        CallableChannel(ask_the_ticket_system, person="ada", roles=["clerk"])

    A plain function runs in a worker thread, an async one on the run's loop; neither holds up the
    run. When somebody else answers first, or the time is up, an async function is cancelled, and
    what a plain one returns is not used. A function that raises, or whose answer the request does
    not take, is a channel that failed: the question stands on the others.

    Args:
        fn: is called with each `HumanRequest`; returns what a person would type, a `Decision`, or
            None: then the question stands, for other channels or until its time is up.
        person: who answers there; empty: nobody in particular.
        roles: the roles in which they may answer; `*`: every role.
        name: what the channel is called; empty: as the function.
    """

    def __init__(self, fn: Answering, *, person: str = "", roles: str | Sequence[str] = ("*",), name: str = "") -> None:
        self._fn = fn
        self.name = name or _name_of(fn)
        self.seats: Sequence[Seat] = (Seat(person, as_roles(roles)),)

    def __repr__(self) -> str:
        return f"CallableChannel({self.name!r}, {self.seats[0]!r})"

    def __call__(self, event: Event, /) -> None:
        """Begin to ask, if the event is a question to who answers here."""
        if not is_asked(event, self.seats):
            return
        loop = asyncio.get_running_loop()
        task = hold_on(loop.create_task(self._ask(event)))
        event.when_answered(lambda: _cancel_soon(loop, task))

    async def _ask(self, event: InputRequestEvent) -> None:
        try:
            problem = self._hand_in(event, await self._call(event.request))
        except (Boxed, KeyboardInterrupt, SystemExit) as stop:
            event.fail(stop)  # it ends the run's caller, not the loop
        except asyncio.CancelledError:
            if event.answered or _is_cancelled():
                raise
            event.channel_failed(self.name, "the function was cancelled")
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises: the question stands on the others
            event.channel_failed(self.name, error)
        else:
            if problem:
                event.channel_failed(self.name, problem)

    async def _call(self, request: HumanRequest) -> object:
        if is_async(self._fn):
            return await cast(Awaitable[object], self._fn(request))
        answer = await in_worker(self._fn, (request,), {})
        return await answer if isawaitable(answer) else answer

    def _hand_in(self, event: InputRequestEvent, answer: Any) -> str:
        """Reply; return what is wrong with the answer, or nothing."""
        if answer is None:
            return ""
        if not isinstance(answer, (str, Decision)):
            return f"the function returned {type(answer).__name__}; expected a text, a Decision, or None for no answer"
        seat = self.seats[0]
        receipt = event.reply(
            HumanReply(
                event.request.id,
                answer if isinstance(answer, str) else "",
                by=seat.person,
                channel=self.name,
                decision=answer if isinstance(answer, Decision) else None,
                roles=seat.roles,
                authenticated="program",
            )
        )
        return f"its answer does not count: {receipt.problem}" if receipt.status == "invalid" else ""


def _cancel_soon(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    try:
        loop.call_soon_threadsafe(task.cancel)
    except RuntimeError:
        pass  # the loop is closed, and nothing runs there


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _name_of(fn: object) -> str:
    name = getattr(fn, "__name__", "") or type(fn).__name__
    return "callable" if name == "<lambda>" else name
