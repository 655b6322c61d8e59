"""Predicates over an action: ``arg.amount > 100``, joined by ``&``, ``|`` and ``~``.

They are values that print themselves. Python's ``and``, ``or``, ``not`` and chained comparisons
would silently drop a part of one, so asking one for its truth raises.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, cast

from ..action import Action
from ..errors import ConfigError, PolicyError
from .values import OPERATIONS, SIMPLE, Op, comparable, is_finite, path_text, short, step

Root = Literal["arg", "its"]


class Predicate:
    """Is true or false of an action. One that raises is a rule that cannot be evaluated, and denies."""

    __slots__ = ()

    def holds(self, action: Action) -> bool:
        """Return whether it is true of the action.

        Raises:
            PolicyError: an argument it names is missing, or cannot be compared.
        """
        raise NotImplementedError

    def told(self) -> str:
        """Return it as a person reads it: ``amount > 100 and vip == True``."""
        return str(self)

    def reads(self) -> frozenset[str]:
        """Return the names of the arguments that it looks at; what a function looks at is not known."""
        return frozenset()

    def __and__(self, other: Predicate | Callable[[Action], Any]) -> Predicate:
        return Both(self, checked(other))

    def __or__(self, other: Predicate | Callable[[Action], Any]) -> Predicate:
        return Either(self, checked(other))

    def __rand__(self, other: Callable[[Action], Any]) -> Predicate:
        return Both(checked(other), self)

    def __ror__(self, other: Callable[[Action], Any]) -> Predicate:
        return Either(checked(other), self)

    def __invert__(self) -> Predicate:
        return Not(self)

    def __bool__(self) -> NoReturn:
        _no_truth(self)


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """An argument or a property of an action, to be compared: ``arg.amount``, ``its.risk``."""

    _root: Root
    _path: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Ref:
        if name.startswith("__"):
            raise AttributeError(name)
        return Ref(self._root, (*self._path, name))

    def __getitem__(self, key: str | int) -> Ref:
        return Ref(self._root, (*self._path, str(key)))

    def __lt__(self, other: Any) -> Predicate:
        return Compare(self, "<", _constant(other))

    def __le__(self, other: Any) -> Predicate:
        return Compare(self, "<=", _constant(other))

    def __gt__(self, other: Any) -> Predicate:
        return Compare(self, ">", _constant(other))

    def __ge__(self, other: Any) -> Predicate:
        return Compare(self, ">=", _constant(other))

    def __eq__(self, other: Any) -> Predicate:  # type: ignore[override]
        return Compare(self, "==", _constant(other))

    def __ne__(self, other: Any) -> Predicate:  # type: ignore[override]
        return Compare(self, "!=", _constant(other))

    __hash__ = object.__hash__

    def in_(self, values: Iterable[Any]) -> Predicate:
        """Be true where the value is one of these."""
        if isinstance(values, str) or not isinstance(cast(object, values), Iterable):
            raise ConfigError(f"{self}.in_({values!r}): expected a list of values, or write {self} == {values!r}")
        return Compare(self, "in", tuple(_element(v) for v in values))

    def contains(self, part: Any) -> Predicate:
        """Be true where the text or list holds this part."""
        return Compare(self, "contains", _constant(part))

    def matches(self, pattern: str) -> Predicate:
        """Be true where the whole text matches a regular expression."""
        try:
            re.compile(pattern)
        except (re.error, TypeError) as error:
            raise ConfigError(f"{self}.matches({pattern!r}) is not a regular expression: {error}") from None
        return Compare(self, "matches", pattern)

    def __and__(self, other: Any) -> NoReturn:
        _not_compared(self)

    __rand__ = __or__ = __ror__ = __and__

    def __invert__(self) -> NoReturn:
        _not_compared(self)

    def __bool__(self) -> NoReturn:
        _not_compared(self)

    def __iter__(self) -> NoReturn:  # Python would call __getitem__ with 0, 1, 2, ... for ever
        raise ConfigError(f"{self} has no elements yet; to look into it write {self}.contains(...) or {self}[0]")

    def __contains__(self, part: object) -> NoReturn:
        raise ConfigError(f"`in` asks for a truth value at once; write {self}.contains({part!r})")

    def __str__(self) -> str:
        return self._root + path_text(self._path)

    __repr__ = __str__


arg = Ref("arg")
"""The arguments of a tool call, validated and with their defaults: ``arg.amount > 100``."""
its = Ref("its")
"""What else is known of an action: ``its.name``, ``its.agent``, ``its.executor``, ``its.kind``, ``its.risk``,
``its.impact``, ``its.confidence``, ``its.attempts``."""
_PROPERTIES = ("name", "agent", "executor", "kind", "risk", "impact", "confidence", "attempts", "turn")


def parts(ref: Ref) -> tuple[Root, tuple[str, ...]]:
    """Return where a reference begins and the names it follows."""
    return object.__getattribute__(ref, "_root"), object.__getattribute__(ref, "_path")


@dataclass(frozen=True, slots=True)
class Compare(Predicate):
    """A comparison of one value of the action with a constant, or with another value of it."""

    ref: Ref
    op: Op
    value: Any
    key: str = field(init=False, repr=False)
    """The argument it is about; empty where it is not about a whole argument and a plain constant."""
    test: Callable[[Any, Any], Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        root, path = parts(self.ref)
        plain = root == "arg" and len(path) == 1 and type(self.value) in SIMPLE
        object.__setattr__(self, "key", path[0] if plain else "")
        object.__setattr__(self, "test", OPERATIONS[self.op])
        if not path:
            raise ConfigError(f"{root} alone cannot be compared; name a value of it, such as {_EXAMPLES[root]}")
        if root == "its" and path[0] not in _PROPERTIES:
            raise ConfigError(f"{self.ref} is not known of an action; expected one of its.{', its.'.join(_PROPERTIES)}")

    def __eq__(self, other: object) -> bool:  # a comparison of two `Ref` is a condition, and has no truth value
        if not isinstance(other, Compare):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(str(self))

    def _identity(self) -> tuple[object, ...]:
        value: Any = self.value
        kept: object = parts(value) if isinstance(value, Ref) else value
        return (parts(self.ref), self.op, kept, repr(value))  # the print too: 1, 1.0 and True are equal in Python

    def holds(self, action: Action) -> bool:
        """Compare; a missing argument, one that is not finite, and types that have no order raise."""
        if self.key:  # most conditions; the road below is three times as long
            found: Any = action.arguments.get(self.key)
            kind = cast("type[Any]", type(found))
            if kind is int or kind is str or (kind is float and math.isfinite(found)):
                try:
                    return bool(self.test(found, self.value))
                except TypeError:
                    raise self._cannot(found, self.value) from None
        found = value_of(self.ref, action)
        wanted = value_of(self.value, action) if isinstance(self.value, Ref) else self.value
        if type(found) not in SIMPLE or type(wanted) not in SIMPLE:
            found, wanted = comparable(found, self.ref), comparable(wanted, self.ref)
        try:
            return bool(self.test(found, wanted))
        except TypeError:
            raise self._cannot(found, wanted) from None

    def reads(self) -> frozenset[str]:
        """Return the arguments that are compared."""
        refs = [parts(ref) for ref in (self.ref, self.value) if isinstance(ref, Ref)]
        return frozenset(path[0] for root, path in refs if root == "arg" and path)

    def _cannot(self, found: Any, wanted: Any) -> PolicyError:
        what = type(found).__name__
        return PolicyError(f"{self}: {short(found)} ({what}) and {short(wanted)} cannot be compared")

    def __str__(self) -> str:
        if self.op in ("contains", "matches"):
            return f"{self.ref}.{self.op}({self.value!r})"
        if self.op == "in":
            return f"{self.ref}.in_({list(self.value)!r})"
        return f"{self.ref} {self.op} {self.value!r}"

    def told(self) -> str:
        """Return it without ``arg``; what is known otherwise keeps its ``its``, to be told from an argument."""
        value = _told(self.value) if isinstance(self.value, Ref) else repr(self.value)
        if self.op == "in":
            return f"{_told(self.ref)} is one of {', '.join(map(repr, self.value))}"
        return f"{_told(self.ref)} {self.op} {value}"


@dataclass(frozen=True, slots=True)
class Both(Predicate):
    """Both are true."""

    left: Predicate
    right: Predicate

    def holds(self, action: Action) -> bool:
        """Return whether both hold; the second is asked only if the first does."""
        return self.left.holds(action) and self.right.holds(action)

    def reads(self) -> frozenset[str]:
        """Return the arguments of both."""
        return self.left.reads() | self.right.reads()

    def __str__(self) -> str:
        return f"({self.left}) & ({self.right})"

    def told(self) -> str:
        """Join both by ``and``."""
        return f"{_inner(self.left, Both)} and {_inner(self.right, Both)}"


@dataclass(frozen=True, slots=True)
class Either(Predicate):
    """One of two is true."""

    left: Predicate
    right: Predicate

    def holds(self, action: Action) -> bool:
        """Return whether one holds; the second is asked only if the first does not."""
        return self.left.holds(action) or self.right.holds(action)

    def reads(self) -> frozenset[str]:
        """Return the arguments of both."""
        return self.left.reads() | self.right.reads()

    def __str__(self) -> str:
        return f"({self.left}) | ({self.right})"

    def told(self) -> str:
        """Join both by ``or``."""
        return f"{_inner(self.left, Either)} or {_inner(self.right, Either)}"


@dataclass(frozen=True, slots=True)
class Not(Predicate):
    """The other one is false."""

    inner: Predicate

    def holds(self, action: Action) -> bool:
        """Return whether the inner one does not hold; where that raises, so does this."""
        return not self.inner.holds(action)

    def reads(self) -> frozenset[str]:
        """Return the arguments of the other one."""
        return self.inner.reads()

    def __str__(self) -> str:
        return f"~({self.inner})"

    def told(self) -> str:
        """Put ``not`` before it."""
        return f"not ({self.inner.told()})"


@dataclass(frozen=True, slots=True)
class FunctionPredicate(Predicate):
    """A plain function of the action. What it returns counts by its truth; what it raises denies."""

    fn: Callable[[Action], Any]

    def holds(self, action: Action) -> bool:
        """Call it. It is not awaited: a policy does no I/O."""
        found = self.fn(action)
        if hasattr(found, "__await__"):
            found.close() if hasattr(found, "close") else None
            raise PolicyError(f"{self} is async; a rule does no I/O, so it is a plain function")
        return bool(found)

    def __str__(self) -> str:
        return named(self.fn)


def checked(value: object) -> Predicate:
    """Read a predicate, or a plain function of an action, as a predicate.

    Raises:
        ConfigError: it is neither; a bare ``arg.vip`` is told how to be one.
    """
    if isinstance(value, Predicate):
        return value
    if isinstance(value, Ref):
        raise ConfigError(f"{value} is a value, not a condition; write {value} == True, or compare it otherwise")
    from .policy import Policy

    if isinstance(value, Policy):
        raise ConfigError(f"{value} is a policy, not a condition; a condition is such as arg.amount > 100")
    if callable(value) and not isinstance(value, type):
        return FunctionPredicate(value)
    raise ConfigError(f"{value!r} is not a condition; expected arg.amount > 100, or a function of an Action")


def value_of(ref: Ref, action: Action) -> Any:
    """Return what a reference stands for in an action.

    Raises:
        PolicyError: it is missing, or a number that is not finite (which compares false with everything).
    """
    root, path = parts(ref)
    found: Any = action.arguments if root == "arg" else action
    for name in path:
        try:
            found = step(found, name)
        except (KeyError, AttributeError, IndexError, ValueError, TypeError):
            raise PolicyError(f"{ref}: there is no {name!r} in {action.kind} {action.name!r}") from None
    if isinstance(found, float) and not math.isfinite(found):
        raise PolicyError(f"{ref} is {found}, which cannot be compared")
    if callable(found):
        raise PolicyError(f"{ref} is a method or a function, not a value")
    return found


def _constant(value: Any) -> Any:
    if isinstance(value, Ref):
        return value
    if isinstance(value, (Predicate, type)) or callable(value):
        raise ConfigError(f"{value} is no value to compare with; join conditions by & | ~, each in brackets")
    if isinstance(value, (list, tuple)):
        return tuple(_element(v) for v in cast("list[Any]", value))
    if isinstance(value, dict):
        return {k: _element(v) for k, v in cast("dict[Any, Any]", value).items()}
    if not is_finite(value):
        raise ConfigError(f"{value} cannot be compared with: every comparison with it is false, or says nothing")
    return value


def _element(value: Any) -> Any:
    if isinstance(value, Ref):
        raise ConfigError(f"{value} cannot stand inside a list; compare with it alone, and join by |")
    return _constant(value)


_EXAMPLES: dict[str, str] = {"arg": "arg.amount > 100", "its": "its.risk == 'high'"}


def named(fn: Callable[..., Any]) -> str:
    """Return what to call a user's function; the same in each process."""
    return getattr(fn, "__qualname__", "") or f"{type(fn).__qualname__}(...)"


def _told(ref: Ref) -> str:
    root, path = parts(ref)
    text = path_text(path).removeprefix(".")
    return text if root == "arg" else f"its {text}"


def _inner(predicate: Predicate, same: type[Predicate]) -> str:
    alone = isinstance(predicate, same) or not isinstance(predicate, (Both, Either))
    return predicate.told() if alone else f"({predicate.told()})"


def _no_truth(value: object) -> NoReturn:
    raise ConfigError(
        f"the condition {value} has no truth value by itself: `and`, `or`, `not` and chained comparisons would "
        "drop a part of it; join conditions by & | ~, each in brackets"
    )


def _not_compared(ref: Ref) -> NoReturn:
    raise ConfigError(
        f"{ref} is a value, not a condition; compare it, as in ({ref} == True), "
        "and join conditions by & | ~, each in brackets"
    )
