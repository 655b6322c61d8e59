"""What a tool says of how its calls are overseen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..action import Policy
from ..errors import ConfigError, nearest


@dataclass(frozen=True, slots=True)
class ToolRules:
    """Who decides about a tool's calls, and what they are shown."""

    approval: tuple[Policy, ...] = ()
    """Policies on each of its calls, and on their failures."""
    preview: Callable[[dict[str, Any]], Any] | None = None
    """Makes of the arguments what a person reads; default: a table of them."""
    risk: str = ""
    """A word for how bad a wrong call is, such as `low` or `high`; shown, and ``its.risk`` in policies."""
    impact: Callable[[dict[str, Any]], Any] | None = None
    """Estimates of the arguments what a call comes to; shown, and ``its.impact`` in policies."""
    cleanup: Callable[[dict[str, Any]], Any] | None = None
    """Is called with the arguments of a call that was broken off."""
    asks: bool = False
    """Whether all it does is ask a person, for which nobody's approval is needed."""


NO_RULES = ToolRules()


def tool_rules(
    name: str, approval: Any = None, preview: Any = None, risk: str = "", impact: Any = None, cleanup: Any = None
) -> ToolRules:
    """Check and bundle what `@tool` was given.

    Raises:
        ConfigError: something is not a policy, a function of the arguments, or a word.
    """
    policies: tuple[Any, ...] = ()
    if approval is not None:
        policies = tuple(cast(Any, approval)) if isinstance(approval, (list, tuple)) else (approval,)
    for policy in policies:
        if not callable(policy) or getattr(policy, "__module__", "") == "convagent.oversight.words":
            raise ConfigError(
                f"tool {name!r}: approval={policy!r} is not a policy; expected such as ask('clerk') or "
                "when(arg.amount > 100, ask('clerk'))"
            )
    for what, fn in (("preview", preview), ("impact", impact), ("cleanup", cleanup)):
        if fn is not None and not callable(fn):
            raise ConfigError(f"tool {name!r}: {what}={fn!r} is not a function of the arguments (a dict)")
    if not isinstance(cast(object, risk), str):
        raise ConfigError(f"tool {name!r}: risk={risk!r} is not a word, such as 'low' or 'high'")
    if not (policies or preview or risk or impact or cleanup):
        return NO_RULES
    return ToolRules(policies, preview, risk, impact, cleanup)


def check_arguments(name: str, rules: ToolRules, taken: Collection[str]) -> None:
    """See that policies look only at arguments that a tool takes: a rule about another one denies every call.

    Raises:
        ConfigError: one looks at an argument that there is not; it names the one that was probably meant.
    """
    for policy in rules.approval:
        reads = getattr(policy, "reads", None)
        for argument in sorted(reads()) if reads is not None else ():
            if argument not in taken:
                near = nearest(argument, taken)
                raise ConfigError(
                    f"tool {name!r}: its approval looks at arg.{argument}, and the tool takes "
                    f"{', '.join(taken) or 'no arguments'}{f'; did you mean {near!r}?' if near else ''}"
                )


def table(arguments: Mapping[str, Any]) -> str:
    """Return arguments as a table, a line each."""
    if not arguments:
        return "(no arguments)"
    from .result import to_text

    width = max(len(name) for name in arguments)
    return "\n".join(f"{name:<{width}}  {to_text(value)}" for name, value in arguments.items())
