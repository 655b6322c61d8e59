"""What an agent's models cost, in the classic shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from ..messages import Usage
from ..models.base import ModelReply
from ..models.entry import Entry
from ..models.price import entry_cost

if TYPE_CHECKING:
    from ..conversation.limits import Limit


class UsageMeter:
    """Adds up the usage of one agent's model calls, by model; with and without cached ones."""

    def __init__(self) -> None:
        self.actual: dict[str, Any] | None = None
        """Paid for now: without what came from the cache."""
        self.total: dict[str, Any] | None = None
        """With what came from the cache."""

    def add(self, reply: ModelReply) -> None:
        """Count one reply."""
        self.count(reply.model, reply.usage, cached=reply.cached)

    def count(self, model: str, usage: Usage, *, cached: bool = False) -> None:
        """Count what one call of a model used."""
        self.total = _added(self.total, model, usage)
        if not cached:
            self.actual = _added(self.actual, model, usage)

    def clear(self) -> None:
        """Start anew."""
        self.actual = self.total = None


class Metered(Protocol):
    """Anything with a usage meter."""

    @property
    def usage(self) -> UsageMeter:
        """Its meter."""
        ...


def _added(sums: dict[str, Any] | None, model: str, usage: Usage) -> dict[str, Any]:
    sums = {"total_cost": 0.0} if sums is None else sums
    model = model or "unknown"
    sums["total_cost"] += usage.cost
    row = sums.get(model)
    if row is None:
        row = sums[model] = {"cost": 0.0, "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    row["cost"] += usage.cost
    row["prompt_tokens"] += usage.prompt_tokens
    row["completion_tokens"] += usage.completion_tokens
    row["total_tokens"] += usage.total_tokens
    return sums


def unpriced(limit: Limit, agents: Iterable[object]) -> list[str]:
    """Say which models a limit of cost cannot count, because nobody knows their price."""
    from ..conversation.limit_kinds import MaxCost

    if isinstance(limit, MaxCost):
        entries = [(a, e) for a in agents for e in getattr(getattr(a, "llm_config", None), "entries", ())]
        unknown = [(a, e) for a, e in entries if isinstance(e, Entry) and e.price is None and not _is_priced(e)]
        return [
            f"{limit} does not see what {e.model} of {getattr(a, 'name', a)} costs; give the entry a price=[prompt, "
            "completion], dollars for 1,000 tokens"
            for a, e in unknown
        ]
    return [note for part in limit.parts() for note in unpriced(part, agents)]


def _is_priced(entry: Entry) -> bool:
    return entry_cost(entry, entry.model, 1, 1) > 0


def gather_usage_summary(agents: Iterable[object]) -> dict[str, Any]:
    """Add up what several agents' models cost, in the classic shape; an agent that is listed twice counts once."""
    actual: dict[str, Any] = {"total_cost": 0}
    total: dict[str, Any] = {"total_cost": 0}
    seen: set[int] = set()
    for agent in agents:
        meter = getattr(agent, "usage", None)
        if not isinstance(meter, UsageMeter) or id(meter) in seen:
            continue
        seen.add(id(meter))
        _merge(actual, meter.actual)
        _merge(total, meter.total)
    return {"usage_including_cached_inference": total, "usage_excluding_cached_inference": actual}


def _merge(into: dict[str, Any], sums: dict[str, Any] | None) -> None:
    for model, row in (sums or {}).items():
        if model == "total_cost":
            into["total_cost"] += row
        elif model not in into:
            into[model] = dict(row)
        else:
            for key, value in row.items():
                into[model][key] += value
