"""Variables shared along a conversation, and the system message made from them."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from ..errors import ConfigError


class ContextVariables(MutableMapping[str, Any]):
    """A dictionary that agents of a conversation share.

    A tool takes it by a parameter that is called `context_variables`, which its model does not see.
    """

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        self.data: dict[str, Any] = dict(data or {})

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.data[key] = value

    def __delitem__(self, key: str) -> None:
        del self.data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"ContextVariables({self.data!r})"

    def __str__(self) -> str:
        return repr(self)

    def set(self, key: str, value: Any) -> None:
        """Set a variable."""
        self.data[key] = value

    def remove(self, key: str) -> bool:
        """Remove a variable; return whether it was there."""
        return self.data.pop(key, _MISSING) is not _MISSING

    def contains(self, key: str) -> bool:
        """Return whether a variable is set."""
        return key in self.data

    def to_dict(self) -> dict[str, Any]:
        """Return a copy as a dictionary."""
        return dict(self.data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ContextVariables:
        """Make one from a dictionary."""
        return cls(data)


_MISSING = object()

SHARED = "*"
"""What the variables that all share are kept under in a journal; no agent is called so."""


def kept_variables(agents: Iterable[Any], shared: ContextVariables | None) -> dict[str, Any]:
    """Return what a journal keeps of context variables: those that all share, or each agent's own."""
    if shared is not None:
        return {SHARED: shared.to_dict()}
    return {agent.name: found for agent in agents if (found := agent.context_variables.to_dict())}


def restore_variables(
    agents: Iterable[Any], shared: ContextVariables | None, kept: Mapping[str, Any], begun: Mapping[str, Any] | None
) -> None:
    """Let context variables be what a journal kept of them.

    Args:
        agents: all who take part.
        shared: the variables that all of them share; None: each has its own.
        kept: what was kept of them last.
        begun: the shared ones at the start of the run, which are kept apart.
    """
    if shared is None:
        for agent in agents:
            agent.context_variables.update(kept.get(agent.name, {}))
        return
    found = kept.get(SHARED, begun)
    if found is not None:
        shared.clear()
        shared.update(found)


class UpdateSystemMessage:
    """Renews an agent's system message before each of its replies.

    Args:
        content_updater: a template whose ``{names}`` are filled from the agent's context
            variables, or a function of (agent, messages) that returns the text.

    Raises:
        ConfigError: neither a string nor a function of two arguments.
    """

    def __init__(self, content_updater: str | Callable[..., Any]) -> None:
        self.content_updater = content_updater
        if isinstance(content_updater, str):
            if not re.search(r"\{\w+\}", content_updater):
                warnings.warn(
                    f"the template {content_updater!r} contains no {{variables}}, so it never changes", stacklevel=2
                )
        elif callable(content_updater):
            count = len(inspect.signature(content_updater).parameters)
            if count != 2:
                raise ConfigError(
                    f"content_updater {content_updater!r} takes {count} arguments; expected two: agent and messages"
                )
        else:
            raise ConfigError(
                f"content_updater {content_updater!r} is a {type(content_updater).__name__}; "
                "expected a template string or a function of (agent, messages)"
            )

    def fill(self, variables: Mapping[str, Any]) -> str:
        """Fill the template; names without a variable stay as they are."""
        template = str(self.content_updater)
        return re.sub(r"\{(\w+)\}", lambda m: str(variables[m[1]]) if m[1] in variables else m[0], template)
