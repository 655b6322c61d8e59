"""Conversations of patterns, from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .._sync import unboxing
from .._tracebacks import short_traceback
from ..action import Policy
from ..agent import Agent
from ..agents.chat import Chat, hold
from ..agents.conversable import ConversableAgent
from ..agents.variables import ContextVariables
from ..conversation.result import ChatResult
from ..errors import ConfigError
from ..events import Event
from ..messages import Message
from ..runs.response import AsyncRunResponse, RunResponse, Start, drive
from .manager import MAX_ROUNDS, OPENER
from .patterns import Pattern

if TYPE_CHECKING:
    from ..conversation.limits import Limit

Messages = Sequence[Mapping[str, Any]] | str


class GroupChatResult(NamedTuple):
    """What the conversation of a pattern came to; the classic's three values, with names."""

    chat_result: ChatResult
    context_variables: ContextVariables
    last_agent: Agent


def initiate_group_chat(
    pattern: Pattern,
    messages: Messages,
    max_rounds: int = MAX_ROUNDS,
    safeguard_policy: Any = None,
    safeguard_llm_config: Any = None,
    mask_llm_config: Any = None,
    *,
    silent: bool | None = False,
    oversight: Policy | Iterable[Policy] = (),
    people: Any = None,
    channels: Sequence[Any] = (),
    observers: Sequence[Callable[[Event], Any]] = (),
    journal: Any = None,
    limits: Limit | None = None,
) -> GroupChatResult:
    """Hold the conversation of a pattern, showing it at the terminal; see `a_initiate_group_chat`."""
    start = _start(**locals())
    with short_traceback:
        return _result(pattern, drive(start, "initiate_group_chat"))


async def a_initiate_group_chat(
    pattern: Pattern,
    messages: Messages,
    max_rounds: int = MAX_ROUNDS,
    safeguard_policy: Any = None,
    safeguard_llm_config: Any = None,
    mask_llm_config: Any = None,
    *,
    silent: bool | None = False,
    oversight: Policy | Iterable[Policy] = (),
    people: Any = None,
    channels: Sequence[Any] = (),
    observers: Sequence[Callable[[Event], Any]] = (),
    journal: Any = None,
    limits: Limit | None = None,
) -> GroupChatResult:
    """Hold the conversation of a pattern.

    Args:
        pattern: who is in it, and who hands over to whom.
        messages: the opening message, or those of an earlier conversation, the last of which opens this one. A
            message that names an agent of the group is that agent's.
        max_rounds: messages at most; the opening one counts.
        safeguard_policy: not supported; say it by `oversight` and guardrails.
        safeguard_llm_config: not supported.
        mask_llm_config: not supported.
        silent: whether messages are shown; None leaves it to the agents.
        oversight: policies on what is about to happen; ``at("handoff", ...)`` judges handovers.
        people: persons and their roles, who alone may then answer.
        channels: the ways to people.
        observers: functions that are told every event.
        journal: where it is kept as it goes; see `docs/durability.md`.
        limits: how far it may go; see `docs/limits.md`.

    Returns:
        the result of the chat, what became of the context variables, and who spoke last.

    Raises:
        ConfigError: an argument cannot work, or an agent hands over to somebody who is not in the group.
    """
    start = _start(**locals())
    with short_traceback:
        return _result(pattern, await unboxing(start(_ignore)))


def run_group_chat(
    pattern: Pattern,
    messages: Messages,
    max_rounds: int = MAX_ROUNDS,
    safeguard_policy: Any = None,
    safeguard_llm_config: Any = None,
    mask_llm_config: Any = None,
    *,
    silent: bool | None = False,
    oversight: Policy | Iterable[Policy] = (),
    people: Any = None,
    channels: Sequence[Any] = (),
    observers: Sequence[Callable[[Event], Any]] = (),
    journal: Any = None,
    limits: Limit | None = None,
) -> RunResponse:
    """Start the conversation of a pattern and return at once; iterate the events, or call `process()`."""
    return RunResponse(_start(**locals()), _everyone(pattern), name="run_group_chat")


async def a_run_group_chat(
    pattern: Pattern,
    messages: Messages,
    max_rounds: int = MAX_ROUNDS,
    safeguard_policy: Any = None,
    safeguard_llm_config: Any = None,
    mask_llm_config: Any = None,
    *,
    silent: bool | None = False,
    oversight: Policy | Iterable[Policy] = (),
    people: Any = None,
    channels: Sequence[Any] = (),
    observers: Sequence[Callable[[Event], Any]] = (),
    journal: Any = None,
    limits: Limit | None = None,
) -> AsyncRunResponse:
    """Start the conversation of a pattern in the caller's loop; ``async for`` over the response."""
    return AsyncRunResponse(_start(**locals()), _everyone(pattern))


def run_group_chat_iter(
    pattern: Pattern,
    messages: Messages,
    max_rounds: int = MAX_ROUNDS,
    safeguard_policy: Any = None,
    safeguard_llm_config: Any = None,
    mask_llm_config: Any = None,
    yield_on: Sequence[type[Event]] | None = None,
    **given: Any,
) -> RunResponse:
    """Start the conversation of a pattern whose iteration yields only events of some classes, and every question."""
    start = _start(pattern, messages, max_rounds, safeguard_policy, safeguard_llm_config, mask_llm_config, **given)
    return RunResponse(start, _everyone(pattern), yield_on, "run_group_chat_iter")


def a_run_group_chat_iter(
    pattern: Pattern,
    messages: Messages,
    max_rounds: int = MAX_ROUNDS,
    safeguard_policy: Any = None,
    safeguard_llm_config: Any = None,
    mask_llm_config: Any = None,
    yield_on: Sequence[type[Event]] | None = None,
    **given: Any,
) -> AsyncRunResponse:
    """The same in the caller's loop."""
    start = _start(pattern, messages, max_rounds, safeguard_policy, safeguard_llm_config, mask_llm_config, **given)
    return AsyncRunResponse(start, _everyone(pattern), yield_on)


# ---------------------------------------------------------------- how it begins and ends


def _start(
    pattern: Pattern, messages: Messages, max_rounds: int = MAX_ROUNDS, safeguard_policy: Any = None,
    safeguard_llm_config: Any = None, mask_llm_config: Any = None, **given: Any,
) -> Start[ChatResult]:  # fmt: skip
    """Check what was asked, and return what starts it."""
    refused = {"safeguard_policy": safeguard_policy, "safeguard_llm_config": safeguard_llm_config}
    for name, value in {**refused, "mask_llm_config": mask_llm_config}.items():
        if value is not None:
            raise ConfigError(
                f"{name} is not supported: judge what is about to happen by oversight=, and what is heard and said by "
                "guardrails of the agents; see docs/handoffs.md"
            )
    if not isinstance(pattern, Pattern):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"pattern={pattern!r} is a {type(pattern).__name__}; expected a pattern, such as AutoPattern")
    found = _read(messages)
    manager = pattern.manager
    manager.plan()
    if len(found) > 1:
        sender, message = manager.resume(found)
        chat = _chat(pattern, sender, message, max_rounds, clear_history=False, **given)
    else:
        chat = _chat(pattern, _sender(pattern, found[0]), found[0], max_rounds, **given)

    async def start(on_start: Any) -> ChatResult:
        result = await hold(chat, on_start)
        pattern.context_variables.clear()
        pattern.context_variables.update(result.context_variables)
        return result

    return start


def _chat(pattern: Pattern, sender: ConversableAgent, message: Any, rounds: int, **given: Any) -> Chat:
    return Chat(sender, pattern.manager, message, max_turns=rounds, summary_method=pattern.summary_method, **given)


def _read(messages: Any) -> list[dict[str, Any]]:
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    if not isinstance(messages, Sequence) or not messages:
        raise ConfigError(f"messages={messages!r}: expected a text, or a list of messages that is not empty")
    found = cast("Sequence[Any]", messages)
    for one in found:
        if not isinstance(one, Mapping):
            raise ConfigError(f"messages holds {one!r}; expected messages, such as {{'role': 'user', 'content': 'hi'}}")
    return [dict(cast("Mapping[str, Any]", one)) for one in found]


def _sender(pattern: Pattern, message: Mapping[str, Any]) -> ConversableAgent:
    """Return who says the opening message: whom it names, else the user.

    Raises:
        ConfigError: it names nobody of the group.
    """
    name = message.get("name")
    if name is None:
        return pattern.user_agent or pattern.manager.opener
    members = pattern.manager.plan().members[1:]
    found = next((agent for agent in members if agent.name == name), None)
    if found is None:
        known = ", ".join(agent.name for agent in members)
        raise ConfigError(f"the opening message is of {name!r}, who is not in the group; it has {known}")
    return found


def _result(pattern: Pattern, result: ChatResult) -> GroupChatResult:
    manager = pattern.manager
    everyone = (*manager.plan().members, manager.opener)
    last = next((agent for agent in everyone if agent.name == result.last_speaker), manager.opener)
    history = [_unnamed(message) for message in result.chat_history]
    return GroupChatResult(replace(result, chat_history=history), ContextVariables(result.context_variables), last)


def _unnamed(message: Message) -> Message:
    """Return a message without the name of nobody in particular."""
    if message.get("name") != OPENER:
        return message
    return cast(Message, {key: value for key, value in message.items() if key != "name"})


def _everyone(pattern: Pattern) -> list[Agent]:
    return [*pattern.agents, *([] if pattern.user_agent is None else [pattern.user_agent])]


def _ignore(runtime: Any) -> None:
    return None
