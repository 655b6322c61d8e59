"""The handovers of one agent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self, cast

from ..errors import ArgumentError
from .conditions import OnCondition, OnContextCondition
from .targets import TransitionTarget


class Handoffs:
    """To whom an agent hands over, in the order in which it is looked at.

    First its context conditions, before it does anything; then those that its model may call for; then, when it has
    spoken and handed over to nobody, its after works. Every method that adds returns the object itself.
    """

    def __init__(
        self,
        context_conditions: Iterable[OnContextCondition] = (),
        llm_conditions: Iterable[OnCondition] = (),
        after_works: Iterable[OnContextCondition] = (),
    ) -> None:
        self.context_conditions: list[OnContextCondition] = []
        self.llm_conditions: list[OnCondition] = []
        self.after_works: list[OnContextCondition] = []
        self.add_context_conditions(context_conditions).add_llm_conditions(llm_conditions).add_after_works(after_works)

    def add_context_condition(self, condition: OnContextCondition) -> Self:
        """Add a condition over variables."""
        return self.add_context_conditions([condition])

    def add_context_conditions(self, conditions: Iterable[OnContextCondition]) -> Self:
        """Add conditions over variables."""
        self.context_conditions += _all_of(conditions, OnContextCondition)
        return self

    def add_llm_condition(self, condition: OnCondition) -> Self:
        """Add a condition that the model calls for."""
        return self.add_llm_conditions([condition])

    def add_llm_conditions(self, conditions: Iterable[OnCondition]) -> Self:
        """Add conditions that the model calls for."""
        self.llm_conditions += _all_of(conditions, OnCondition)
        return self

    def set_after_work(self, target: TransitionTarget) -> Self:
        """Say who comes after the agent, in the place of all that was said of it before."""
        (found,) = _all_of([target], TransitionTarget)
        self.after_works = [OnContextCondition(found)]
        return self

    def add_after_work(self, condition: OnContextCondition) -> Self:
        """Add a condition on who comes after the agent; see `add_after_works`."""
        return self.add_after_works([condition])

    def add_after_works(self, conditions: Iterable[OnContextCondition]) -> Self:
        """Add conditions on who comes after the agent; the one without a condition, the last of them, comes last."""
        found = [*self.after_works, *_all_of(conditions, OnContextCondition)]
        always = [one for one in found if one.condition is None][-1:]
        self.after_works = [*(one for one in found if one.condition is not None), *always]
        return self

    def add(self, condition: OnContextCondition | OnCondition) -> Self:
        """Add a condition of either kind."""
        return self.add_many([condition])

    def add_many(self, conditions: Iterable[OnContextCondition | OnCondition]) -> Self:
        """Add conditions of both kinds."""
        found = _all_of(conditions, (OnContextCondition, OnCondition))
        self.context_conditions += [one for one in found if isinstance(one, OnContextCondition)]
        self.llm_conditions += [one for one in found if isinstance(one, OnCondition)]
        return self

    def clear(self) -> Self:
        """Take all of them away."""
        self.context_conditions.clear()
        self.llm_conditions.clear()
        self.after_works.clear()
        return self

    def get_llm_conditions_by_target_type(self, target_type: type) -> list[OnCondition]:
        """Return those that the model calls for whose target is of a class."""
        return [one for one in self.llm_conditions if one.has_target_type(target_type)]

    def get_context_conditions_by_target_type(self, target_type: type) -> list[OnContextCondition]:
        """Return those over variables whose target is of a class."""
        return [one for one in self.context_conditions if one.has_target_type(target_type)]

    def get_llm_conditions_requiring_wrapping(self) -> list[OnCondition]:
        """Return those that the model calls for in whose place an agent has to stand."""
        return [one for one in self.llm_conditions if one.target_requires_wrapping()]

    def get_context_conditions_requiring_wrapping(self) -> list[OnContextCondition]:
        """Return those over variables in whose place an agent has to stand."""
        return [one for one in self.context_conditions if one.target_requires_wrapping()]

    def set_llm_function_names(self) -> None:
        """Give the tools by which the model hands over their names."""
        for number, one in enumerate(self.llm_conditions, 1):
            one.llm_function_name = transfer_name(one.target, number)

    def __repr__(self) -> str:
        return f"Handoffs({self.context_conditions!r}, {self.llm_conditions!r}, {self.after_works!r})"


def transfer_name(target: TransitionTarget, number: int) -> str:
    """Return the name of the tool that hands over to a target, the agent's nth."""
    return f"transfer_to_{target.normalized_name()}_{number}"


def _all_of(given: Any, kind: Any) -> list[Any]:
    found = list(given)
    wrong = next((one for one in found if not isinstance(one, kind)), None)
    if wrong is not None:
        kinds = cast("tuple[Any, ...]", kind if isinstance(kind, tuple) else (kind,))
        expected = " or ".join(one.__name__ for one in kinds)
        raise ArgumentError(f"{wrong!r} is a {type(wrong).__name__}; expected {expected}")
    return found
