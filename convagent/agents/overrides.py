"""Which methods of an agent its subclass, its instance or a test has put in another's place."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._sync import Mailbox
from ..conversation.context import RunContext

if TYPE_CHECKING:
    from .conversable import ConversableAgent


class Overrides:
    """Knows our own methods, to tell whether an agent has others."""

    def __init__(self, base: type[Any], names: tuple[str, ...]) -> None:
        self._base = {name: (f"a_{name}", getattr(base, name), getattr(base, f"a_{name}")) for name in names}

    def find(self, agent: ConversableAgent, name: str, run: RunContext) -> Callable[..., Any] | None:
        """Return the agent's own version of a method or of its `a_` twin; None if it has neither.

        With both, the one that fits the chat is taken: the plain one in a synchronous chat.
        """
        a_name, ours, a_ours = self._base[name]
        kind, own = type(agent), agent.__dict__
        plain = name in own or getattr(kind, name) is not ours
        twin = a_name in own or getattr(kind, a_name) is not a_ours
        if not plain and not twin:
            return None
        if plain and (not twin or isinstance(run.host, Mailbox)):
            return getattr(agent, name)
        return getattr(agent, a_name)

    def has(self, agent: ConversableAgent, name: str) -> bool:
        """Return whether the agent has its own version of a method, or of its `a_` twin."""
        a_name, ours, a_ours = self._base[name]
        kind, own = type(agent), agent.__dict__
        return name in own or a_name in own or getattr(kind, name) is not ours or getattr(kind, a_name) is not a_ours


def accepted(fn: Callable[..., Any], **optional: Any) -> dict[str, Any]:
    """Return those keyword arguments that a function takes."""
    try:
        parameters = inspect.signature(fn).parameters
    except (TypeError, ValueError):
        return {}
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return optional
    return {name: value for name, value in optional.items() if name in parameters}
