"""Whether confidence means what it says, and from which confidence on nobody needs to be asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from ..errors import ConfigError
from .reading import Case, Source, read_log
from .tables import percent, table


@dataclass(frozen=True, slots=True)
class Bin:
    """The actions whose confidence lies between two bounds."""

    low: float
    high: float
    count: int
    right: int
    confidence: float
    """Their mean confidence."""

    @property
    def share(self) -> float:
        """The share that was right, from 0 to 1."""
        return self.right / self.count


@dataclass(frozen=True, slots=True)
class Calibration:
    """What `calibrate` found. As a text: the reliability table and the threshold."""

    bins: tuple[Bin, ...]
    """Those that are not empty, from low to high."""
    miss: float
    """The miss rate that was wanted."""
    threshold: float | None
    """What to give `below`: the lowest that keeps to the miss rate. None: none does, not even 1."""
    missed: int
    """Wrong actions at or above the threshold, about which nobody would have been asked."""
    wrong: int
    asked: int
    """Actions below the threshold, those of unknown confidence included."""
    count: int
    unknown: int
    """Actions of unknown confidence: they count as low."""

    @property
    def error(self) -> float:
        """The expected calibration error: how far confidence and being right lie apart on average."""
        known = sum(b.count for b in self.bins)
        return sum(b.count * abs(b.confidence - b.share) for b in self.bins) / known if known else 0.0

    def __str__(self) -> str:
        rows = [
            (f"{b.low:.2f}-{b.high:.2f}", b.count, f"{b.confidence:.2f}", percent(b.right, b.count)) for b in self.bins
        ]
        text = table(("confidence", "actions", "mean", "right"), rows)
        text += f"\n\nexpected calibration error {self.error:.3f}; {self.unknown} of {self.count} unknown"
        if self.threshold is None:
            return f"{text}\nno threshold keeps to a miss rate of {self.miss:g}: wrong ones have a confidence of 1"
        return (
            f"{text}\nbelow({self.threshold:g}, ...) asks about {self.asked} of {self.count} actions and misses "
            f"{self.missed} of {self.wrong} wrong ones (wanted: at most {percent(self.miss, 1)})"
        )


def calibrate(decided: Source | Iterable[tuple[float, bool]], *, miss: float = 0.05, bins: int = 10) -> Calibration:
    """Compare confidence with what people decided.

    An action was right if people approved it as it was proposed. The miss rate is the share of the wrong
    actions that nobody would have been asked about.

    Args:
        decided: a log or events; or pairs of a confidence and whether it was right.
        miss: the wanted miss rate, from 0 to 1.
        bins: how many rows the reliability table has at most.

    Raises:
        AuditError: a log cannot be read.
        ConfigError: there is nothing with a confidence, or a number is out of its range.
    """
    if not 0 <= miss <= 1:
        raise ConfigError(f"miss={miss!r} is no rate; expected a number from 0 to 1")
    if bins < 1:
        raise ConfigError(f"bins={bins!r}: expected a whole number from 1")
    pairs = _pairs(decided)
    if not pairs:
        raise ConfigError("nothing to calibrate by: no decided action has a confidence; see `confidence=` of an agent")
    known = [(c, right) for c, right in pairs if c is not None]
    wrong = sum(not right for _, right in pairs)
    threshold = _threshold(known, wrong, miss)
    kept = [right for c, right in known if threshold is not None and c >= threshold]
    return Calibration(
        bins=tuple(_bins(known, bins)),
        miss=miss,
        threshold=threshold,
        missed=sum(not right for right in kept),
        wrong=wrong,
        asked=len(pairs) - len(kept),
        count=len(pairs),
        unknown=len(pairs) - len(known),
    )


def _pairs(decided: Any) -> list[tuple[float | None, bool]]:
    source: Any = decided
    if isinstance(decided, Iterable) and not isinstance(decided, str):
        source = list(cast("Iterable[Any]", decided))
        if source and isinstance(source[0], tuple):
            return [(_checked(c), bool(right)) for c, right in source]
    return [pair for case in read_log(source).decided if (pair := _pair(case)) is not None]


def _checked(confidence: Any) -> float | None:
    if confidence == "unknown" or confidence is None:
        return None
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)) or not 0 <= confidence <= 1:
        raise ConfigError(f"confidence {confidence!r}: expected a number from 0 to 1, or 'unknown'")
    return float(confidence)


def _pair(case: Case) -> tuple[float | None, bool] | None:
    if case.action.confidence is None or not case.by or case.decision is None:
        return None
    if case.action.asked_by:  # what an edit made of it is a person's, however sure the model was of its own
        return None
    return _checked(case.action.confidence), case.decision.verb == "approve"


def _threshold(known: list[tuple[float, bool]], wrong: int, miss: float) -> float | None:
    """Return the lowest confidence from which on few enough are wrong; where nothing is wrong, 0."""
    left = sum(not right for _, right in known)
    if left <= miss * wrong:
        return 0.0
    by_confidence: dict[float, int] = {}
    for confidence, right in known:
        by_confidence[confidence] = by_confidence.get(confidence, 0) + (not right)
    ordered = sorted(by_confidence)
    for here, after in zip(ordered, [*ordered[1:], None], strict=True):
        left -= by_confidence[here]
        if left <= miss * wrong:
            return after if after is not None else None if here >= 1 else 1.0
    return None


def _bins(known: list[tuple[float, bool]], count: int) -> Iterable[Bin]:
    grouped: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in known:
        grouped.setdefault(min(int(confidence * count), count - 1), []).append((confidence, right))
    for number, found in sorted(grouped.items()):
        mean = sum(c for c, _ in found) / len(found)
        yield Bin(number / count, (number + 1) / count, len(found), sum(right for _, right in found), mean)
