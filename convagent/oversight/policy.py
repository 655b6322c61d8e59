"""The algebra of oversight: who decides about what, as one value.

    when(arg.amount > 100, ask("clerk", within="10m") >> ask("manager", within="2h") >> deny("nobody answered"))

A policy maps an `Action` to a ruling or to no opinion. It does no I/O and knows no clock; it prints
itself, and goes through JSON where it holds no Python function (`oversight/serial.py`). No opinion
from anyone is allow; a policy that cannot be evaluated denies.

Outside `at()`, `failing()` and `below()` an atom has an opinion on tool calls only, so that
``oversight=ask("clerk")`` on an agent asks before its tools and not before each sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

from ..action import Action, Kind
from ..errors import ConfigError, PolicyError
from .predicate import Predicate, named
from .ruling import Asked, strictest

if TYPE_CHECKING:
    from .atoms import Deny
    from .ruling import Ruling

Trail = tuple["Policy", ...]
"""The guards that were passed on the way to an atom: they are the clause that fired."""


class Policy:
    """A rule, or rules joined: ``a | b`` first opinion, ``a & b`` strictest, ``a >> b`` if unanswered in time."""

    __slots__ = ()

    def __call__(self, action: Action) -> Ruling | None:
        """Return the ruling on an action, or None: no opinion. What cannot be evaluated denies."""
        try:
            return self.opinion(action, False, ())
        except Exception as error:  # noqa: BLE001 - whatever it raises, it must not open a door
            return not_evaluated(error)

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Return the ruling on an action.

        Args:
            action: what is about to happen.
            every_kind: whether an atom has an opinion on this action whatever its kind.
            trail: the guards passed so far.
        """
        raise NotImplementedError

    def about(self, kind: Kind) -> bool:
        """Return whether it may have an opinion on actions of a kind where no `at()` stands around it."""
        return any(part.about(kind) for part in self.parts())

    def clause(self, action: Action) -> str:
        """Say why this guard let an action through to what it guards; empty: it has no reason to give."""
        return ""

    def parts(self) -> tuple[Policy, ...]:
        """Return the policies that this one is made of."""
        return ()

    def conditions(self) -> tuple[Predicate, ...]:
        """Return the conditions that it has itself."""
        return ()

    def reads(self) -> frozenset[str]:
        """Return the names of the arguments of a tool call that it looks at, as far as that is known."""
        own = [condition.reads() for condition in self.conditions()]
        return frozenset[str]().union(*own, *(part.reads() for part in self.parts()))

    def __or__(self, other: Any) -> Policy:
        from .joins import First, joined

        return joined(First, self, as_policy(other), "|")

    def __and__(self, other: Any) -> Policy:
        from .joins import All, joined

        return joined(All, self, as_policy(other), "&")

    def __rshift__(self, other: Any) -> Policy:
        from .joins import Then

        return Then(self, as_policy(other))

    def __ror__(self, other: Any) -> Policy:
        return as_policy(other) | self

    def __rand__(self, other: Any) -> Policy:
        return as_policy(other) & self

    def __rrshift__(self, other: Any) -> Policy:
        return as_policy(other) >> self

    def __bool__(self) -> NoReturn:
        raise ConfigError(
            f"the policy {self} has no truth value: `and`, `or` and `not` would drop a part of it; "
            "join policies by | & >>"
        )


@dataclass(frozen=True, slots=True)
class Function(Policy):
    """A plain function of the action that returns a policy, or None: no opinion."""

    fn: Callable[[Action], Any]

    def opinion(self, action: Action, every_kind: bool, trail: Trail) -> Ruling | None:
        """Call the function, and return the ruling of the policy it gives."""
        if not every_kind and action.kind != "tool":
            return None
        found = self.fn(action)
        if found is None:
            return None
        if hasattr(found, "__await__"):
            if hasattr(found, "close"):
                found.close()
            raise PolicyError(f"{self} is async; a policy does no I/O, so it is a plain function")
        if isinstance(found, Asked):
            return found
        if not isinstance(found, Policy):
            raise PolicyError(f"{self} returned {found!r}; expected a policy such as deny('why'), or None")
        return found.opinion(action, True, (*trail, self))

    def about(self, kind: Kind) -> bool:
        """Be about tool calls: what it returns is not known before."""
        return kind == "tool"

    def clause(self, action: Action) -> str:
        """Name the function."""
        return str(self)

    def __str__(self) -> str:
        return named(self.fn)


# ---------------------------------------------------------------- judging


def judge(policies: Iterable[Callable[[Action], Any]], action: Action) -> Ruling:
    """Return the strictest ruling of several policies; nobody's opinion is allow."""
    ruling = strictest([p(action) if isinstance(p, Policy) else Function(p)(action) for p in policies])
    if ruling is None:
        from .atoms import allow

        return allow
    return ruling


def not_evaluated(error: Exception) -> Deny:
    """Return the ruling where a rule raised: it must not open a door."""
    from .atoms import Deny

    text = str(error) if isinstance(error, PolicyError) else f"{type(error).__name__}: {error}"
    return Deny(f"a policy could not be evaluated: {text}")


def as_policy(value: Any) -> Policy:
    """Read a policy, or a plain function of an action, as a policy.

    Raises:
        ConfigError: it is neither.
    """
    if isinstance(value, Policy):
        return value
    if isinstance(value, Predicate):
        raise ConfigError(f"{value} is a condition, not a policy; write when({value}, ask(...))")
    if getattr(value, "__module__", "") == f"{__package__}.words" and callable(value):
        raise ConfigError(f"{value.__name__} alone is no policy; call it, as in {value.__name__}(...)")
    if callable(value) and not isinstance(value, type):
        return Function(value)
    raise ConfigError(f"{value!r} is not a policy; expected allow, deny('why'), ask('clerk'), when(...), or a function")


def as_policies(value: Any) -> tuple[Policy, ...]:
    """Read what `oversight=` and `approval=` take: nothing, a policy, a function, or a list of them."""
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return tuple(as_policy(v) for v in cast(Iterable[Any], value))
    return (as_policy(value),)


def walk(policy: Policy) -> Iterable[Policy]:
    """Yield a policy and everything it is made of."""
    yield policy
    for part in policy.parts():
        yield from walk(part)
