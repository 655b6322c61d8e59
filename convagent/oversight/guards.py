"""Guards: a policy that has an opinion only where something is so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..action import Action, Kind
from .policy import Policy, Trail, walk
from .predicate import Predicate

if TYPE_CHECKING:
    from .ruling import Ruling


@dataclass(frozen=True, slots=True)
class When(Policy):
    """The inner policy, where a condition holds."""

    condition: Predicate
    policy: Policy
    reason: str = field(init=False, repr=False, compare=False)
    """The condition, as a person reads it."""

    calls: bool = field(init=False, repr=False, compare=False)
    """Whether it is about tool calls."""

    def __post_init__(self) -> None:  # once: both are asked for at each call
        object.__setattr__(self, "reason", self.condition.told())
        object.__setattr__(self, "calls", self.policy.about("tool"))

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the inner ruling where the condition holds."""
        # A condition on arguments says nothing of an action that the policy is not about, and would raise.
        kind = action.kind
        if not every_kind and not (self.calls if kind == "tool" else self.policy.about(kind)):
            return None
        if not self.condition.holds(action):
            return None
        return self.policy.opinion(action, every_kind, (*trail, self))

    def clause(self, action: Action) -> str:
        """Return the condition, as a person reads it."""
        return self.reason

    def parts(self) -> tuple[Policy, ...]:
        """Return what it is made of."""
        return (self.policy,)

    def conditions(self) -> tuple[Predicate, ...]:
        """Return its condition."""
        return (self.condition,)

    def __str__(self) -> str:
        return f"when({self.condition}, {self.policy})"


@dataclass(frozen=True, slots=True)
class At(Policy):
    """The inner policy, on actions of one kind."""

    kind: Kind
    policy: Policy

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the inner ruling on actions of the kind."""
        return self.policy.opinion(action, True, trail) if action.kind == self.kind else None

    def about(self, kind: Kind) -> bool:
        """Be about its kind."""
        return kind == self.kind

    def parts(self) -> tuple[Policy, ...]:
        """Return what it is made of."""
        return (self.policy,)

    def reads(self) -> frozenset[str]:
        """Return the arguments that it looks at, where its kind has those of a tool call."""
        return self.policy.reads() if self.kind in ("tool", "error") else frozenset()

    def __str__(self) -> str:
        return f"at({self.kind!r}, {self.policy})"


@dataclass(frozen=True, slots=True)
class Below(Policy):
    """The inner policy, where the model is less sure than a threshold. Unknown is low."""

    threshold: float
    policy: Policy

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the inner ruling where the model is not sure enough."""
        sure = action.confidence
        if action.kind not in ("tool", "reply") or sure is None:
            return None
        if sure != "unknown" and sure >= self.threshold:
            return None
        return self.policy.opinion(action, True, (*trail, self))

    def clause(self, action: Action) -> str:
        """Say what it fell short of. How sure the model was stands in the action: an "always" is about the rule."""
        return f"confidence below {self.threshold:g}"

    def about(self, kind: Kind) -> bool:
        """Be about what a model made."""
        return kind in ("tool", "reply")

    def parts(self) -> tuple[Policy, ...]:
        """Return what it is made of."""
        return (self.policy,)

    def __str__(self) -> str:
        return f"below({self.threshold!r}, {self.policy})"


@dataclass(frozen=True, slots=True)
class Failing(Policy):
    """The inner policy, where something failed so often, or in a way that is not tried again."""

    attempts: int
    policy: Policy

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the inner ruling on what must not be tried again."""
        failure = action.failure
        if action.kind != "error" or failure is None:
            return None
        if action.attempts < self.attempts and failure.retryable and not failure.doubt:
            return None
        return self.policy.opinion(action, True, (*trail, self))

    def clause(self, action: Action) -> str:
        """Say how often it failed, and how."""
        failure = action.failure
        what = f"{failure.type}: {failure.text}" if failure else "it failed"
        tried = f"after {action.attempts} attempts" if action.attempts != 1 else "at the first attempt"
        return f"{what}, {tried}"

    def about(self, kind: Kind) -> bool:
        """Be about failures."""
        return kind == "error"

    def parts(self) -> tuple[Policy, ...]:
        """Return what it is made of."""
        return (self.policy,)

    def __str__(self) -> str:
        return f"failing({self.attempts}, {self.policy})"


@dataclass(frozen=True, slots=True)
class Sample(Policy):
    """The inner policy, on a share of all actions, chosen by their digest: the same twice."""

    rate: float
    policy: Policy

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the inner ruling on actions that chance chose."""
        # First the policy: most actions it has no opinion on, and a digest costs more than asking.
        ruling = self.policy.opinion(action, every_kind, (*trail, self))
        if ruling is None or int(action.digest[:13], 16) >= self.rate * 16**13:
            return None
        return ruling

    def clause(self, action: Action) -> str:
        """Say that chance chose it."""
        return f"chosen by chance, {self.rate * 100:.3g} in 100"

    def parts(self) -> tuple[Policy, ...]:
        """Return what it is made of."""
        return (self.policy,)

    def __str__(self) -> str:
        return f"sample({self.rate!r}, {self.policy})"


def gates(kind: Kind, policies: Iterable[object]) -> bool:
    """Return whether a policy may have an opinion on actions of a kind that bare policies do not mean."""
    return any(
        isinstance(part, At) and part.kind == kind
        for policy in policies
        if isinstance(policy, Policy)
        for part in walk(policy)
    )


def gates_replies(policies: Iterable[object]) -> bool:
    """Return whether a policy may have an opinion on what is said."""
    return any(
        isinstance(part, Below) or (isinstance(part, At) and part.kind == "reply")
        for policy in policies
        if isinstance(policy, Policy)
        for part in walk(policy)
    )
