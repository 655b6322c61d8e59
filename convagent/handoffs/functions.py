"""A function that says who comes next, and what they are told."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from ..errors import ConfigError
from .targets import SpeakerSelectionResult, TransitionTarget


@dataclass
class FunctionTargetMessage:
    """A text for one agent of the group alone."""

    _: KW_ONLY
    content: str
    msg_target: Any
    """The agent."""


@dataclass
class FunctionTargetResult:
    """What such a function returns."""

    _: KW_ONLY
    target: TransitionTarget
    messages: Sequence[FunctionTargetMessage] | str | None = None
    """A text for whoever comes next, or texts for some of the group."""
    context_variables: Mapping[str, Any] | None = None
    """Variables to set."""

    def __post_init__(self) -> None:
        given: Any = self.target
        if not isinstance(given, TransitionTarget):
            raise ConfigError(f"FunctionTargetResult: target={given!r} is a {type(given).__name__}; expected a target")


@dataclass(init=False)
class FunctionTarget(TransitionTarget):
    """Whomever a function names that is called with the last message's text and the context variables."""

    fn_name: str
    fn: Callable[..., Any] = field(repr=False)
    extra_args: dict[str, Any]

    def __init__(self, incoming_fn: Callable[..., Any], *, extra_args: Mapping[str, Any] | None = None) -> None:
        """Make the target.

        Args:
            incoming_fn: a function of (text, context_variables), sync or async, that returns a `FunctionTargetResult`.
            extra_args: more keyword arguments for it.

        Raises:
            ConfigError: it cannot be called so.
        """
        given: object = incoming_fn
        if not callable(given):
            raise ConfigError(f"FunctionTarget({given!r}): expected a function of (text, context_variables)")
        self.fn_name = getattr(incoming_fn, "__name__", type(incoming_fn).__name__)
        self.fn, self.extra_args = incoming_fn, dict(extra_args or {})
        try:
            inspect.signature(incoming_fn).bind("", {}, **self.extra_args)
        except TypeError as error:
            raise ConfigError(
                f"FunctionTarget: {self.fn_name} cannot be called as {self.fn_name}(text, context_variables"
                f"{''.join(f', {name}=' for name in self.extra_args)}): {error}"
            ) from None

    def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
        """Refuse: the group calls the function, once."""
        raise ConfigError(f"FunctionTarget {self.fn_name!r} is resolved by the group")

    def display_name(self) -> str:
        """Return the name of the function."""
        return self.fn_name

    def __str__(self) -> str:
        return f"Transfer to tool {self.fn_name}"
