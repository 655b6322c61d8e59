"""A model that answers by Python functions: offline, the same each time, and labelled as what it is."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ..errors import ConfigError, ModelError
from ..messages import content_text
from .base import ModelReply, ModelRequest, Notify, ignore
from .scripted import Answer, as_answer, deliver

Rule = Callable[[Any], Answer | Awaitable[Answer | None] | None]
"""A function of the messages or, if its parameter is named `request`, of the whole `ModelRequest`."""


class RuleModel:
    """Answer with what the first rule returns that returns something.

    A rule returns a text, a list of tool calls (``{"name": ..., "arguments": {...}}``), a message,
    or None to leave the answer to the next rule. It may be sync or async, and keeps nothing
    between calls: what was said before stands in the messages.

    Args:
        rules: one function, or several in order.
        name: what headers and errors call it.

    Raises:
        ConfigError: a rule cannot be called with one argument, or there is none.
    """

    def __init__(self, rules: Rule | Sequence[Rule], *, name: str = "rules") -> None:
        found = (rules,) if callable(rules) else tuple(rules)
        if not found:
            raise ConfigError("RuleModel([]): expected at least one rule")
        self._rules = tuple((rule, _takes_request(rule)) for rule in found)
        self._name = name

    @property
    def label(self) -> str:
        """The name given at construction."""
        return self._name

    @property
    def offline_note(self) -> str:
        """The sentence for the header of every run that uses it."""
        return "offline rules, no language model"

    @property
    def gives_logprobs(self) -> bool:
        """False: a rule is not more or less sure."""
        return False

    def __repr__(self) -> str:
        return f"RuleModel({len(self._rules)} rules, name={self._name!r})"

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Answer by the first rule that does.

        Raises:
            ModelError: no rule answers.
        """
        for rule, takes_request in self._rules:
            answer = rule(request if takes_request else request.messages)
            if inspect.isawaitable(answer):
                answer = await answer
            if answer is not None:
                return deliver(request, as_answer(answer, request.turn), notify, name=self._name)
        said = content_text(request.messages[-1].get("content")) if request.messages else ""
        raise ModelError(
            f"no rule answers {said[:100]!r}; add a last rule that always returns something", model=self._name
        )


def _takes_request(rule: object) -> bool:
    if not callable(rule):
        raise ConfigError(f"rule {rule!r} is not a function of the messages")
    try:
        parameters = list(inspect.signature(rule).parameters.values())
    except (TypeError, ValueError):
        return False
    if not parameters:
        raise ConfigError(f"rule {getattr(rule, '__name__', rule)!r} takes no argument; expected the messages")
    return parameters[0].name == "request"
