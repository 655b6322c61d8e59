"""Limits: how far a run may go, as values that are joined.

    limits=MaxTurns(20) | MaxTokens(50_000) | MaxTime("10m") | TextSaid("DONE", by="critic")

A limit is a frozen value that looks at what a run has come to and says whether that is far enough. It does no I/O
and knows no clock; it prints itself, and goes through JSON where it holds no Python function
(`limits_json.py`). What can be limited stands in `limit_kinds.py`.
``a | b`` is reached where one of them is, ``a & b`` where all of them are at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn, Protocol, cast

from ..errors import ConfigError
from ..messages import Message


class Progress(Protocol):
    """What a limit looks at: how far a run has come, with the runs inside it."""

    turns: int
    """Round trips that are over; in a group to which the initiator speaks once, how often a member had the word."""
    rounds: int
    """How often somebody was given the word."""
    messages: int
    """What was said, the opening and what people said from outside included."""
    said: Message | None
    """The last message, as it was sent; None: nothing was said but the opening."""
    speaker: str
    """Who sent it."""
    prompt_tokens: int
    completion_tokens: int
    cost: float
    seconds: float
    """Since the run began."""

    def history(self) -> Sequence[Message]:
        """Return what was said, as the initiator has it; of a group, as its manager has it."""
        ...


@dataclass(frozen=True, slots=True)
class Reached:
    """Which limit is reached, and how far the run has come."""

    limit: Limit
    amount: str

    def __str__(self) -> str:
        return f"Limit reached: {self.limit}" + (f" ({self.amount})" if self.amount else "")


class Limit:
    """How far a run may go, or limits joined: ``a | b`` whichever is reached first, ``a & b`` once all are."""

    __slots__ = ()

    spends: ClassVar[bool] = False
    """Whether it is about what is spent (tokens, money, time), and so forbids the summary, too."""
    timed: ClassVar[bool] = False
    """Whether it asks for the time."""
    example: ClassVar[str] = "MaxTurns(10)"
    """How it is written."""

    def reached(self, run: Progress) -> Reached | None:
        """Return itself and how far the run has come, if that is far enough; None: it may go on."""
        amount = self.amount(run)
        return None if amount is None else Reached(self, amount)

    def amount(self, run: Progress) -> str | None:
        """Say how far the run has come, if that is far enough; None: it may go on."""
        raise NotImplementedError

    def parts(self) -> tuple[Limit, ...]:
        """Return the limits that this one is made of."""
        return ()

    def is_timed(self) -> bool:
        """Return whether it, or a part of it, asks for the time."""
        return self.timed or any(part.is_timed() for part in self.parts())

    def __or__(self, other: Any) -> Limit:
        return _joined(AnyOf, self, as_limit(other))

    def __and__(self, other: Any) -> Limit:
        return _joined(AllOf, self, as_limit(other))

    def __ror__(self, other: Any) -> Limit:
        return as_limit(other) | self

    def __rand__(self, other: Any) -> Limit:
        return as_limit(other) & self

    def __bool__(self) -> NoReturn:
        raise ConfigError(
            f"the limit {self} has no truth value: `and`, `or` and `not` would drop a part of it; join limits by | &"
        )


# ---------------------------------------------------------------- joined


@dataclass(frozen=True, slots=True)
class AnyOf(Limit):
    """Whichever is reached first."""

    limits: tuple[Limit, ...]

    def reached(self, run: Progress) -> Reached | None:
        """Return the first one that is reached."""
        for limit in self.limits:
            found = limit.reached(run)
            if found is not None:
                return found
        return None

    def parts(self) -> tuple[Limit, ...]:
        """Return what it is made of."""
        return self.limits

    def __str__(self) -> str:
        return " | ".join(map(_bracketed, self.limits))


@dataclass(frozen=True, slots=True)
class AllOf(Limit):
    """All of them at once."""

    limits: tuple[Limit, ...]

    def amount(self, run: Progress) -> str | None:
        """Say how far the run has come by each of them."""
        amounts: list[str] = []
        for limit in self.limits:
            found = limit.reached(run)
            if found is None:
                return None
            amounts.append(found.amount)
        return ", ".join(filter(None, amounts))

    def parts(self) -> tuple[Limit, ...]:
        """Return what it is made of."""
        return self.limits

    def __str__(self) -> str:
        return " & ".join(map(_bracketed, self.limits))


def _joined(kind: type[AnyOf] | type[AllOf], left: Limit, right: Limit) -> Limit:
    return kind(tuple(one for side in (left, right) for one in (side.limits if isinstance(side, kind) else (side,))))


def _bracketed(limit: Limit) -> str:
    return f"({limit})" if isinstance(limit, (AnyOf, AllOf)) else str(limit)


def of_spending(limit: Limit) -> Limit | None:
    """Return what of a limit is about what is spent; None: nothing.

    Once a run is over this alone still counts: a summary costs tokens, and is no turn.
    """
    if not isinstance(limit, (AnyOf, AllOf)):
        return limit if limit.spends else None
    left = [found for part in limit.limits if (found := of_spending(part)) is not None]
    if isinstance(limit, AllOf) and len(left) < len(limit.limits):
        return None
    return type(limit)(tuple(left)) if left else None


# ---------------------------------------------------------------- reading


def as_limit(value: Any) -> Limit:
    """Read what `limits=` takes.

    Raises:
        ConfigError: it is no limit.
    """
    if isinstance(value, Limit):
        return value
    if isinstance(value, type) and issubclass(value, Limit):
        raise ConfigError(f"{value.__name__} alone is no limit; call it, as in {value.example}")
    if callable(cast(object, value)):
        raise ConfigError(f"limits={value!r} is a function; write Until(...) around a function of the messages")
    kind = type(cast(object, value)).__name__
    raise ConfigError(
        f"limits={value!r} is a {kind}; expected a limit such as MaxTurns(10), or several joined by | and &"
    )
