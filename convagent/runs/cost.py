"""What a run cost: a dict, as in `ChatResult`, that also has the attributes of the classic's `Cost`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


class Usage(dict[str, Any]):
    """Cost and tokens of one model, by key or by attribute."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(
                f"there is no {name!r} in this cost; there is {', '.join(self) or 'nothing'}"
            ) from None


class Breakdown(Usage):
    """The total and each model's share."""

    @property
    def total_cost(self) -> float:
        """What all models cost together, in dollars."""
        return self.get("total_cost", 0.0)

    @property
    def models(self) -> dict[str, Usage]:
        """Each model's share, by its name."""
        return {name: Usage(cast("dict[str, Any]", part)) for name, part in self.items() if isinstance(part, dict)}


class Cost(Usage):
    """Usage by model, including and excluding what came from the cache."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        super().__init__({name: Breakdown(part) for name, part in raw.items()})
