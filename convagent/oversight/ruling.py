"""What a policy says of an action: it may happen, it may not, somebody is asked, it is tried again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from .atoms import Allow, Deny, Retry


@dataclass(frozen=True, slots=True)
class Demand:
    """One question that has to be settled before an action may happen."""

    who: tuple[str, ...] = ()
    """Persons or roles, any of whom may answer; empty: whoever is reached."""
    need: int = 1
    """How many different people have to approve."""
    within: float | None = None
    """Seconds until it counts as unanswered; None: no limit."""
    form: Any = None
    """What an approval has to fill in: a pydantic model, a JSON Schema, or a tuple of choices."""
    because: str = ""
    """The clause that fired, such as ``amount > 100``."""
    then: Ruling | None = None
    """What counts if nobody answers in time or can be reached; None: it is denied, or nobody is reachable."""

    def followed_by(self, ruling: Ruling) -> Demand:
        """Return the demand with a ruling for the case that nobody answers, at the end of its chain."""
        if self.then is None:
            return replace(self, then=ruling)
        if isinstance(self.then, Asked):
            return replace(self, then=Asked(tuple(d.followed_by(ruling) for d in self.then.demands)))
        return self


@dataclass(frozen=True, slots=True)
class Asked:
    """People have to decide; every demand must be met."""

    strictness: ClassVar[int] = 2

    demands: tuple[Demand, ...]


if TYPE_CHECKING:
    Ruling = Allow | Deny | Retry | Asked


def strictest(rulings: Iterable[Any]) -> Any:
    """Return the strictest of several opinions: deny, ask, retry, allow; asks are all to be met. None: no opinion."""
    found: Any = None
    for ruling in rulings:
        if ruling is None:
            continue
        if found is None or ruling.strictness > found.strictness:
            found = ruling
        elif isinstance(ruling, Asked) and isinstance(found, Asked):
            more = tuple(d for d in ruling.demands if d not in found.demands)
            found = Asked((*found.demands, *more))
    return found
