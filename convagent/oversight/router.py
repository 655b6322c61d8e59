"""The router: which policy decides about an action, by how much there is at risk.

    Oversight(
        {"low": allow, "medium": sample(0.1, ask("clerk")), "high": ask("manager", within="1h") >> deny("no answer")},
        rules=[(arg.amount > 1000, "high"), (its.name == "lookup", "low")],
    )

The first rule that holds names the risk; where none does, the tool's own word (``@tool(risk="high")``)
counts. What nobody has named is not low: there the strictest of all entries counts, or what
``otherwise=`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from ..action import Action, Kind
from ..errors import ConfigError, one_of
from .atoms import Allow, Deny
from .joins import All, together
from .policy import Policy, Trail, as_policy
from .predicate import Predicate, checked

if TYPE_CHECKING:
    from .ruling import Ruling

Rule = tuple[Predicate | Callable[[Action], Any], str]
"""A condition, and the risk of what it holds for."""


@dataclass(frozen=True, slots=True)
class Choice(Policy):
    """What the router chose for one action, and why."""

    risk: str
    """The entry; empty: none, as nobody named the risk."""
    why: str
    """What a person reads as the reason."""
    policy: Policy

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the ruling of the chosen policy, which carries the reason of the choice."""
        ruling = self.policy.opinion(action, every_kind, (*trail, self))
        if isinstance(ruling, (Allow, Deny)) and not ruling.because:
            return replace(ruling, because=self.why)
        return ruling

    def clause(self, action: Action) -> str:
        """Say why it was chosen."""
        return self.why

    def parts(self) -> tuple[Policy, ...]:
        """Return the chosen policy."""
        return (self.policy,)

    def __str__(self) -> str:
        return str(self.policy)


@dataclass(frozen=True, slots=True, init=False)
class Oversight(Policy):
    """Policies by risk, and the rules that say which risk an action is."""

    policies: Mapping[str, Policy]
    rules: tuple[tuple[Predicate, str], ...]
    otherwise: str | Policy | None

    def __init__(
        self,
        policies: Mapping[str, Any],
        rules: Iterable[Rule] = (),
        otherwise: str | Policy | Callable[[Action], Any] | None = None,
    ) -> None:
        """Bundle policies.

        Args:
            policies: a policy for each risk, such as ``{"low": allow, "high": ask("clerk")}``.
            rules: pairs of a condition and a risk; the first that holds counts, before the tool's own word.
            otherwise: the risk, or the policy, of what nobody has named; default: the strictest of all.

        Raises:
            ConfigError: an entry is no policy, or a rule names a risk that has none.
        """
        put = object.__setattr__  # the dataclass is frozen
        put(self, "policies", _entries(policies))
        put(self, "rules", tuple(_rule(r, self.policies) for r in _listed(rules)))
        put(self, "otherwise", _otherwise(otherwise, self.policies))

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the ruling of the policy that is chosen."""
        # A rule on arguments says nothing of an action that no entry is about, and would raise.
        if not every_kind and not self.about(action.kind):
            return None
        return self.choose(action).opinion(action, every_kind, trail)

    def choose(self, action: Action) -> Choice:
        """Return the policy for an action, with the reason.

        Raises:
            PolicyError: a rule cannot be evaluated.
        """
        for condition, risk in self.rules:
            if condition.holds(action):
                return Choice(risk, f"{risk} risk: {condition.told()}", self.policies[risk])
        return self.declared(action)

    def declared(self, action: Action) -> Choice:
        """Return the policy for what the tool declares of itself, whatever the rules say."""
        declared = self.policies.get(action.risk)
        if declared is not None:
            return Choice(action.risk, f"{action.risk} risk, as declared", declared)
        unknown = f"no rule for the risk {action.risk!r}" if action.risk else "no known risk"
        if isinstance(self.otherwise, str):
            return Choice(self.otherwise, f"{self.otherwise} risk: {unknown}", self.policies[self.otherwise])
        return Choice("", unknown, self.fallback())

    def fallback(self) -> Policy:
        """Return what counts where nobody has named the risk."""
        if isinstance(self.otherwise, str):
            return self.policies[self.otherwise]
        return together(All, tuple(self.policies.values())) if self.otherwise is None else self.otherwise

    def about(self, kind: Kind) -> bool:
        """Be about what any of its policies is about."""
        return any(p.about(kind) for p in self.parts())

    def parts(self) -> tuple[Policy, ...]:
        """Return its policies."""
        extra = (self.otherwise,) if isinstance(self.otherwise, Policy) else ()
        return (*self.policies.values(), *extra)

    def conditions(self) -> tuple[Predicate, ...]:
        """Return the conditions of its rules."""
        return tuple(condition for condition, _ in self.rules)

    def __str__(self) -> str:
        entries = ", ".join(f"{risk!r}: {policy}" for risk, policy in self.policies.items())
        given = ["{" + entries + "}"]
        if self.rules:
            given.append(f"rules=[{', '.join(f'({condition}, {risk!r})' for condition, risk in self.rules)}]")
        if self.otherwise is not None:
            given.append(
                f"otherwise={self.otherwise!r}" if isinstance(self.otherwise, str) else f"otherwise={self.otherwise}"
            )
        return f"Oversight({', '.join(given)})"


# ---------------------------------------------------------------- what it is given


def _entries(policies: Any) -> dict[str, Policy]:
    if not isinstance(policies, Mapping) or not policies:
        raise ConfigError(
            f"Oversight({policies!r}): expected a policy for each risk, such as {{'low': allow, 'high': ask('clerk')}}"
        )
    found: dict[str, Policy] = {}
    for risk, policy in cast("Mapping[Any, Any]", policies).items():
        if not isinstance(risk, str) or not risk.strip():
            raise ConfigError(f"Oversight: {risk!r} is no name of a risk; expected a word such as 'high'")
        try:
            found[risk] = as_policy(policy)
        except ConfigError as error:
            raise ConfigError(f"Oversight: {risk!r}: {error}") from None
    return found


def _listed(rules: Any) -> list[Any]:
    if isinstance(rules, (str, Mapping)) or not isinstance(rules, Iterable):
        raise ConfigError(f"rules={rules!r}: expected a list of pairs, such as [(arg.amount > 100, 'high')]")
    return list(cast("Iterable[Any]", rules))


def _rule(rule: Any, policies: Mapping[str, Policy]) -> tuple[Predicate, str]:
    if not isinstance(rule, (tuple, list)) or len(cast("list[Any]", rule)) != 2:
        raise ConfigError(f"rules: {rule!r} is no pair of a condition and a risk, such as (arg.amount > 100, 'high')")
    condition, risk = cast("tuple[Any, Any]", rule)
    if not isinstance(risk, str) or risk not in policies:
        raise one_of(f"rules: the risk of {condition}", risk, policies)
    return checked(condition), risk


def _otherwise(value: Any, policies: Mapping[str, Policy]) -> str | Policy | None:
    if value is None:
        return None
    if isinstance(value, str):
        if value not in policies:
            raise one_of("otherwise", value, policies)
        return value
    return as_policy(value)
