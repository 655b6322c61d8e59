"""Hooks: functions that see or rewrite what passes through an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from ..errors import ConfigError, one_of
from ..messages import Message

if TYPE_CHECKING:
    from ..conversation.context import RunContext

HOOKS = (
    "process_last_received_message",
    "process_all_messages_before_reply",
    "process_message_before_send",
    "update_agent_state",
    "safeguard_tool_inputs",
    "safeguard_tool_outputs",
    "safeguard_llm_inputs",
    "safeguard_llm_outputs",
    "safeguard_human_inputs",
)


class Hooks:
    """An agent's hooks by the place where they act, in order of registration.

    Hooks get copies: what they change reaches the turn, never the stored history.
    """

    __slots__ = ("before_reply", "lists")

    def __init__(self) -> None:
        self.lists: dict[str, list[Callable[..., Any]]] = {name: [] for name in HOOKS}
        self.before_reply = False
        """Whether any hook acts before a reply: the usual answer, no, costs nothing."""

    def register(self, place: str, hook: Callable[..., Any]) -> None:
        """Add a hook.

        Raises:
            ConfigError: there is no such place, or the hook is there already.
        """
        if place not in self.lists:
            raise one_of("hookable_method", place, HOOKS)
        if not callable(hook):
            raise ConfigError(f"hook {hook!r} is a {type(hook).__name__}; expected a function")
        if hook in self.lists[place]:
            raise ConfigError(f"hook {hook!r} is already registered for {place}")
        self.lists[place].append(hook)
        self.before_reply = any(self.lists[name] for name in HOOKS[:2]) or bool(self.lists["update_agent_state"])

    async def messages_before_reply(self, run: RunContext, agent: Any, messages: list[Message]) -> list[Message]:
        """Update the agent, then rewrite the last message and the list, for this reply only."""
        if not self.lists["update_agent_state"] and not self.lists["process_all_messages_before_reply"]:
            return await self._last_received(run, messages)  # which shows its hooks no message that they could edit
        copies = [cast(Message, dict(m)) for m in messages]
        for hook in self.lists["update_agent_state"]:
            await run.call(hook, agent, copies)
        copies = await self._last_received(run, copies)
        for hook in self.lists["process_all_messages_before_reply"]:
            copies = cast(list[Message], await run.call(hook, copies))
        return messages if copies == messages else copies

    async def _last_received(self, run: RunContext, messages: list[Message]) -> list[Message]:
        hooks = self.lists["process_last_received_message"]
        last = messages[-1] if messages else None
        if not hooks or last is None or "function_call" in last or "context" in last:
            return messages
        content = last.get("content")
        if not isinstance(content, (str, list)) or content == "exit":
            return messages
        for hook in hooks:
            content = await run.call(hook, content)
        if content == last.get("content"):
            return messages
        return [*messages[:-1], cast(Message, {**last, "content": content})]

    async def before_send(self, run: RunContext, sender: Any, message: Any, recipient: Any, silent: bool) -> Any:
        """Rewrite a message that is about to be sent."""
        for hook in self.lists["process_message_before_send"]:
            given = cast(Any, dict(message) if isinstance(message, dict) else message)  # type: ignore[arg-type]
            message = await run.call(hook, sender=sender, message=given, recipient=recipient, silent=silent)
        return message

    async def through(self, run: RunContext, place: str, value: Any) -> Any:
        """Pass a value through the safeguards of a place.

        Raises:
            ConfigError: a safeguard of a tool or a person returned None.
        """
        for hook in self.lists[place]:
            value = await run.call(hook, value)
            if value is None:
                if place in ("safeguard_llm_inputs", "safeguard_llm_outputs"):
                    return None
                raise ConfigError(f"{place} hook {hook!r} returned None; return the value, changed or not")
        return value
