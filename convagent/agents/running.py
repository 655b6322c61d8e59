"""Runs, whose events are consumed as they happen, and queues of chats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from .._sync import unboxing
from .._tracebacks import short_traceback
from ..action import Policy
from ..agent import Agent
from ..conversation.result import ChatResult
from ..errors import ConfigError, UsageError
from ..events import Event
from ..runs.response import AsyncRunResponse, RunResponse, Start, drive
from .chatting import ChatMethods, MessageLike, Observers, given_to

if TYPE_CHECKING:
    from ..conversation.limits import Limit
    from .conversable import ConversableAgent


class RunMethods(ChatMethods):
    """`run` and its kin."""

    # ------------------------------------------------------------ a run

    def run(
        self,
        recipient: ConversableAgent | None = None,
        clear_history: bool = True,
        silent: bool | None = False,
        cache: Any = None,
        max_turns: int | None = None,
        summary_method: str | Callable[..., Any] | None = "last_msg",
        summary_args: dict[str, Any] | None = None,
        message: MessageLike = None,
        executor_kwargs: dict[str, Any] | None = None,
        tools: Any = None,
        user_input: bool | None = False,
        msg_to: str | None = "agent",
        *,
        oversight: Policy | Iterable[Policy] = (),
        people: Any = None,
        channels: Sequence[Any] = (),
        observers: Observers = (),
        journal: Any = None,
        limits: Limit | None = None,
        **kwargs: Any,
    ) -> RunResponse:
        """Start a chat and return at once; iterate the response's events, or call its `process()`.

        Without a recipient the agent talks with a user agent made for the run, which executes
        `tools` and asks the person at every message if `user_input`.
        """
        start, agents = self._start_run(**given_to(locals()))
        return RunResponse(start, agents)

    async def a_run(
        self,
        recipient: ConversableAgent | None = None,
        clear_history: bool = True,
        silent: bool | None = False,
        cache: Any = None,
        max_turns: int | None = None,
        summary_method: str | Callable[..., Any] | None = "last_msg",
        summary_args: dict[str, Any] | None = None,
        message: MessageLike = None,
        executor_kwargs: dict[str, Any] | None = None,
        tools: Any = None,
        user_input: bool | None = False,
        msg_to: str | None = "agent",
        *,
        oversight: Policy | Iterable[Policy] = (),
        people: Any = None,
        channels: Sequence[Any] = (),
        observers: Observers = (),
        journal: Any = None,
        limits: Limit | None = None,
        **kwargs: Any,
    ) -> AsyncRunResponse:
        """Start a chat in the caller's loop; ``async for`` over the response, or await its `process()`."""
        start, agents = self._start_run(**given_to(locals()))
        return AsyncRunResponse(start, agents)

    def run_iter(
        self,
        recipient: ConversableAgent | None = None,
        *,
        yield_on: Sequence[type[Event]] | None = None,
        **kwargs: Any,
    ) -> RunResponse:
        """Start a chat whose iteration yields only events of some classes, and every question."""
        start, agents = self._start_run(recipient=recipient, kwargs=kwargs)
        return RunResponse(start, agents, yield_on)

    def a_run_iter(
        self,
        recipient: ConversableAgent | None = None,
        *,
        yield_on: Sequence[type[Event]] | None = None,
        **kwargs: Any,
    ) -> AsyncRunResponse:
        """Start a chat in the caller's loop whose iteration yields only events of some classes, and every question."""
        start, agents = self._start_run(recipient=recipient, kwargs=kwargs)
        return AsyncRunResponse(start, agents, yield_on)

    def _start_run(self, recipient: Any, **given: Any) -> tuple[Start[ChatResult], list[Agent]]:
        me = cast("ConversableAgent", self)
        more = given.pop("kwargs", {})
        given = {**given, **{k: more[k] for k in _RUN_ARGUMENTS if k in more}}
        given["kwargs"] = {k: v for k, v in more.items() if k not in _RUN_ARGUMENTS}
        self._check_context(given["kwargs"], _OF_RUNS, given.get("message"))
        executor_kwargs, tools = given.pop("executor_kwargs", None), given.pop("tools", None)
        user_input, msg_to = given.pop("user_input", False), given.pop("msg_to", "agent")
        if recipient is not None:
            return self._start(recipient=recipient, **given), [me, recipient]
        if msg_to not in ("agent", "user"):
            raise ConfigError(f"msg_to={msg_to!r} is not one of agent, user")
        user = me.make_user(tools, bool(user_input), executor_kwargs or {})
        first, second = (user, me) if msg_to == "agent" else (me, user)
        return first._start(recipient=second, **given), [me, user]

    # ------------------------------------------------------------ a queue of chats

    def initiate_chats(self, chat_queue: list[dict[str, Any]]) -> list[ChatResult]:
        """Hold chats one after another; each one's summary is carried over to the next."""
        from .queue import hold_in_order

        queue = self._with_sender(chat_queue)
        with short_traceback:
            self._finished_chats: Any = drive(lambda on_start: hold_in_order(queue, on_start), "initiate_chats")
        return self._finished_chats

    async def a_initiate_chats(self, chat_queue: list[dict[str, Any]]) -> dict[int, ChatResult]:
        """Hold chats side by side, each after its prerequisites; returns results by chat_id."""
        from .queue import hold_side_by_side

        with short_traceback:
            self._finished_chats = await unboxing(hold_side_by_side(self._with_sender(chat_queue)))
        return self._finished_chats

    def sequential_run(self, chat_queue: list[dict[str, Any]]) -> list[RunResponse]:
        """Start chats one after another; returns a response for each at once, to be consumed in order."""
        from .queue import responses_in_order

        return responses_in_order(self._with_sender(chat_queue))

    async def a_sequential_run(self, chat_queue: list[dict[str, Any]]) -> list[AsyncRunResponse]:
        """Start chats one after another in the caller's loop; returns a response for each at once."""
        from .queue import a_responses_in_order

        return a_responses_in_order(self._with_sender(chat_queue))

    def get_chat_results(self, chat_index: int | None = None) -> Any:
        """Return the results of the last queue of chats, or one of them."""
        finished = getattr(self, "_finished_chats", None)
        if finished is None:
            raise UsageError(f"agent {self.name!r} has not held a queue of chats; call initiate_chats() first")
        return finished if chat_index is None else finished[chat_index]

    def _with_sender(self, chat_queue: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**chat, "sender": chat.get("sender") or self} for chat in chat_queue]


_OF_RUNS = ("executor_kwargs", "tools", "user_input", "msg_to")
"""What only a run is given."""
_RUN_ARGUMENTS = (
    "clear_history", "silent", "cache", "max_turns", "summary_method", "summary_args", "message",
    "oversight", "people", "channels", "observers", "journal", "limits", *_OF_RUNS,
)  # fmt: skip
