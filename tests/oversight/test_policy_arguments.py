"""Policies that look at arguments which their tool does not take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convagent import (
    ConfigError,
    Oversight,
    Tool,
    ToolContext,
    allow,
    arg,
    ask,
    at,
    deny,
    failing,
    sample,
    tool,
    when,
)


def _pay(amount: float, to: dict[str, str], ctx: ToolContext) -> str:
    """Pay."""
    return ""


def _any(amount: float, **more: Any) -> str:
    """Do."""
    return ""


OPEN = {"type": "object", "properties": {"amount": {"type": "number"}}}


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        (when(arg.amout > 100, ask("clerk")), "arg.amout, and the tool takes amount, to; did you mean 'amount'?"),
        (deny("no") | when(~((arg.amount > 1) & (arg.too.city == "Bonn")), ask()), "arg.too, .*; did you mean 'to'?"),
        (
            [ask("clerk"), at("tool", ask(within="1m") >> when(arg.amount > arg.limit, allow))],
            "arg.limit, and the tool takes",
        ),
        (failing(2, sample(0.5, when(arg.quite == 1, ask()))), r"arg.quite, and the tool takes amount, to$"),
        (Oversight({"low": allow, "high": ask()}, [(arg.ammount > 5, "high")]), "arg.ammount, .*did you mean 'amount'"),
    ],
)
def test_approval_is_refused_when_it_looks_at_no_argument_of_the_tool(policy: Any, named: str) -> None:
    """Where the tool is made, not by a denial of its first call; what was probably meant is named."""
    with pytest.raises(ConfigError, match=rf"tool '_pay': its approval looks at {named}"):
        tool(_pay, approval=policy)
    schema = {**OPEN, "properties": {"amount": {}, "to": {}}, "additionalProperties": False}
    with pytest.raises(ConfigError, match="its approval looks at"):
        tool(lambda **given: "", name="pay", parameters=schema, approval=policy)


@pytest.mark.parametrize(
    "make",
    [
        lambda policy: tool(_any, approval=policy),
        lambda policy: tool(lambda **given: "", name="pay", parameters=OPEN, approval=policy),
        lambda policy: tool(_pay, approval=at("reply", policy)),
        lambda policy: tool(_pay, approval=lambda action: policy),
        lambda policy: tool(_pay, approval=when(lambda action: "amout" in action.arguments, ask())),
        lambda policy: tool(_pay, approval=when((arg.amount > 1) | (arg["to"]["city"] == "Bonn"), ask())),
    ],
    ids=["any name", "open schema", "another kind", "function", "function condition", "right"],
)
def test_approval_is_taken_when_its_arguments_may_be_there(make: Callable[[Any], Tool]) -> None:
    """A tool that takes any name, a policy that is not about calls, and what a function looks at, are not judged."""
    assert make(when(arg.amout > 100, ask("clerk"))).rules.approval


class _Till:
    @tool(approval=when(arg.amount > 100, ask("clerk")))
    def pay(self, amount: float) -> str:
        """Pay."""
        return ""


def test_approval_of_a_method_is_checked_like_that_of_a_function() -> None:
    """Its own arguments are known, and a misspelt one is refused where the class is made."""
    assert _Till().pay.rules.approval
    with pytest.raises(ConfigError, match="takes amount; did you mean 'amount'"):

        class Other:
            @tool(approval=when(arg.amout > 100, ask("clerk")))
            def pay(self, amount: float) -> str:
                """Pay."""
                return ""
