"""Values that a tool needs and nobody else may see: keys, passwords, tokens."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..errors import ConfigError, ToolError

SHORTEST = 4
"""A value shorter than this is not searched for in texts: it would be found everywhere."""


class Secret:
    """A name that stands for a value, which is looked up in the process that runs the tool, at the call."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def reveal(self) -> str:
        """Return the value: that of the environment variable of this name.

        Raises:
            ToolError: there is none. Nothing was done.
        """
        value = os.environ.get(self.name)
        if not value:
            raise ToolError(f"the secret {self.name!r} is not set here; set the environment variable {self.name}")
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.name == self.name

    def __hash__(self) -> int:
        return hash((Secret, self.name))

    def __repr__(self) -> str:
        return f"secret({self.name!r})"


def secret(name: str) -> str:
    """Let a parameter of a tool be filled with a secret.

        @tool
        def pay(amount: float, key: str = secret("PAY_KEY")) -> str: ...

    The model is not shown the parameter and cannot fill it; actions, requests, events and logs hold
    neither the value nor its place. The value is that of an environment variable, read at the call. In what
    the tool returns or raises it is blacked out.

    Raises:
        ConfigError: the name is not one of an environment variable.
    """
    if not isinstance(name, str) or not name.isidentifier():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"secret({name!r}): expected the name of an environment variable, such as 'PAY_KEY'")
    return Secret(name)  # type: ignore[return-value] # so that `key: str = secret(...)` is well typed


def blacked_out(text: str, revealed: Mapping[str, str]) -> str:
    """Return a text without the values of secrets, by their names."""
    for name, value in revealed.items():
        if len(value) >= SHORTEST:
            text = text.replace(value, f"[secret {name}]")
    return text
