"""When it is handed over: what a model is told, what variables say, and whether either counts now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

from ..errors import ConfigError
from .expression import ContextExpression
from .targets import TransitionTarget


@dataclass
class ContextStr:
    """A text whose ``{names}`` are filled from the context variables."""

    _: KW_ONLY
    template: str

    def format(self, context_variables: Any) -> str:
        """Return the text, filled; as it stands where there are no variables at all.

        Raises:
            KeyError: a variable is not set.
        """
        values = dict(context_variables)
        return self.template.format(**values) if values else self.template

    def __str__(self) -> str:
        return f"ContextStr, unformatted: {self.template}"


# ---------------------------------------------------------------- what a model is told


class LLMCondition:
    """What a model is told of when to hand over. Subclass it to say that in your own way."""

    def get_prompt(self, agent: Any, messages: list[dict[str, Any]]) -> str:
        """Return the description of the tool by which an agent's model hands over."""
        raise NotImplementedError(f"{type(self).__name__} has no get_prompt(agent, messages)")


@dataclass
class StringLLMCondition(LLMCondition):
    """A text that stays as it is."""

    prompt: str

    def get_prompt(self, agent: Any, messages: list[dict[str, Any]]) -> str:
        """Return the text."""
        return self.prompt


@dataclass
class ContextStrLLMCondition(LLMCondition):
    """A text that is filled from the context variables."""

    context_str: ContextStr

    def __post_init__(self) -> None:
        _expect(self, "context_str", self.context_str, ContextStr)

    def get_prompt(self, agent: Any, messages: list[dict[str, Any]]) -> str:
        """Return the text, filled."""
        return self.context_str.format(agent.context_variables)


# ---------------------------------------------------------------- what variables say


class ContextCondition:
    """What context variables say. Subclass it to read them in your own way."""

    def evaluate(self, context_variables: Any) -> bool:
        """Return whether it is true of these variables."""
        raise NotImplementedError(f"{type(self).__name__} has no evaluate(context_variables)")


@dataclass
class StringContextCondition(ContextCondition):
    """True where a variable is set, and neither empty nor false."""

    variable_name: str

    def evaluate(self, context_variables: Mapping[str, Any]) -> bool:
        """Return whether it is."""
        return bool(context_variables.get(self.variable_name, False))


@dataclass
class ExpressionContextCondition(ContextCondition):
    """True where an expression is."""

    expression: ContextExpression

    def __post_init__(self) -> None:
        _expect(self, "expression", self.expression, ContextExpression)

    def evaluate(self, context_variables: Mapping[str, Any]) -> bool:
        """Return whether it is."""
        return self.expression.evaluate(context_variables)


# ---------------------------------------------------------------- whether a condition counts now


class AvailableCondition:
    """Whether a condition counts at this moment. Subclass it to decide in your own way."""

    def is_available(self, agent: Any, messages: list[dict[str, Any]]) -> bool:
        """Return whether it does."""
        raise NotImplementedError(f"{type(self).__name__} has no is_available(agent, messages)")


@dataclass
class StringAvailableCondition(AvailableCondition):
    """It counts where a variable is set, and neither empty nor false."""

    context_variable: str

    def is_available(self, agent: Any, messages: list[dict[str, Any]]) -> bool:
        """Return whether it is."""
        return bool(agent.context_variables.get(self.context_variable, False))


@dataclass
class ExpressionAvailableCondition(AvailableCondition):
    """It counts where an expression is true."""

    expression: ContextExpression

    def __post_init__(self) -> None:
        _expect(self, "expression", self.expression, ContextExpression)

    def is_available(self, agent: Any, messages: list[dict[str, Any]]) -> bool:
        """Return whether it is."""
        return self.expression.evaluate(agent.context_variables)


# ---------------------------------------------------------------- where to, when


@dataclass
class OnCondition:
    """Hand over where the agent's model calls for it: the condition is the description of a tool."""

    target: TransitionTarget
    condition: LLMCondition
    available: AvailableCondition | None = None
    """Whether the tool is offered; None: always."""
    llm_function_name: str | None = None
    """What the tool is called; None: ``transfer_to_<target>_<its number>``."""

    def __post_init__(self) -> None:
        _expect(self, "target", self.target, TransitionTarget)
        _expect(self, "condition", self.condition, LLMCondition)
        _expect(self, "available", self.available, AvailableCondition, None)

    def has_target_type(self, target_type: type) -> bool:
        """Return whether the target is of a class."""
        return isinstance(self.target, target_type)

    def target_requires_wrapping(self) -> bool:
        """Return whether an agent has to stand for the target."""
        return self.target.needs_agent_wrapper()

    def counts(self, agent: Any, messages: list[dict[str, Any]]) -> bool:
        """Return whether it counts now."""
        return self.available is None or self.available.is_available(agent, messages)


@dataclass
class OnContextCondition:
    """Hand over where the context variables say so; no model is asked."""

    target: TransitionTarget
    condition: ContextCondition | None = None
    """None: always."""
    available: AvailableCondition | None = None
    """Whether the condition counts; None: always."""

    def __post_init__(self) -> None:
        _expect(self, "target", self.target, TransitionTarget)
        _expect(self, "condition", self.condition, ContextCondition, None)
        _expect(self, "available", self.available, AvailableCondition, None)

    def has_target_type(self, target_type: type) -> bool:
        """Return whether the target is of a class."""
        return isinstance(self.target, target_type)

    def target_requires_wrapping(self) -> bool:
        """Return whether an agent has to stand for the target."""
        return self.target.needs_agent_wrapper()

    def holds(self, agent: Any, messages: list[dict[str, Any]]) -> bool:
        """Return whether an agent hands over by it now."""
        if self.available is not None and not self.available.is_available(agent, messages):
            return False
        return self.condition is None or self.condition.evaluate(agent.context_variables)


_NO_DEFAULT: Any = object()


def _expect(value: object, name: str, given: object, kind: type, also: object = _NO_DEFAULT) -> None:
    if not isinstance(given, kind) and given is not also:
        raise ConfigError(f"{type(value).__name__}: {name}={given!r} is a {type(given).__name__}; expected {_a(kind)}")


def _a(kind: type) -> str:
    name = kind.__name__
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name}"
