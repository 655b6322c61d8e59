"""The reply functions of an agent: an ordered list, the later registered first."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from .._sync import is_async
from ..agent import Agent
from ..errors import ConfigError, UsageError


@dataclass(slots=True)
class ReplyFunction:
    """One registered reply function: when it applies, what it is called with."""

    trigger: Any
    func: Callable[..., Any]
    config: Any = None
    init_config: Any = None
    reset_config: Callable[[Any], Any] | None = None
    ignore_async_in_sync_chat: bool = False
    builtin: Callable[..., Any] | None = None
    """Our own implementation, taken instead of `func` when `func` is a method of ours."""
    asynchronous: bool = False

    def __post_init__(self) -> None:
        self.asynchronous = is_async(self.func)

    def applies_to(self, sender: Agent | None) -> bool:
        """Return whether it may reply to a message of this sender."""
        return self.trigger is ANYBODY or matches(self.trigger, sender)


@dataclass(slots=True)
class ReplyChain:
    """Which functions may reply to whom, in which order."""

    entries: list[ReplyFunction] = field(default_factory=list[ReplyFunction])

    def register(self, entry: ReplyFunction, position: int = 0, remove_other: bool = False) -> None:
        """Add a function at a position (0: it is tried first).

        Raises:
            ConfigError: the trigger is none of a type, name, agent, predicate, None or a list of these.
        """
        check_trigger(entry.trigger)
        if remove_other:
            self.entries.clear()
        self.entries.insert(position, entry)

    def replace(self, old: Callable[..., Any], new: Callable[..., Any]) -> bool:
        """Put a function in another's place; return whether the other one was found."""
        found = False
        for entry in self.entries:
            if entry.func == old:
                entry.func, entry.builtin, entry.asynchronous = new, None, is_async(new)
                found = True
        return found

    def reset(self) -> None:
        """Give every function its first configuration again."""
        for entry in self.entries:
            if entry.reset_config is not None:
                entry.reset_config(entry.config)
            else:
                entry.config = copy.copy(entry.init_config)


ANYBODY: list[Any] = [Agent, None]
"""The trigger of the builtin functions: any agent, or nobody."""


def check_trigger(trigger: Any) -> None:
    """Raise `ConfigError` for a trigger that can never be matched."""
    if isinstance(trigger, list):
        for part in cast(list[Any], trigger):
            check_trigger(part)
    elif not (trigger is None or isinstance(trigger, (str, type)) or callable(trigger) or _is_agent(trigger)):
        raise ConfigError(
            f"trigger {trigger!r} is a {type(trigger).__name__}; expected an agent class, an agent, a name, "
            "a function of the sender, None, or a list of these"
        )


def _is_agent(value: Any) -> bool:
    return hasattr(value, "name") and hasattr(value, "description")


def matches(trigger: Any, sender: Agent | None) -> bool:
    """Return whether a trigger applies to a sender.

    Raises:
        UsageError: the trigger is a name and there is no sender.
    """
    if trigger is None:
        return sender is None
    if isinstance(trigger, str):
        if sender is None:
            raise UsageError(f"the trigger {trigger!r} is a name, but there is no sender; pass sender=")
        return trigger == sender.name
    if isinstance(trigger, type):
        if trigger is Agent:
            return sender is not None  # whoever takes part is an agent; asking the protocol costs 20 us
        return isinstance(sender, trigger)
    if isinstance(trigger, list):
        for part in cast(list[Any], trigger):  # noqa: SIM110 - `any` takes three times as long, every turn
            if matches(part, sender):
                return True
        return False
    if _is_agent(trigger):
        return trigger is sender
    found = trigger(sender)
    if not isinstance(found, bool):
        raise ConfigError(f"trigger {trigger!r} returned {found!r}; a trigger returns True or False")
    return found
