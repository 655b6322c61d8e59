"""Variables shared along a conversation, and the system message made from them."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from ..errors import ConfigError


class ContextVariables(MutableMapping[str, Any]):
    """A dictionary that agents of a conversation share."""

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
