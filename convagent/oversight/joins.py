"""Joins: the first opinion, the strictest one, and what counts if nobody answers in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..action import Action
from ..errors import ConfigError, PolicyError
from .atoms import Ask, Deny
from .policy import Function, Policy, Trail, walk
from .ruling import Asked, Demand, strictest

if TYPE_CHECKING:
    from .ruling import Ruling


@dataclass(frozen=True, slots=True)
class First(Policy):
    """The first policy that has an opinion."""

    policies: tuple[Policy, ...]

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the first ruling."""
        for policy in self.policies:
            ruling = policy.opinion(action, every_kind, trail)
            if ruling is not None:
                return ruling
        return None

    def parts(self) -> tuple[Policy, ...]:
        """Return what it is made of."""
        return self.policies

    def __str__(self) -> str:
        return _printed(self.policies, "|", "first_of")


@dataclass(frozen=True, slots=True)
class All(Policy):
    """The strictest opinion: deny, ask, retry, allow. What asks has all to be answered."""

    policies: tuple[Policy, ...]

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the strictest ruling."""
        found: Ruling | None = None
        for policy in self.policies:
            ruling = policy.opinion(action, every_kind, trail)
            if ruling is None:
                continue
            if isinstance(ruling, Deny):
                return ruling  # nothing is stricter
            found = ruling if found is None else strictest((found, ruling))
        return found

    def parts(self) -> tuple[Policy, ...]:
        """Return what it is made of."""
        return self.policies

    def __str__(self) -> str:
        return _printed(self.policies, "&", "all_of")


@dataclass(frozen=True, slots=True)
class Then(Policy):
    """The first policy, and where it asks and nobody answers in time or can be reached, the second."""

    first: Policy
    second: Policy

    def __post_init__(self) -> None:
        endless = [a for a in unfollowed(self.first) if a.within is None]
        if endless:
            raise ConfigError(
                f"{endless[0]} waits for ever, so what follows `>>` would never count; "
                "give it a time: ask(..., within='10m')"
            )
        if not unfollowed(self.first) and not any(isinstance(p, Function) for p in walk(self.first)):
            raise ConfigError(
                f"{self.first} asks nobody, so what follows `>>` would never count; put an ask(...) before it"
            )

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the first ruling, with the second behind its questions."""
        ruling = self.first.opinion(action, every_kind, trail)
        if not isinstance(ruling, Asked):
            return ruling
        if any(_waits_for_ever(d) for d in ruling.demands):
            raise PolicyError(f"{self.first} asks without a time, so what follows `>>` would never count")
        # The question stands already: what follows is about it, whatever its kind.
        after = self.second.opinion(action, True, trail)
        if after is None:
            return ruling
        return Asked(tuple(d.followed_by(after) for d in ruling.demands))

    def parts(self) -> tuple[Policy, ...]:
        """Return what it is made of."""
        return (self.first, self.second)

    def __str__(self) -> str:
        return f"{_bracketed(self.first, Then)} >> {_bracketed(self.second)}"


def unfollowed(policy: Policy) -> list[Ask]:
    """Return the asks in a policy that say nothing of what counts when nobody answers."""
    if isinstance(policy, Ask):
        return [policy]
    if isinstance(policy, Then):
        return unfollowed(policy.second)
    return [found for part in policy.parts() for found in unfollowed(part)]


def _waits_for_ever(demand: Demand) -> bool:
    if demand.then is None:
        return demand.within is None
    return isinstance(demand.then, Asked) and any(_waits_for_ever(d) for d in demand.then.demands)


def joined(kind: type[First] | type[All], left: Policy, right: Policy, sign: str) -> Policy:
    """Join two policies, flat; refuse what `>>` would tear apart."""
    # `>>` binds tighter than `&` and `|`, so ask(a) & ask(b) >> deny() is ask(a) & (ask(b) >> deny()).
    for a, b in ((left, right), (right, left)):
        if isinstance(b, Then) and (loose := unfollowed(a)):
            raise ConfigError(
                f"{left} {sign} {right}: `>>` binds tighter than `{sign}`, so it follows one of these only. Write "
                f"({loose[0]} {sign} ...) >> ... for both, ({loose[0]} >> ...) {sign} (...) for each, "
                f"or {'all_of' if kind is All else 'first_of'}(...) for what stands here"
            )
    return together(kind, (left, right))


def together(kind: type[First] | type[All], policies: tuple[Policy, ...]) -> Policy:
    """Join policies, flat; one alone is itself."""
    if not policies:
        raise ConfigError(f"{'all_of' if kind is All else 'first_of'}() joins nothing; name at least one policy")
    flat = tuple(p for side in policies for p in (side.policies if isinstance(side, kind) else (side,)))
    return flat[0] if len(flat) == 1 else kind(flat)


def _printed(policies: tuple[Policy, ...], sign: str, word: str) -> str:
    # Joined by a sign, a chain beside a loose ask would be refused, as Python would have read it otherwise.
    chains = [p for p in policies if isinstance(p, Then)]
    if any(unfollowed(other) for chain in chains for other in policies if other is not chain):
        return f"{word}({', '.join(str(p) for p in policies)})"
    return f" {sign} ".join(_bracketed(p) for p in policies)


def _bracketed(policy: Policy, *but: type[Policy]) -> str:
    joined = isinstance(policy, (First, All, Then)) and not isinstance(policy, but)
    return f"({policy})" if joined else str(policy)
