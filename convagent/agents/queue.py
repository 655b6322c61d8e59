"""Queues of chats: one after another, or side by side by prerequisites."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, cast

from .._sync import current_host, unboxing
from ..agent import Agent
from ..conversation.context import current_run
from ..conversation.result import ChatResult
from ..errors import ConfigError, RunCancelled
from ..events import PostCarryoverProcessingEvent
from ..runs.console import LoopConsole
from ..runs.local import LocalRuntime
from ..runs.response import AsyncRunResponse, OnStart, RunResponse, Start

if TYPE_CHECKING:
    from .conversable import ConversableAgent

Queue = list[dict[str, Any]]


def initiate_chats(chat_queue: Queue) -> list[ChatResult]:
    """Hold chats one after another, from synchronous code; each chat names its ``sender``."""
    _check(chat_queue)
    return chat_queue[0]["sender"].initiate_chats(chat_queue) if chat_queue else []


async def a_initiate_chats(chat_queue: Queue) -> dict[int, ChatResult]:
    """Hold chats side by side, each after its prerequisites; returns results by chat_id."""
    return await unboxing(hold_side_by_side(chat_queue))


async def hold_in_order(queue: Queue, on_start: OnStart | None = None) -> list[ChatResult]:
    """Hold chats one after another; the summaries so far are carried over to each."""
    _check(queue)
    finished: list[ChatResult] = []
    for chat in queue:
        finished.append(await _hold(chat, dict(enumerate(finished)), on_start, follows=bool(finished)))
    return finished


async def hold_side_by_side(queue: Queue) -> dict[int, ChatResult]:
    """Hold chats at once, each as soon as its prerequisites are done, whose summaries it is given.

    If one fails, the others are cancelled and its error is raised.
    """
    _check(queue)
    chats = {_chat_id(chat): chat for chat in queue}
    if len(chats) < len(queue):
        raise ConfigError("two chats of the queue have the same chat_id; each needs its own")
    order = _ordered(chats)
    tasks: dict[int, asyncio.Task[ChatResult]] = {}

    async def after_others(chat_id: int) -> ChatResult:
        needed: list[int] = list(chats[chat_id].get("prerequisites") or ())
        finished = {i: await asyncio.shield(tasks[i]) for i in needed}
        return await _hold(chats[chat_id], finished, follows=chat_id != order[0])

    host_token = current_host.set(current_host.get() or LoopConsole())  # one console for them all
    for chat_id in order:
        tasks[chat_id] = asyncio.ensure_future(after_others(chat_id))
    try:
        await asyncio.gather(*tasks.values())
    except BaseException:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        raise
    finally:
        current_host.reset(host_token)
    return {chat_id: tasks[chat_id].result() for chat_id in chats}


async def _hold(
    chat: Mapping[str, Any],
    finished: Mapping[int, ChatResult],
    on_start: OnStart | None = None,
    *,
    follows: bool = False,
) -> ChatResult:
    sender: ConversableAgent = chat["sender"]
    given = with_summaries(chat, finished)
    if "message" not in given:
        warnings.warn(
            "message is not provided in a chat_queue entry. input() will be called to get the initial message.",
            UserWarning,
            stacklevel=2,
        )

    def begin(runtime: LocalRuntime) -> None:
        if on_start is not None:
            on_start(runtime)
        if not given.get("silent") and not runtime.steering.wants(("stop",)):
            _announce(given)  # of a queue that was stopped the others do not begin

    return await start_of(sender, given, follows)(begin)


def start_of(sender: ConversableAgent, given: Mapping[str, Any], follows: bool) -> Start[ChatResult]:
    """Return what starts one chat of a queue."""
    known = ("clear_history", "silent", "cache", "max_turns", "summary_method", "summary_args", "message")
    ours = ("oversight", "people", "channels", "observers", "journal", "limits")
    chosen = {k: given[k] for k in (*known, *ours) if k in given}
    more = {k: v for k, v in given.items() if k not in chosen and k not in ("sender", "recipient")}
    return sender._start(given["recipient"], kwargs=more, follows=follows, **chosen)  # pyright: ignore[reportPrivateUsage]


def with_summaries(chat: Mapping[str, Any], finished: Mapping[int, ChatResult]) -> dict[str, Any]:
    """Return a chat with the summaries of finished ones appended to its carryover."""
    own: Any = chat.get("carryover") or []
    left_out = chat.get("finished_chat_indexes_to_exclude_from_carryover") or ()
    summaries = [result.summary for i, result in finished.items() if i not in left_out]
    return {**chat, "carryover": [*([own] if isinstance(own, str) else own), *summaries]}


def _announce(chat: Mapping[str, Any]) -> None:
    method: Any = chat.get("summary_method", "last_msg")
    event = PostCarryoverProcessingEvent(
        carryover=chat["carryover"],
        message=chat.get("message"),
        sender=chat["sender"].name,
        recipient=chat["recipient"].name,
        verbose=bool(chat.get("verbose")),
        summary_method=method if isinstance(method, str) else getattr(method, "__name__", ""),
        max_turns=chat.get("max_turns"),
    )
    run = current_run.get()
    if run is not None:
        run.runtime.emit(event)
    else:
        LocalRuntime(current_host.get() or LoopConsole()).emit(event)


# ---------------------------------------------------------------- responses


def responses_in_order(queue: Queue) -> list[RunResponse]:
    """Start chats one after another; each one's events are in its own response."""
    _check(queue)
    line = _Line(queue)
    return [RunResponse(line.start(i), line.agents(i)) for i in range(len(queue))]


def a_responses_in_order(queue: Queue) -> list[AsyncRunResponse]:
    """The same in the caller's loop."""
    _check(queue)
    line = _Line(queue)
    return [AsyncRunResponse(line.start(i), line.agents(i)) for i in range(len(queue))]


class _Line:
    """Chats that wait for the one before them."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._results: dict[int, ChatResult] = {}
        self._done: list[asyncio.Event] = []
        self._failed = False

    def agents(self, i: int) -> list[Agent]:
        chat = self._queue[i]
        return [cast(Agent, chat["sender"]), cast(Agent, chat["recipient"])]

    def start(self, i: int) -> Start[ChatResult]:
        def begin(on_start: OnStart) -> Coroutine[Any, Any, ChatResult]:
            return self._take_turn(i, on_start)

        return begin

    async def _take_turn(self, i: int, on_start: OnStart) -> ChatResult:
        while len(self._done) < len(self._queue):
            self._done.append(asyncio.Event())
        if i:
            await self._done[i - 1].wait()
        try:
            if self._failed:
                raise RunCancelled("an earlier chat of the queue failed")
            self._results[i] = await _hold(self._queue[i], dict(self._results), on_start)
            return self._results[i]
        except BaseException:
            self._failed = True
            raise
        finally:
            self._done[i].set()


# ---------------------------------------------------------------- checks


def _check(queue: Queue) -> None:
    from .conversable import ConversableAgent

    for number, chat in enumerate(queue, 1):
        for role in ("sender", "recipient"):
            agent = chat.get(role)
            if not isinstance(agent, ConversableAgent):
                raise ConfigError(f"chat {number} of the queue: {role} is {agent!r}; expected a ConversableAgent")
        unkept = {name: value for name, value in chat.items() if name != "journal"}  # is opened when it begins
        start_of(chat["sender"], unkept, number > 1)  # what cannot work is said before the first chat begins
    recipients = [id(chat["recipient"]) for chat in queue]
    if len(set(recipients)) < len(recipients) and any(chat.get("clear_history", True) for chat in queue):
        warnings.warn(
            "Repetitive recipients detected: The chat history will be cleared by default if a recipient appears "
            "more than once. To retain the chat history, please set 'clear_history=False' in the configuration "
            "of the repeating agent.",
            UserWarning,
            stacklevel=4,
        )


def _chat_id(chat: Mapping[str, Any]) -> int:
    if "chat_id" not in chat:
        raise ConfigError("each chat of a queue that runs side by side needs a chat_id of its own")
    return chat["chat_id"]


def _ordered(chats: Mapping[int, Mapping[str, Any]]) -> list[int]:
    """Return the ids so that every chat comes after its prerequisites."""
    order: list[int] = []
    waiting = dict(chats)
    for chat_id, chat in chats.items():
        for needed in chat.get("prerequisites") or ():
            if needed not in chats:
                raise ConfigError(f"chat {chat_id!r} has the prerequisite {needed!r}, which is not in the queue")
    while waiting:
        ready = [i for i, chat in waiting.items() if all(n in order for n in chat.get("prerequisites") or ())]
        if not ready:
            raise ConfigError(f"the prerequisites of chats {sorted(waiting)} wait for each other")
        for chat_id in ready:
            order.append(chat_id)
            del waiting[chat_id]
    return order
